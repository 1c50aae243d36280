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
    return Place("postgresql", postgres.new_database(f"store_{next(_numbers)}"))


@pytest.fixture(params=["sqlite", "postgres"])
def place(request) -> Place:
    return request.getfixturevalue(f"{request.param}_place")


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
