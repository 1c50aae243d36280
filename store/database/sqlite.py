"""SQLite: one file, one writer at a time, any number of readers.

Readers and the writer have separate pools. Readers cannot write (`query_only`). The writer
takes the `WriterLock` first, a connection second, and begins IMMEDIATE: a deferred transaction
that reads before it writes fails at once when another writer came in between.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection

from store import versioning
from store.database import sqlite_file
from store.database.ballast import Ballast
from store.database.changes import sqlite_changes
from store.database.failures import files_translated, translated
from store.database.files import beside
from store.database.locks import Presence, WriterLock
from store.database.sqlite_connections import PAGE_BYTES, engine_for
from store.errors import NO_STORE, StoreFull, StoreMisconfigured
from store.limits import MIB, Limits

_CHECKPOINT_WAIT_MS = 500
_VACUUM_PAGES = 256  # one step, 1 MB: a few milliseconds under the lock
_BESIDE_PICTURES = 256 * MIB  # what rows, indexes and free pages may take beside the envelopes


class SqliteDatabase:
    """A store's database in one SQLite file."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Takes the file's absolute path."""
        self.pepper_file: Path | None = beside(path, ".pepper")
        self._path = path
        self._limits = limits
        self._lock = WriterLock(beside(path, ".lock"), limits.wait)
        self._presence = Presence(beside(path, ".inuse"))
        self._ballast = Ballast(beside(path, ".ballast"), limits.ballast)
        self._readers = engine_for(
            path, begin="BEGIN", wait=limits.wait, pragmas=("query_only=ON",)
        )
        # The last line of defence behind the quota. Unlike a full disk, it leaves room to delete.
        pages = (limits.max_bytes + _BESIDE_PICTURES) // PAGE_BYTES
        self._writer = engine_for(
            path,
            begin="BEGIN IMMEDIATE",
            wait=limits.wait,
            pragmas=(f"max_page_count={pages}",),
        )

    @contextmanager
    def starting(self, *, create: bool) -> Iterator[Connection]:
        """Creates the file, or checks and upgrades it; then one transaction in it.

        Every other start and every writer waits outside.
        """
        if not create and not self._path.exists():
            raise StoreMisconfigured(NO_STORE)
        with files_translated():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock.held(), self._relieved(), translated():
            self._presence.enter()
            with files_translated():
                version = self._usable_file()
            with self._writer.begin() as connection:
                if version != versioning.newest():
                    versioning.upgrade(connection)
                yield connection
            self._keep_ballast()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot; writing in it fails."""
        with translated(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back by any exception."""
        # The lock comes first, the connection second: see `locks`.
        with (
            self._lock.held() as patience,
            self._relieved(),
            translated(),
            self._writer.connect() as connection,
        ):
            # Patience counts once over both locks.
            connection.execution_options(patience=patience)
            with connection.begin():
                yield connection
            self._keep_ballast()

    def compact(self) -> None:
        """Gives free pages back to the disk and empties the log, in steps that let others in."""
        while self._vacuum_step():
            pass
        # Until the log is cut to nothing it still holds what was deleted from the file.
        with self._lock.held(), translated(), closing(self._writer.raw_connection()) as raw:
            cursor = raw.cursor()
            # Readers of an older moment need the log. Writers wait here behind us, so not for long.
            cursor.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._keep_ballast()

    def free_bytes(self) -> int | None:
        """What is free on the disk."""
        return shutil.disk_usage(self._path.parent).free

    def problems(self) -> list[str]:
        """What SQLite's own checks report; they do not see damage inside pictures."""
        with translated(), closing(self._readers.raw_connection()) as raw:
            cursor = raw.cursor()
            said = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall()]
            orphans = cursor.execute("PRAGMA foreign_key_check").fetchall()
        found = [line for line in said if line != "ok"]
        return found + [f"{row[0]}: a row refers to one that is gone" for row in orphans]

    def sizes(self) -> dict[str, int]:
        """Bytes by name."""
        with translated(), closing(self._readers.raw_connection()) as raw:
            [free_pages] = raw.cursor().execute("PRAGMA freelist_count").fetchone()
        log = beside(self._path, "-wal")
        return {
            "file bytes": self._path.stat().st_size,
            "free bytes in file": free_pages * PAGE_BYTES,
            "log bytes": log.stat().st_size if log.exists() else 0,
            "free bytes on disk": shutil.disk_usage(self._path.parent).free,
        }

    def changes(self, stop: threading.Event) -> Iterator[None]:
        """Yields after commits of any process, until `stop` is set."""
        return sqlite_changes(self._path, stop)

    def back_up(self, target: Path) -> None:
        """A compact copy at one moment, while others go on; refuses an existing target."""
        with translated():
            sqlite_file.copy(self._path, target.absolute())

    def restore(self, source: Path) -> Path | None:
        """Puts a backup in place of the file; gives the folder where the old one is kept."""
        with self._lock.held(), self._presence.nobody_else(), translated():
            return sqlite_file.restore(self._path, source.absolute())

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._readers.dispose()
        self._writer.dispose()
        self._presence.leave()

    def _usable_file(self) -> str:
        """The schema version of the file, which is made when there is none."""
        if not self._path.exists():
            sqlite_file.create(self._path)
        version = sqlite_file.check(self._path)
        if version != versioning.newest():
            sqlite_file.keep_version(self._path, version)
        return version

    def _keep_ballast(self) -> None:
        # What was committed stays committed, whatever the disk says to this.
        with suppress(OSError):
            self._ballast.keep(self._path.stat().st_size, self._limits.reserve)

    @contextmanager
    def _relieved(self) -> Iterator[None]:
        """A disk that is found full loses the ballast, so that the next act can make room."""
        try:
            yield
        except StoreFull:
            if shutil.disk_usage(self._path.parent).free < self._limits.ballast:
                self._ballast.drop()
            raise

    def _vacuum_step(self) -> bool:
        """Frees some pages; True while there are more."""
        with self._lock.held(), translated(), closing(self._writer.raw_connection()) as raw:
            cursor = raw.cursor()
            [before] = cursor.execute("PRAGMA freelist_count").fetchone()
            # The statement gives no rows and frees one page each time it is stepped; `execute`
            # would step it once, a script is stepped to its end.
            cursor.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
            [after] = cursor.execute("PRAGMA freelist_count").fetchone()
            return bool(0 < after < before)
