"""What the drivers raise, turned into the store's own errors.

SQLite: result codes, https://sqlite.org/rescode.html (the low byte is the primary code).
PostgreSQL: SQLSTATE, appendix A of its manual. An exception without either means that the
connection itself failed.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
)

_SQLITE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_PROTOCOL: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    # A full disk shows as an input/output error where SQLite maps or extends a file, most of
    # all SQLITE_IOERR_SHMSIZE when a process starts on a full disk.
    sqlite3.SQLITE_IOERR: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_CANTOPEN: StoreUnreachable,
    sqlite3.SQLITE_CONSTRAINT: StoreRefused,
}

_POSTGRESQL: dict[str, type[StoreError]] = {
    "08": StoreUnreachable,  # connection exceptions
    "23": StoreRefused,  # integrity constraints
    "40": StoreBusy,  # serialisation failure, deadlock
    "53": StoreBusy,  # out of resources, too many connections
    "53100": StoreFull,  # disk full
    "55P03": StoreBusy,  # lock_timeout
    "57014": StoreBusy,  # statement cancelled
    "57P": StoreUnreachable,  # shutting down, starting up
    "XX": StoreDamaged,  # data or index corrupted
}


def translate(error: BaseException | None) -> StoreError:
    """The store's error for a driver's exception."""
    if isinstance(error, sqlite3.Error):
        # The module's own complaints (a closed connection) have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
        known = _SQLITE.get(code & 0xFF)
        return known() if known else _failed(getattr(error, "sqlite_errorname", "no code"))
    state = getattr(error, "sqlstate", None)
    if not state:
        return StoreUnreachable()
    for length in (5, 3, 2):
        if (found := _POSTGRESQL.get(state[:length])) is not None:
            return found()
    return _failed(state)


def _failed(code: str) -> StoreFailed:
    return StoreFailed(f"the database refused ({code})")


def translate_inside(context: ExceptionContext) -> StoreError | None:
    """Listener for an engine: the store's error comes already out of the statement."""
    if context.is_pre_ping:  # the pool deals with that itself
        return None
    return translate(context.original_exception)


@contextmanager
def files_translated() -> Iterator[None]:
    """The same for what the operating system says about files of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull from None
        raise StoreUnreachable from None


@contextmanager
def translated() -> Iterator[None]:
    """Whatever a driver raises inside leaves as a `StoreError` that carries nothing of it."""
    try:
        yield
    except exc.TimeoutError:  # no connection became free
        raise StoreBusy from None
    except exc.DBAPIError as error:
        raise translate(error.orig) from None
    except sqlite3.Error as error:
        raise translate(error) from None
    except StoreError as error:
        raise error from None
