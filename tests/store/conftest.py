"""Every test that takes `store` or `place` runs on a real SQLite file and a real PostgreSQL."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from store import Store, open_store
from tests.store import making
from tests.store.servers import Server, programs

_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """Where a store is, so that a test can open it again."""

    kind: str
    url: str
    path: Path | None = None

    def open(self, **options) -> Store:
        return open_store(self.url, **({"pepper": making.PEPPER} | options))


def server_or_skip(*, durable: bool) -> Server:
    folder = programs()
    if folder is None:
        reason = "no PostgreSQL server is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return Server(folder, durable=durable)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = server_or_skip(durable=False)
    yield server
    server.remove()


@pytest.fixture
def sqlite_place(tmp_path) -> Place:
    path = tmp_path / "data" / "channels.db"
    return Place("sqlite", f"sqlite:///{path}", path)


@pytest.fixture
def postgres_place(postgres) -> Place:
    return Place("postgres", postgres.new_place(f"store_{next(_numbers)}"))


@pytest.fixture
def sqlite_other_place(tmp_path) -> Place:
    path = tmp_path / "other" / "channels.db"
    return Place("sqlite", f"sqlite:///{path}", path)


@pytest.fixture
def postgres_other_place(postgres) -> Place:
    return Place("postgres", postgres.new_place(f"store_{next(_numbers)}"))


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def place(request, kind) -> Place:
    return request.getfixturevalue(f"{kind}_place")


@pytest.fixture
def store(place) -> Iterator[Store]:
    opened = place.open()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_place) -> Iterator[Store]:
    opened = sqlite_place.open()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory) -> Iterator[Store]:
    """One SQLite store for all examples of a property; each example uses other names."""
    path = tmp_path_factory.mktemp("shared") / "channels.db"
    opened = open_store(f"sqlite:///{path}", pepper=making.PEPPER)
    yield opened
    opened.close()


_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(request):
    """Takes a line with a test's measurements; all of them are printed at the end."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter, config):
    if figures := config.stash.get(_FIGURES, None):
        terminalreporter.section("figures of the store")
        for line in figures:
            terminalreporter.line(line)
