"""`/health` says whether a server can serve; Streamlit's own route says that it is there."""

import time
from itertools import count

import pytest

from tests.browser.conftest import Server
from tests.door.conftest import PEPPER
from tests.raw_page import ask
from tests.store.conftest import server_or_skip

_numbers = count(1)


@pytest.fixture
def database():
    server = server_or_skip(durable=False)
    yield server
    server.remove()


def becomes(server, status, path="/health", seconds=20):
    end = time.monotonic() + seconds
    while (found := ask(server.port, "GET", path)[0]) != status:
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_it_follows_the_store_and_is_reached_under_a_prefix(tmp_path, database, monkeypatch):
    monkeypatch.setenv("STORE_PEPPER", PEPPER.decode())
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "school/rsa")
    url = database.new_place(f"health_{next(_numbers)}")
    monkeypatch.setattr(Server, "health", "/school/rsa/_stcore/health")
    server = Server(tmp_path, url)
    try:
        becomes(server, 200, "/school/rsa/health")
        database.kill()
        becomes(server, 503, "/school/rsa/health")
        assert ask(server.port, "GET", "/school/rsa/_stcore/health")[0] == 200
        database.start()
        becomes(server, 200, "/school/rsa/health")
        assert ask(server.port, "PUT", "/school/rsa/health")[0] == 405
    finally:
        server.stop()


def test_a_server_whose_store_never_opened_is_not_well(tmp_path):
    """It has no pepper for its PostgreSQL."""
    server = Server(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    try:
        assert ask(server.port, "GET", "/health")[0] == 503
        assert b"127.0.0.1" not in server.log.read_bytes().replace(server.url.encode(), b"")
    finally:
        server.stop()


def test_many_who_ask_at_once_get_an_answer(server, apart):
    begun = time.monotonic()
    for _ in range(100):
        assert ask(server.port, "GET", "/health")[0] == 200
    assert time.monotonic() - begun < 10
