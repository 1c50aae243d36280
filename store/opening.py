"""The store: opened once for each process, shared by all its threads.

    with store.write() as unit:          # one act is one transaction
        picture = unit.pictures.add(new)
        unit.events.add(picture.channel_id, "sent", now, picture_id=picture.public_id)

What is raised inside undoes everything; what left the block without an exception is on the disk.
Hold a unit for the work in the database alone, never while encrypting, decoding or drawing.
"""

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, insert, select

from store import pepper as peppers
from store.channel_keys import normalise_channel_key
from store.database import Database, database_at
from store.database.failures import files_translated, translated
from store.errors import StoreMisconfigured
from store.limits import DEFAULT_LIMITS, Limits, Room
from store.schema import store_fact
from store.unit import Unit

_MARK = "pepper mark"


def open_store(
    url: str,
    *,
    pepper: bytes | None = None,
    limits: Limits = DEFAULT_LIMITS,
    create: bool = True,
) -> "Store":
    """Opens the store at the URL, and creates or upgrades it; processes may do so at once.

    Args:
        url: sqlite:///relative/path, sqlite:////absolute/path or postgresql://...
        pepper: 16 secret bytes or more; on SQLite a file beside the database when None.
        limits: patience, quota and disk reserve.
        create: False to open only an existing store.

    Raises:
        StoreMisconfigured: the URL is wrong, the pepper is missing or another one, or there is
            no store and none is to be created.
        StoreUnusable: the database is damaged or not ours; it was left alone.
        StoreFull, StoreBusy, StoreUnreachable: not now.
    """
    if pepper is not None:
        pepper = peppers.check(pepper)
    database = database_at(url, limits)
    try:
        with database.starting(create=create) as connection:
            pepper = _settle_pepper(connection, pepper, database.pepper_file)
    except BaseException:
        database.close()
        raise
    return Store(database, pepper, limits)


def restore_store(url: str, source: Path, *, limits: Limits = DEFAULT_LIMITS) -> Path | None:
    """Replaces a SQLite store that nobody has open by a backup made under the same pepper.

    Returns:
        The folder in which the replaced file is kept; None when there was none.

    Raises:
        StoreBusy: the store is open somewhere.
        StoreUnusable: not a usable backup; nothing was changed.
        StoreMisconfigured: the store is on PostgreSQL.
    """
    return database_at(url, limits).restore(source)


class Store:
    """An open store. Safe to share between threads."""

    def __init__(self, database: Database, pepper: bytes, limits: Limits) -> None:
        """Made by `open_store` only."""
        self._database = database
        self._room = Room(limits, database.free_bytes)
        self._pepper = pepper
        self._row_key = peppers.row_key(pepper)

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit that sees one moment and changes nothing; raises `StoreError` only."""
        with self._database.reading() as connection:
            yield self._unit(connection, writes=False)

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit whose changes are all committed at its end, or none of them.

        Raises:
            StoreBusy: others have been writing for too long.
            StoreFull: there is no room.
            StoreError: any other fault.
        """
        with self._database.writing() as connection:
            yield self._unit(connection, writes=True)

    def key_digest(self, channel_key: str) -> bytes:
        """HMAC-SHA256 of a channel key under the pepper, 32 bytes.

        Raises:
            ValueError: not a channel key.
        """
        symbols = normalise_channel_key(channel_key)
        if symbols is None:
            raise ValueError("not a channel key")
        return peppers.keyed(self._pepper, symbols.encode())

    def pseudonym(self, kind: str, value: str) -> str:
        """A stable name for something that must not be stored in clear, such as an address."""
        message = f"pseudonym: {kind}\n{value}".encode()
        return f"{kind}:{peppers.keyed(self._pepper, message).hex()}"

    def secret(self, kind: str, value: str) -> bytes:
        """32 secret bytes that whoever has the pepper makes again; they are stored nowhere."""
        return peppers.keyed(self._pepper, f"secret: {kind}\n{value}".encode())

    def answers(self) -> None:
        """Returns when the database has answered; raises `StoreError` otherwise."""
        with self._database.reading() as connection:
            connection.scalar(select(store_fact.c.name).limit(1))

    def compact(self) -> None:
        """Gives room back, and on SQLite wipes the log; for after a purge."""
        self._database.compact()

    def changes(self, stop: threading.Event) -> Iterator[None]:
        """Yields after commits of any process, at least one for several, until `stop` is set."""
        with translated():
            yield from self._database.changes(stop)

    def problems(self) -> list[str]:
        """What the database's own checks report; empty when all is well."""
        return self._database.problems()

    def sizes(self) -> dict[str, int]:
        """Bytes that the database takes and has left, by name."""
        return self._database.sizes()

    def back_up(self, target: Path) -> None:
        """Writes a copy of the SQLite file as it is at one moment. The pepper is not in it.

        Raises:
            StoreMisconfigured: the target exists, or the store is on PostgreSQL.
        """
        self._database.back_up(target)

    def close(self) -> None:
        """Closes the connections; the store cannot be used afterwards."""
        self._database.close()

    def _unit(self, connection: Connection, *, writes: bool) -> Unit:
        return Unit(connection, writes=writes, row_key=self._row_key, room=self._room)


def _settle_pepper(connection: Connection, given: bytes | None, file: Path | None) -> bytes:
    """The pepper that belongs to this database; the first one ever used belongs to it."""
    known = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == _MARK))
    pepper = given
    if pepper is None:
        if file is None:
            raise StoreMisconfigured("PostgreSQL needs a pepper: give one in the configuration")
        with files_translated():
            pepper = peppers.read(file)
        if pepper is None:
            if known is not None:
                raise StoreMisconfigured(
                    "the pepper file beside the database is missing: bring it back, "
                    "or give the pepper in the configuration"
                )
            with files_translated():
                pepper = peppers.make(file)
    mark = peppers.mark(pepper)
    if known is None:
        connection.execute(insert(store_fact).values(name=_MARK, value=mark))
    elif not hmac.compare_digest(known, mark):
        raise StoreMisconfigured("this is not the pepper that the database was made with")
    return pepper
