"""PostgreSQL, by psycopg 3: two small pools, and one transaction-long lock around the start.

Readers see one snapshot for the whole unit (REPEATABLE READ, read only), as on SQLite. Writers
run at READ COMMITTED and hold the row of the channel they work in, so that acts in one channel
follow one another. The writers' pool is also the limit on writers at the same time. One connection
listens; both pools and it keep within the operator's limit, and whoever comes later waits.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from store import versioning
from store.database.changes import postgresql_changes
from store.database.failures import translate_inside, translated
from store.errors import NO_STORE, StoreMisconfigured
from store.limits import Limits
from store.schema import METADATA

LEAST_CONNECTIONS = 4  # one listens, one writes, and a page reads while another one does
_START_LOCK = 0x5253414953544F52  # "RSAISTOR"; advisory locks are numbers
_STALLED_SECONDS = 60  # a transaction that waits for its own client this long is ended


class PostgresDatabase:
    """A store's database on a PostgreSQL server."""

    pepper_file: Path | None = None  # the server is elsewhere, the operator keeps the pepper

    def __init__(self, url: URL, limits: Limits) -> None:
        """Takes a URL for psycopg.

        Raises:
            StoreMisconfigured: fewer connections than the work takes.
        """
        if limits.connections < LEAST_CONNECTIONS:
            raise StoreMisconfigured(
                f"the store needs {LEAST_CONNECTIONS} connections to PostgreSQL or more, "
                f"and may have {limits.connections}"
            )
        writers = min(8, (limits.connections - 1) // 3)
        readers = min(20, limits.connections - 1 - writers)
        kept = min(10, readers)
        self._plain_url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._readers = _engine(
            url, limits.wait, pool_size=kept, max_overflow=readers - kept
        ).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = _engine(url, limits.wait, pool_size=writers, max_overflow=0)

    @contextmanager
    def starting(self, *, create: bool) -> Iterator[Connection]:
        """Creates or upgrades the tables, then goes on in the same transaction.

        Every other start waits outside.
        """
        with translated(), self._writers.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_START_LOCK})")
            tables = inspect(connection).get_table_names()
            version = versioning.version_of(tables, connection.exec_driver_sql)
            if version is None and not create:
                raise StoreMisconfigured(NO_STORE)
            if version != versioning.newest():
                versioning.upgrade(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot; writing in it fails."""
        with translated(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back by any exception."""
        with translated(), self._writers.begin() as connection:
            yield connection

    def compact(self) -> None:
        """VACUUM of our tables; it keeps nobody waiting and skips a table that is in use."""
        tables = ", ".join(METADATA.tables)
        with (
            translated(),
            self._writers.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            connection.exec_driver_sql(f"VACUUM (SKIP_LOCKED) {tables}")

    def free_bytes(self) -> int | None:
        """Only the server knows."""
        return None

    def problems(self) -> list[str]:
        """None that a client can see; PostgreSQL has pg_amcheck and checksums."""
        return []

    def sizes(self) -> dict[str, int]:
        """Bytes of the whole database."""
        with self.reading() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())")
            return {"database bytes": size.scalar_one()}

    def changes(self, stop: threading.Event) -> Iterator[None]:
        """Yields after commits of any process, until `stop` is set."""
        return postgresql_changes(self._plain_url, stop)

    def back_up(self, target: Path) -> None:
        """Refuses: says which tool does it."""
        raise StoreMisconfigured("PostgreSQL is backed up by its own tool, pg_dump")

    def restore(self, source: Path) -> Path | None:
        """Refuses: says which tool does it."""
        raise StoreMisconfigured("PostgreSQL is restored by its own tool, pg_restore")

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._readers.dispose()
        self._writers.dispose()


def _engine(url: URL, wait: float, *, pool_size: int, max_overflow: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=wait,
        pool_pre_ping=True,
        hide_parameters=True,
        # Prepared statements belong to one server connection; behind a pooler they get lost.
        connect_args={"prepare_threshold": None, "connect_timeout": max(2, int(wait))},
    )

    event.listen(engine, "handle_error", translate_inside)

    @event.listens_for(engine, "connect")
    def _limits(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = '{int(wait * 1000)}ms'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{_STALLED_SECONDS}s'")
        cursor.close()
        connection.commit()

    return engine
