"""The databases: the only place that knows URLs, engines, pragmas and locks."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from store.database.postgresql import PostgresDatabase
from store.database.sqlite import SqliteDatabase
from store.errors import StoreMisconfigured
from store.limits import Limits

__all__ = ["Database", "database_at", "normalise_url"]


class Database(Protocol):
    """What the store needs of a database; the methods are described where they are made."""

    pepper_file: Path | None

    def starting(self, *, create: bool) -> AbstractContextManager[Connection]: ...  # noqa: D102
    def reading(self) -> AbstractContextManager[Connection]: ...  # noqa: D102
    def writing(self) -> AbstractContextManager[Connection]: ...  # noqa: D102
    def compact(self) -> None: ...  # noqa: D102
    def free_bytes(self) -> int | None: ...  # noqa: D102
    def problems(self) -> list[str]: ...  # noqa: D102
    def sizes(self) -> dict[str, int]: ...  # noqa: D102
    def changes(self, stop: threading.Event) -> Iterator[None]: ...  # noqa: D102
    def back_up(self, target: Path) -> None: ...  # noqa: D102
    def restore(self, source: Path) -> Path | None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def normalise_url(url: str) -> str:
    """The same URL with the driver that we use; hosting services write it in several ways."""
    url = url.strip()
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def database_at(url: str, limits: Limits) -> Database:
    """The database that a URL names; nothing is opened yet.

    Raises:
        StoreMisconfigured: the URL names neither a SQLite file nor a PostgreSQL database.
    """
    try:
        parsed = make_url(normalise_url(url))
    except ArgumentError:
        raise StoreMisconfigured("the database URL cannot be read") from None
    if parsed.drivername == "postgresql+psycopg":
        return PostgresDatabase(parsed, limits)
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreMisconfigured("the database URL must begin with sqlite:/// or postgresql://")
    if parsed.query or parsed.database in (None, "", ":memory:"):
        raise StoreMisconfigured("a SQLite URL must name a file and nothing else")
    return SqliteDatabase(Path(str(parsed.database)).absolute(), limits)
