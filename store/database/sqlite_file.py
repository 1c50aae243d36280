"""The SQLite file as a whole: made, looked over, copied, put back.

A new file is built under another name and renamed when it is whole. So a file of the right name
is always a store, and an existing file is never overwritten. A file is read through SQLite only:
closing another descriptor would drop the locks that this process holds on it
(https://sqlite.org/howtocorrupt.html, section 2.2).
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from store import versioning
from store.database.files import COMPANIONS, beside, copy_aside, sync_file, sync_folder
from store.database.sqlite_connections import connect, engine_for
from store.errors import StoreDamaged, StoreForeign, StoreMisconfigured

APPLICATION_ID = 0x52534149  # "RSAI"


def create(path: Path) -> None:
    """Makes an empty store.

    Raises:
        StoreDamaged: the log of an earlier file is there. SQLite would play it into the new one.
    """
    if any(beside(path, suffix).exists() for suffix in COMPANIONS):
        raise StoreDamaged("the database file is gone, but its log is there")
    new = _empty(beside(path, ".new"))
    with closing(connect(new, pragmas=("auto_vacuum=INCREMENTAL", "journal_mode=WAL"))):
        # This connection stays open meanwhile, so that the pragmas have made their first page.
        engine = engine_for(new, begin="BEGIN IMMEDIATE", pooled=False)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
            versioning.upgrade(connection)
    # The last connection is closed: SQLite has moved the log into the file and removed it.
    _publish(new, path)


def check(path: Path) -> str:
    """The schema version of an existing file, after SQLite has looked it over.

    Raises:
        StoreUnusable: it cannot be used.
        sqlite3.Error: SQLite cannot even read it.
    """
    if path.stat().st_size == 0:
        raise StoreDamaged("the database file is empty")
    _refuse_strangers(path)
    # A connection that may write would, when it is closed, play the log into a damaged file and
    # delete it.
    with closing(connect(path, mode="ro")) as connection:
        [application_id] = connection.execute("PRAGMA application_id").fetchone()
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        version = versioning.version_of(tables, connection.execute)
        if application_id != APPLICATION_ID or version is None:
            raise StoreForeign
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreDamaged
    return version


def copy(path: Path, target: Path) -> None:
    """A compact copy of the database at one moment: committed rows, no deleted ones."""
    if target.exists():
        raise StoreMisconfigured("the target exists already, nothing is written over it")
    unfinished = beside(target, ".new")
    _vacuum_into(path, unfinished)
    _publish(unfinished, target)


def keep_version(path: Path, version: str) -> None:
    """A copy beside the file before an upgrade, for the operator: no purge reaches into it."""
    kept = beside(path, f".version-{version}")
    _vacuum_into(path, beside(kept, ".new"))
    _publish(beside(kept, ".new"), kept)


def restore(path: Path, source: Path) -> Path | None:
    """Puts a copy in the file's place; gives the folder in which the old file is kept.

    Nobody else may have the file open. A copy that cannot be used changes nothing.
    """
    check(source)
    new = beside(path, ".new")
    _vacuum_into(source, new)
    with closing(connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
    aside = copy_aside(path) if path.exists() else None
    _publish(new, path)
    return aside


def _refuse_strangers(path: Path) -> None:
    """A first look, at the file alone; it touches neither a log nor a lock.

    The rest of the file may seem broken without its log, if a process was killed in a checkpoint.
    """
    with closing(connect(path, mode="ro&immutable=1")) as connection:
        try:
            [application_id] = connection.execute("PRAGMA application_id").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CORRUPT:
                raise
            return
    if application_id != APPLICATION_ID:
        raise StoreForeign


def _vacuum_into(path: Path, target: Path) -> None:
    _empty(target)
    with closing(connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _empty(path: Path) -> Path:
    """An empty file that nobody else may read, in place of one from an attempt cut short."""
    for suffix in ("", *COMPANIONS, "-journal"):
        beside(path, suffix).unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _publish(finished: Path, path: Path) -> None:
    sync_file(finished)
    finished.replace(path)
    sync_folder(path.parent)
