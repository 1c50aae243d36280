"""Schema versions: a new database gets the newest tables, an older one goes up step by step.

The table `schema_version` has one row for each version the database went through. All missing
steps run in one transaction of the caller, who holds the lock against other starts and has made
a backup. Steps add; no table with blobs is renamed or rebuilt, and nothing is dropped but what
nobody may rely on any more.
"""

from collections.abc import Callable

from sqlalchemy import Connection, func, insert, inspect, select

from store.errors import StoreForeign, StoreNewer
from store.schema import METADATA, schema_version


def _control_and_retention(connection: Connection) -> None:
    """Version 2: the owner's controls, rules for removing pictures, token buckets."""
    for statement in (
        "ALTER TABLE channel ADD COLUMN approval BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE channel ADD COLUMN interceptors BOOLEAN NOT NULL DEFAULT TRUE",
        "ALTER TABLE seat ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE picture ADD COLUMN openings BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE picture ADD COLUMN max_openings BIGINT",
        "ALTER TABLE picture ADD COLUMN until_all_opened BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE picture ADD COLUMN damaged_at BIGINT",
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
            picture_id {number} NOT NULL,
            attack VARCHAR(40) NOT NULL,
            n INTEGER NOT NULL,
            found_at BIGINT NOT NULL,
            data {blob} NOT NULL,
            CONSTRAINT pk_finding PRIMARY KEY (seat_id, picture_id, attack, n),
            CONSTRAINT fk_finding_seat_id FOREIGN KEY(seat_id)
                REFERENCES seat (id) ON DELETE CASCADE,
            CONSTRAINT fk_finding_picture_id FOREIGN KEY(picture_id)
                REFERENCES picture (id) ON DELETE CASCADE
        )""",
        "CREATE INDEX ix_finding_picture_id ON finding (picture_id)",
    ):
        connection.exec_driver_sql(statement)


def _tampering(connection: Connection) -> None:
    """Version 4: what interceptors do to pictures on their way, and to keys; alarms."""
    postgresql = connection.dialect.name == "postgresql"
    number, blob = ("BIGINT", "BYTEA") if postgresql else ("INTEGER", "BLOB")
    own_id = (
        "id BIGSERIAL NOT NULL, CONSTRAINT pk_{0} PRIMARY KEY (id)"
        if postgresql
        else "id INTEGER NOT NULL CONSTRAINT pk_{0} PRIMARY KEY AUTOINCREMENT"
    )

    def reference(of: str, column: str, to: str) -> str:
        return (
            f"CONSTRAINT fk_{of}_{column} FOREIGN KEY({column}) "
            f"REFERENCES {to} (id) ON DELETE CASCADE"
        )

    for statement in (
        "ALTER TABLE channel ADD COLUMN tampering BOOLEAN NOT NULL DEFAULT FALSE",
        f"""CREATE TABLE substitution (
            {own_id.format("substitution")},
            channel_id {number} NOT NULL,
            receiver_id {number} NOT NULL,
            interceptor_id {number} NOT NULL,
            started_at BIGINT NOT NULL,
            ended_at BIGINT,
            discovered_at BIGINT,
            public_key {blob} NOT NULL,
            fingerprint {blob} NOT NULL,
            locked_key {blob} NOT NULL,
            {reference("substitution", "channel_id", "channel")},
            {reference("substitution", "receiver_id", "seat")},
            {reference("substitution", "interceptor_id", "seat")}
        )""",
        "CREATE INDEX ix_substitution_channel_id ON substitution (channel_id)",
        "CREATE INDEX ix_substitution_interceptor_id ON substitution (interceptor_id)",
        "CREATE UNIQUE INDEX uq_substitution_in_force ON substitution (receiver_id) "
        "WHERE ended_at IS NULL",
        f"""CREATE TABLE substitution_signer (
            substitution_id {number} NOT NULL,
            sender_id {number} NOT NULL,
            public_key {blob} NOT NULL,
            locked_key {blob} NOT NULL,
            CONSTRAINT pk_substitution_signer PRIMARY KEY (substitution_id, sender_id),
            {reference("substitution_signer", "substitution_id", "substitution")},
            {reference("substitution_signer", "sender_id", "seat")}
        )""",
        f"""CREATE TABLE intervention (
            {own_id.format("intervention")},
            picture_id {number} NOT NULL,
            seat_id {number} NOT NULL,
            receiver_id {number},
            source_id {number},
            substitution_id {number},
            act VARCHAR(64) NOT NULL,
            kind VARCHAR(16) NOT NULL,
            done_at BIGINT NOT NULL,
            detail TEXT NOT NULL,
            size BIGINT,
            sha256 {blob},
            row_code {blob} NOT NULL,
            CONSTRAINT uq_intervention_picture_id_receiver_id UNIQUE (picture_id, receiver_id),
            {reference("intervention", "picture_id", "picture")},
            {reference("intervention", "seat_id", "seat")},
            {reference("intervention", "receiver_id", "seat")},
            {reference("intervention", "source_id", "picture")},
            {reference("intervention", "substitution_id", "substitution")}
        )""",
        "CREATE INDEX ix_intervention_act ON intervention (act)",
        "CREATE INDEX ix_intervention_source_id ON intervention (source_id)",
        f"""CREATE TABLE intervention_chunk (
            intervention_id {number} NOT NULL,
            n INTEGER NOT NULL,
            data {blob} NOT NULL,
            CONSTRAINT pk_intervention_chunk PRIMARY KEY (intervention_id, n),
            {reference("intervention_chunk", "intervention_id", "intervention")}
        )""",
        f"""CREATE TABLE intervention_record (
            intervention_id {number} NOT NULL,
            details {blob} NOT NULL,
            manifest {blob} NOT NULL,
            signature {blob} NOT NULL,
            row_code {blob} NOT NULL,
            CONSTRAINT pk_intervention_record PRIMARY KEY (intervention_id),
            {reference("intervention_record", "intervention_id", "intervention")}
        )""",
        f"""CREATE TABLE alarm (
            {own_id.format("alarm")},
            channel_id {number} NOT NULL,
            seat_id {number} NOT NULL,
            peer_id {number} NOT NULL,
            substitution_id {number},
            raised_at BIGINT NOT NULL,
            pictures_read INTEGER NOT NULL,
            {reference("alarm", "channel_id", "channel")},
            {reference("alarm", "seat_id", "seat")},
            {reference("alarm", "peer_id", "seat")},
            {reference("alarm", "substitution_id", "substitution")}
        )""",
        "CREATE INDEX ix_alarm_channel_id ON alarm (channel_id)",
    ):
        connection.exec_driver_sql(statement)


def _going(connection: Connection) -> None:
    """Version 5: when a bucket is full; indexes for the sweep, and for each reference."""
    true = "until_all_opened" if connection.dialect.name == "postgresql" else "until_all_opened = 1"
    references = {
        "substitution": ("receiver_id",),
        "substitution_signer": ("sender_id",),
        "intervention": ("seat_id", "receiver_id", "substitution_id"),
        "alarm": ("seat_id", "peer_id", "substitution_id"),
    }
    for statement in (
        "ALTER TABLE bucket ADD COLUMN full_at BIGINT",
        "UPDATE bucket SET full_at = filled_at + 3600000000",  # none took longer until now
        "CREATE INDEX ix_bucket_full_at ON bucket (full_at)",
        "CREATE INDEX ix_channel_closed_at ON channel (closed_at) WHERE closed_at IS NOT NULL",
        "CREATE INDEX ix_picture_used_up ON picture (id) "
        "WHERE max_openings IS NOT NULL AND openings >= max_openings",
        f"CREATE INDEX ix_picture_maybe_by_all ON picture (id) WHERE {true} AND openings > 0",
        *(
            f"CREATE INDEX ix_{table}_{column} ON {table} ({column})"
            for table, columns in references.items()
            for column in columns
        ),
    ):
        connection.exec_driver_sql(statement)


def _sealed_records(connection: Connection) -> None:
    """Version 5: what a seat knows is sealed under its own token.

    Pins of earlier versions cannot be: no token is here. Nor can they be taken over later, since
    whoever can write to the database could have made them. So they go, and each seat starts again.
    """
    postgresql = connection.dialect.name == "postgresql"
    number, blob = ("BIGINT", "BYTEA") if postgresql else ("INTEGER", "BLOB")
    for statement in (
        f"""CREATE TABLE seat_record (
            seat_id {number} NOT NULL,
            sealed {blob} NOT NULL,
            CONSTRAINT pk_seat_record PRIMARY KEY (seat_id),
            CONSTRAINT fk_seat_record_seat_id FOREIGN KEY(seat_id)
                REFERENCES seat (id) ON DELETE CASCADE
        )""",
        "DROP TABLE known_key",
        "ALTER TABLE alarm ADD COLUMN answered_at BIGINT",
    ):
        connection.exec_driver_sql(statement)


def _going_and_sealed_records(connection: Connection) -> None:
    """Version 5, both parts."""
    _going(connection)
    _sealed_records(connection)


# Version 1 is the first. STEPS[i] takes a database of version i + 1 to version i + 2. A step is
# written in SQL: it must go on meaning the same when `store.schema` has moved on.
STEPS: tuple[Callable[[Connection], None], ...] = (
    _control_and_retention,
    _findings,
    _tampering,
    _going_and_sealed_records,
)


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
