"""The main story, once more for each thing that a stranger does at the same time.

Three browsers lose nothing: what is sent arrives, opens to the same bytes, and is captured;
nobody is put out of a seat; the server stays small. `LONG=1` lets each stranger go on for longer.
"""

import hashlib
import os
import threading
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import open_and_download, send
from tests.conftest import encoded, photograph
from tests.door.conftest import start
from tests.door.strangers import STRANGERS, attacking

pytestmark = pytest.mark.browser

LONG = os.environ.get("LONG") == "1"
ROUNDS = 5 if LONG else 1
ARRIVES_WITHIN = 60_000  # milliseconds; a busy machine draws slowly
MOST = 1000  # megabytes of the server and its children


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = start(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@contextmanager
def watched(server):
    """The most memory that the server and its children have had, in megabytes."""
    most, end = [server.memory()], threading.Event()

    def watch():
        while not end.wait(0.2):
            most[0] = max(most[0], server.memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        end.set()
        thread.join()


@pytest.fixture(scope="module")
def people(chromium, server):
    """Ada, Bob and Eve in one channel; their pages stay open from the first attack to the last."""
    from tests.browser.conftest import Visitor

    ada, bob, eve = (Visitor(chromium, server) for _ in range(3))
    key = ada.create_channel("Summer school")
    ada.take_seat("Ada", "Sender")
    for person, name, role in ((bob, "Bob", "Receiver"), (eve, "Eve", "Interceptor")):
        person.go(f"/?channel={key}")
        person.take_seat(name, role)
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
    yield ada, bob, eve
    for person in (ada, bob, eve):
        person.page.context.close()
        assert person.errors == []


_captures: list[str] = []


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda one: one.__name__)
def test_three_people_go_on_while_a_stranger(server, people, capsys, stranger):
    ada, bob, eve = people
    said = len(server.log.read_text())
    with watched(server) as most, attacking(server, stranger) as rounds:
        begun = time.monotonic()
        while not rounds and time.monotonic() - begun < 1:  # the stranger is at it
            time.sleep(0.05)
        for _ in range(ROUNDS):
            name = f"picture {len(_captures) + 1}.png"
            picture = encoded(photograph(320, 240, len(_captures)))
            send(ada, {name: picture})
            _captures.append(name)
            expect(bob.page.get_by_text(name, exact=True)).to_be_visible(timeout=ARRIVES_WITHIN)
            assert open_and_download(bob, name)[1] == picture
            eve.select("Capture", f"{len(_captures)} · hybrid")
            file_name, envelope = eve.download("Download ciphertext")
            assert picture[100:164] not in envelope
            assert hashlib.sha256(envelope).hexdigest()[:12] in file_name
        took = time.monotonic() - begun
    for person, role in ((ada, "Sender"), (bob, "Receiver"), (eve, "Interceptor")):
        person.in_seat(role)
    with capsys.disabled():
        print(f"\n{stranger.__name__}: {took:.1f} s, {most[0]:.0f} MB at most, {rounds[:3]}")
    assert server.alive()
    assert most[0] < MOST
    assert "Traceback" not in server.log.read_text()[said:]


def test_nothing_was_lost(people):
    ada, bob, _ = people
    bob.page.reload()
    bob.in_seat("Receiver")
    newest = _captures[-10:]  # pages show twenty at first
    for name in newest:
        expect(bob.page.get_by_text(name, exact=True)).to_be_visible()
    expect(ada.page.get_by_text("Bob: opened", exact=False).nth(len(newest) - 1)).to_be_visible()
