"""SQLite: one file, its pragmas, its two pools and its start.

* Written with WAL and synchronous=FULL: what was committed survives loss of power. NORMAL does not
  promise that in WAL mode.
* A new file is built under another name and renamed when it is whole, so that a file of the
  right name is always a store, and an existing file is never created over.
* Readers and the writer have pools of their own. Readers cannot write (`query_only`); the writer
  takes the `WriterLock` first, a connection second, and begins IMMEDIATE. A deferred transaction
  that reads before it writes fails at once when somebody else has written in between.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from store import migrations
from store.database.failures import translate_inside, translated
from store.database.locks import WriterLock
from store.errors import StoreDamaged, StoreForeign, StoreNewer, StoreUnreachable

APPLICATION_ID = 0x52534149  # "RSAI"

_EVERY_CONNECTION = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # deleted ciphertext is overwritten, not only forgotten
    "journal_size_limit=67108864",
    "trusted_schema=OFF",
)
_NEW_FILE = ("auto_vacuum=INCREMENTAL", "journal_mode=WAL")  # in this order, before any table
_VACUUM_PAGES = 256  # one step, 1 MB: a few milliseconds under the lock


class SqliteDatabase:
    """A store's database in one SQLite file."""

    def __init__(self, path: Path, wait: float) -> None:
        """Takes the file's absolute path, and the seconds to wait for other writers."""
        self.pepper_file: Path | None = _beside(path, ".pepper")
        self._path = path
        self._lock = WriterLock(_beside(path, ".lock"), wait)
        self._readers = _engine(path, "BEGIN", ("query_only=ON",), wait)
        self._writer = _engine(path, "BEGIN IMMEDIATE", (), wait)

    @contextmanager
    def starting(self) -> Iterator[Connection]:
        """Creates the file, or checks it and brings it up to date; then one transaction in it.

        Every other start and every writer waits outside.

        Raises:
            StoreDamaged, StoreForeign, StoreNewer: it cannot be used; it was left as it is.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            raise StoreUnreachable from None
        with self._lock.held(), translated():
            if not self._path.exists():
                _create(self._path)
            version = _check(self._path)
            if version < migrations.newest():
                _back_up(self._path, version)
            with self._writer.begin() as connection:
                migrations.upgrade(connection, version)
                _stamp(connection)
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot; writing in it fails."""
        with translated(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back by any exception."""
        # The lock comes first, the connection second: see `locks`.
        with self._lock.held() as patience, translated(), self._writer.connect() as connection:
            connection.execution_options(patience=patience)
            with connection.begin():
                yield connection

    def compact(self) -> None:
        """Gives free pages back to the disk and empties the log, in steps others can pass."""
        while self._vacuum_step():
            pass
        # Until the log is cut to nothing it still holds what was deleted from the file.
        with self._lock.held(), translated(), closing(self._writer.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._readers.dispose()
        self._writer.dispose()

    def _vacuum_step(self) -> bool:
        """Frees some pages; True while there are more."""
        with self._lock.held(), translated(), closing(self._writer.raw_connection()) as raw:
            cursor = raw.cursor()
            [before] = cursor.execute("PRAGMA freelist_count").fetchone()
            cursor.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
            [after] = cursor.execute("PRAGMA freelist_count").fetchone()
            return bool(0 < after < before)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _connect(path: Path, wait: float, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    """A connection without transactions of its own; never creates the file (mode=rw)."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=wait,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _engine(
    path: Path, begin: str, pragmas: tuple[str, ...], wait: float, *, pooled: bool = True
) -> Engine:
    """An engine whose transactions open with `begin`."""
    pragmas = (*_EVERY_CONNECTION, *pragmas)
    pool = {"pool_size": 20, "max_overflow": 40, "pool_timeout": wait} if pooled else {}
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, wait, pragmas),
        poolclass=QueuePool if pooled else NullPool,
        hide_parameters=True,
        **pool,
    )

    event.listen(engine, "handle_error", translate_inside)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get("patience")
        if patience is not None:
            # What waiting for the lock has used up is not waited for again.
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.exec_driver_sql(begin)

    return engine


def _create(path: Path) -> None:
    """Builds a whole store beside its place, then moves it there."""
    if _beside(path, "-wal").exists():
        # SQLite would play the old log into the new file.
        raise StoreDamaged("the database file is gone, but its log is there")
    new = _beside(path, ".new")
    for suffix in ("", "-wal", "-shm", "-journal"):
        _beside(new, suffix).unlink(missing_ok=True)  # from a start that was cut short
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    engine = _engine(new, "BEGIN IMMEDIATE", _NEW_FILE, 1.0, pooled=False)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        migrations.create(connection)
        _stamp(connection)
    # The last connection is closed now: SQLite has moved the log into the file and removed it.
    with new.open("rb") as written:
        os.fsync(written.fileno())
    new.replace(path)
    _sync_folder(path.parent)


def _check(path: Path) -> int:
    """The schema version of an existing file, after SQLite has looked it over.

    The file is read through SQLite only: closing a descriptor of our own would take away the
    locks that this process holds on it (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    if path.stat().st_size == 0:
        raise StoreDamaged("the database file is empty")
    with closing(_connect(path, 1.0, ())) as connection:
        [application_id] = connection.execute("PRAGMA application_id").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if application_id != APPLICATION_ID or version < 1:
            raise StoreForeign
        if version > migrations.newest():
            raise StoreNewer(version, migrations.newest())
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreDamaged
    return int(version)


def _stamp(connection: Connection) -> None:
    """Mirrors the schema version where it can be read without knowing the tables."""
    connection.exec_driver_sql(f"PRAGMA user_version={migrations.newest()}")


def _back_up(path: Path, version: int) -> None:
    """A copy of the file as it was at `version`, beside it."""
    backup = _beside(path, f".version-{version}")
    unfinished = _beside(backup, ".new")
    unfinished.unlink(missing_ok=True)
    with closing(_connect(path, 1.0, ())) as connection:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
    unfinished.chmod(0o600)
    unfinished.replace(backup)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
