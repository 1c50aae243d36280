"""Schema versions: `store/versions` has one step for each, and Alembic runs those that are missing.

A new database goes through all of them. They run in one transaction of the caller, who holds the
lock against other starts; no step renames or rebuilds a table with blobs.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from store.errors import StoreForeign, StoreNewer, StoreOlder
from store.schema import METADATA

_HERE = Path(__file__).parent
FOLDERS = [_HERE / "versions"]
TABLE = "alembic_version"  # Alembic's own; its one row has the version
_TABLE_BEFORE_VERSION_1 = "schema_version"
_one_at_a_time = threading.Lock()  # Alembic keeps the running environment in module globals


def newest() -> str:
    """The schema version that this program writes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def version_of(
    tables: Iterable[str], query: Callable[[str], Iterable[Sequence[object]]]
) -> str | None:
    """The database's schema version; None where none of our tables is there.

    Args:
        tables: names of all tables of the database.
        query: runs SQL and gives the rows.

    Raises:
        StoreForeign: it has tables with our names, but no version.
        StoreOlder, StoreNewer: the version is not one of this program's.
    """
    present = set(tables)
    if TABLE not in present:
        if _TABLE_BEFORE_VERSION_1 in present:
            raise StoreOlder
        if present & set(METADATA.tables):
            raise StoreForeign
        return None
    versions = [str(row[0]) for row in query(f"SELECT version_num FROM {TABLE}")]  # noqa: S608
    known = {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}
    match versions:
        case [version] if version in known:
            return version
        case [version] if version.isdecimal():
            known_one = f"this program knows {newest()}"
            raise StoreNewer(f"the database has schema version {version}, {known_one}")
    raise StoreForeign


def upgrade(connection: Connection) -> None:
    """Runs the missing steps."""
    with _one_at_a_time:
        command.upgrade(_config(connection), "head")


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    folders = "\n".join(map(str, FOLDERS))
    options = {"script_location": str(_HERE), "version_locations": folders}
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
