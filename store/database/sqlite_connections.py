"""SQLite connections and engines, with every pragma that the store relies on.

synchronous=FULL: in WAL mode NORMAL may lose what was committed when the power fails.
secure_delete: deleted ciphertext is overwritten, not only forgotten. WAL and auto_vacuum are
properties of the file and set once, when it is made.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from store.database.failures import translate_inside

PAGE_BYTES = 4096

_EVERY_CONNECTION = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "journal_size_limit=67108864",
    "trusted_schema=OFF",
)


def connect(
    path: Path, wait: float = 1.0, pragmas: tuple[str, ...] = (), *, mode: str = "rw"
) -> sqlite3.Connection:
    """A connection that never begins a transaction and never creates the file.

    Mode "rw", "ro", or "ro&immutable=1", which touches neither the log nor any lock.
    """
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
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


def engine_for(
    path: Path,
    *,
    begin: str,
    wait: float = 1.0,
    pragmas: tuple[str, ...] = (),
    pooled: bool = True,
) -> Engine:
    """An engine whose transactions open with the statement `begin`.

    The execution option `patience` is the number of seconds that `begin` may wait for a lock.
    """
    pragmas = (*_EVERY_CONNECTION, *pragmas)
    pool = {"pool_size": 20, "max_overflow": 40, "pool_timeout": wait} if pooled else {}
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, wait, pragmas),
        poolclass=QueuePool if pooled else NullPool,
        hide_parameters=True,
        **pool,
    )
    event.listen(engine, "handle_error", translate_inside)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get("patience")
        if patience is not None:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.exec_driver_sql(begin)

    return engine
