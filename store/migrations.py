"""Schema versions: a new database gets the newest tables, an older one goes up step by step.

The table `schema_version` has one row for each version the database went through. All missing
steps run in one transaction of the caller, who holds the lock against other starts and has made
a backup. Steps only add; nothing is dropped, renamed or rebuilt.
"""

from collections.abc import Callable

from sqlalchemy import Connection, func, insert, inspect, select

from store.errors import StoreForeign, StoreNewer
from store.schema import METADATA, schema_version


def _control_and_retention(connection: Connection) -> None:
    """Version 2: the owner's controls, rules for removing images, token buckets."""
    for statement in (
        "ALTER TABLE channel ADD COLUMN approval BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE channel ADD COLUMN interceptors BOOLEAN NOT NULL DEFAULT TRUE",
        "ALTER TABLE seat ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE image ADD COLUMN openings BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE image ADD COLUMN max_openings BIGINT",
        "ALTER TABLE image ADD COLUMN until_all_opened BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE image ADD COLUMN damaged_at BIGINT",
        """CREATE TABLE bucket (
            name VARCHAR(120) NOT NULL,
            tokens FLOAT(53) NOT NULL,
            filled_at BIGINT NOT NULL,
            granted BOOLEAN NOT NULL,
            CONSTRAINT pk_bucket PRIMARY KEY (name)
        )""",
    ):
        connection.exec_driver_sql(statement)


def _findings(connection: Connection) -> None:
    """Version 3: what interceptors found out."""
    postgresql = connection.dialect.name == "postgresql"
    number, blob = ("BIGINT", "BYTEA") if postgresql else ("INTEGER", "BLOB")
    for statement in (
        f"""CREATE TABLE finding (
            seat_id {number} NOT NULL,
            image_id {number} NOT NULL,
            attack VARCHAR(40) NOT NULL,
            n INTEGER NOT NULL,
            found_at BIGINT NOT NULL,
            data {blob} NOT NULL,
            CONSTRAINT pk_finding PRIMARY KEY (seat_id, image_id, attack, n),
            CONSTRAINT fk_finding_seat_id FOREIGN KEY(seat_id)
                REFERENCES seat (id) ON DELETE CASCADE,
            CONSTRAINT fk_finding_image_id FOREIGN KEY(image_id)
                REFERENCES image (id) ON DELETE CASCADE
        )""",
        "CREATE INDEX ix_finding_image_id ON finding (image_id)",
    ):
        connection.exec_driver_sql(statement)


# Version 1 is the first. STEPS[i] takes a database of version i + 1 to version i + 2. A step is
# written in SQL: it must go on meaning the same when `store.schema` has moved on.
STEPS: tuple[Callable[[Connection], None], ...] = (_control_and_retention, _findings)


def newest() -> int:
    """The schema version that this program writes."""
    return 1 + len(STEPS)


def create(connection: Connection) -> None:
    """Makes all tables in an empty database."""
    METADATA.create_all(connection, checkfirst=False)
    versions = [{"version": version} for version in range(1, newest() + 1)]
    connection.execute(insert(schema_version), versions)


def version_of(connection: Connection) -> int:
    """The database's schema version; 0 when it has none of our tables.

    Raises:
        StoreForeign: it has tables of our names, but no versions.
        StoreNewer: it is newer than this program.
    """
    present = set(inspect(connection).get_table_names())
    if schema_version.name not in present:
        if present & set(METADATA.tables):
            raise StoreForeign
        return 0
    found = connection.scalar(select(func.max(schema_version.c.version)))
    if found is None:
        raise StoreForeign
    if found > newest():
        raise StoreNewer(found, newest())
    return int(found)


def upgrade(connection: Connection, version: int) -> None:
    """Runs the steps after `version`."""
    for number, step in enumerate(STEPS[version - 1 :], start=version + 1):
        step(connection)
        connection.execute(insert(schema_version), {"version": number})
