"""Hearing that somebody committed something: one listener for each process.

SQLite: `PRAGMA data_version`, on a connection that does nothing else, changes when any other
connection of any process commits (https://sqlite.org/pragma.html#pragma_data_version). PostgreSQL:
LISTEN on a connection that does nothing else; it needs the server itself or session pooling.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg

LOOK_EVERY = 0.02  # seconds; one look takes some 20 µs
CONNECT_AGAIN_AFTER = 1.0
NOTIFIED = "rsa_images"  # the name that is listened to


def sqlite_changes(path: Path, stop: threading.Event) -> Iterator[None]:
    """Yields after commits, until `stop` is set."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        before = None
        while not stop.wait(LOOK_EVERY):
            [now] = connection.execute("PRAGMA data_version").fetchone()
            if now != before:
                before = now
                yield


def postgresql_changes(url: str, stop: threading.Event) -> Iterator[None]:
    """The same; a connection that breaks is made again, and what came meanwhile is one change."""
    while not stop.is_set():
        with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as listening:
            listening.execute(f"LISTEN {NOTIFIED}")
            yield
            while not stop.is_set():
                for _ in listening.notifies(timeout=CONNECT_AGAIN_AFTER, stop_after=1):
                    yield
        stop.wait(CONNECT_AGAIN_AFTER)
