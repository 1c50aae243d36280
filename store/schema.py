"""The tables, as the newest schema version has them.

    channel ─┬─ seat ─┬─ seat_record         what a seat knows, sealed under its token
             │        └─ finding             what an interceptor found out of a picture, sealed
             ├─ picture ─┬─ picture_chunk       256 KB pieces of the envelope
             │         ├─ picture_record      the small sealed records
             │         ├─ picture_recipient
             │         └─ intervention ─┬─ intervention_chunk      what arrives in its place
             │                          └─ intervention_record
             ├─ substitution ─ substitution_signer    keys put in the place of others' keys
             ├─ alarm                       two people whose safety numbers differed
             └─ event                       (channel, seq), never a bare id
    bucket                                  how much of something was done lately
    store_fact, schema_version              what the store knows of itself

Bytes that can be large live in tables of their own, so that no listing reads past them. Deleting
a channel or a picture takes everything of theirs along: each reference has ON DELETE CASCADE, and
an index, without which each deleted row would cost a look through the whole table. Changes come
only as additive steps in `store.migrations`; a table with blobs is never rebuilt.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    literal_column,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

CHUNK_BYTES = 256 * 1024

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970 UTC.

    SQLite forgets the offset of a DateTime; a number means the same on both databases, compares
    right, and comes back exactly.
    """

    impl = BigInteger
    cache_ok = True

    @staticmethod
    def to_number(moment: datetime) -> int:
        """Refuses naive datetimes, whose moment nobody knows."""
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return (moment - _EPOCH) // _MICROSECOND

    @staticmethod
    def from_number(number: int) -> datetime:
        """An aware datetime in UTC."""
        return _EPOCH + number * _MICROSECOND

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """What SQLAlchemy calls on the way in."""
        return None if value is None else self.to_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """What SQLAlchemy calls on the way out."""
        return None if value is None else self.from_number(value)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is called exactly INTEGER. AUTOINCREMENT
# keeps it from giving the number of a deleted row away again.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _owned_by(column: str, *, primary_key: bool = False) -> Column[int]:
    """A reference that goes when its owner goes, named after the owner's table."""
    return _reference(f"{column}_id", column, primary_key=primary_key)


def _reference(
    name: str, table: str, *, primary_key: bool = False, nullable: bool = False
) -> Column[int]:
    """A reference of any name to a table; what refers goes when the other goes."""
    return Column(
        name,
        _Id,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=nullable,
    )


def _partial_index(name: str, column: Column[Any], rows: ColumnElement[bool]) -> Index:
    """An index of some rows only: those that the sweep of `store.repositories.retention` asks."""
    return Index(name, column, sqlite_where=rows, postgresql_where=rows)


schema_version = Table(
    "schema_version",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

store_fact = Table(
    "store_fact",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

channel = Table(
    "channel",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("public_id", String(64), nullable=False, unique=True),
    Column("key_digest", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("closed_at", UtcDateTime),
    Column("purged_at", UtcDateTime),  # not used since version 5, where channels go as a whole
    # No foreign key: seats refer to channels already, and a circle could not be created in
    # order. `claim_owner` lets in only a seat of the same channel.
    Column("owner_id", _Id),
    Column("owner_ticket_hash", LargeBinary, nullable=False),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("approval", Boolean, nullable=False, server_default=false()),
    Column("interceptors", Boolean, nullable=False, server_default=true()),
    Column("tampering", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)

CLOSED = channel.c.closed_at.is_not(None)
channel_closed = _partial_index("ix_channel_closed_at", channel.c.closed_at, CLOSED)

seat = Table(
    "seat",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("public_id", String(64), nullable=False, unique=True),
    _owned_by("channel"),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("public_key", LargeBinary),
    Column("locked_key", LargeBinary),
    Column("classroom_public_key", LargeBinary),
    Column("locked_classroom_key", LargeBinary),
    Column("waiting", Boolean, nullable=False, server_default=false()),
    Index("ix_seat_channel_id", "channel_id"),
    sqlite_autoincrement=True,
)

HELD = seat.c.left_at.is_(None)
seat_name = Index(
    "uq_seat_name_while_held",
    seat.c.channel_id,
    seat.c.role,
    seat.c.name_key,
    unique=True,
    sqlite_where=HELD,
    postgresql_where=HELD,
)

picture = Table(
    "picture",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("public_id", String(64), nullable=False, unique=True),
    _owned_by("channel"),
    Column("sender_id", _Id, ForeignKey("seat.id", ondelete="CASCADE"), nullable=False),
    Column("scheme", String(40), nullable=False),
    Column("submission", String(64), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("row_code", LargeBinary, nullable=False),
    Column("openings", BigInteger, nullable=False, server_default=text("0")),
    Column("max_openings", BigInteger),
    Column("until_all_opened", Boolean, nullable=False, server_default=false()),
    Column("damaged_at", UtcDateTime),
    UniqueConstraint("sender_id", "submission"),
    Index("ix_picture_channel_id", "channel_id"),
    sqlite_autoincrement=True,
)

USED_UP = and_(picture.c.max_openings.is_not(None), picture.c.openings >= picture.c.max_openings)
MAYBE_BY_ALL = and_(picture.c.until_all_opened, picture.c.openings > literal_column("0"))
picture_used_up = _partial_index("ix_picture_used_up", picture.c.id, USED_UP)
picture_maybe_by_all = _partial_index("ix_picture_maybe_by_all", picture.c.id, MAYBE_BY_ALL)

picture_chunk = Table(
    "picture_chunk",
    METADATA,
    _owned_by("picture", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

picture_record = Table(
    "picture_record",
    METADATA,
    _owned_by("picture", primary_key=True),
    Column("details", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("row_code", LargeBinary, nullable=False),
)

picture_recipient = Table(
    "picture_recipient",
    METADATA,
    _owned_by("picture", primary_key=True),
    _owned_by("seat", primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("opened_at", UtcDateTime),
    Index("ix_picture_recipient_seat_id", "seat_id"),
)

event = Table(
    "event",
    METADATA,
    _owned_by("channel", primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # No foreign keys: what happened stays true when the seat or the picture is gone.
    Column("seat_id", _Id),
    Column("picture_public_id", String(64)),
    Column("detail", Text, nullable=False),
)

# What only the seat's own token opens: opaque here, and never read beside other seats' rows.
seat_record = Table(
    "seat_record",
    METADATA,
    _owned_by("seat", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# One finding is some rows, its pieces; the first also says that there is one. It goes with its
# picture, so that nothing recovered outlives what it was recovered from.
finding = Table(
    "finding",
    METADATA,
    _owned_by("seat", primary_key=True),
    _owned_by("picture", primary_key=True),
    Column("attack", String(40), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_finding_picture_id", "picture_id"),
)

# A key that an interceptor shows to senders in the place of a receiver's.
substitution = Table(
    "substitution",
    METADATA,
    Column("id", _Id, primary_key=True),
    _owned_by("channel"),
    _reference("receiver_id", "seat"),
    _reference("interceptor_id", "seat"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("discovered_at", UtcDateTime),
    Column("public_key", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("locked_key", LargeBinary, nullable=False),
    Index("ix_substitution_channel_id", "channel_id"),
    Index("ix_substitution_interceptor_id", "interceptor_id"),
    Index("ix_substitution_receiver_id", "receiver_id"),
    sqlite_autoincrement=True,
)

IN_FORCE = substitution.c.ended_at.is_(None)
substitution_in_force = Index(
    "uq_substitution_in_force",
    substitution.c.receiver_id,
    unique=True,
    sqlite_where=IN_FORCE,
    postgresql_where=IN_FORCE,
)

# The key with which what one sender sent is signed again towards the receiver.
substitution_signer = Table(
    "substitution_signer",
    METADATA,
    _owned_by("substitution", primary_key=True),
    _reference("sender_id", "seat", primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("locked_key", LargeBinary, nullable=False),
    Index("ix_substitution_signer_sender_id", "sender_id"),
)

# What arrives in the place of a picture, which itself is never touched. `receiver_id` is NULL for
# what arrives at everybody. The bytes are those of `source_id`, another picture, or pieces of its
# own; it goes with either picture.
intervention = Table(
    "intervention",
    METADATA,
    Column("id", _Id, primary_key=True),
    _owned_by("picture"),
    _owned_by("seat"),
    _reference("receiver_id", "seat", nullable=True),
    _reference("source_id", "picture", nullable=True),
    _reference("substitution_id", "substitution", nullable=True),
    Column("act", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
    Column("detail", Text, nullable=False),
    Column("size", BigInteger),
    Column("sha256", LargeBinary),
    Column("row_code", LargeBinary, nullable=False),
    UniqueConstraint("picture_id", "receiver_id"),
    Index("ix_intervention_act", "act"),
    Index("ix_intervention_source_id", "source_id"),
    Index("ix_intervention_seat_id", "seat_id"),
    Index("ix_intervention_receiver_id", "receiver_id"),
    Index("ix_intervention_substitution_id", "substitution_id"),
    sqlite_autoincrement=True,
)

intervention_chunk = Table(
    "intervention_chunk",
    METADATA,
    _owned_by("intervention", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

intervention_record = Table(
    "intervention_record",
    METADATA,
    _owned_by("intervention", primary_key=True),
    Column("details", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("row_code", LargeBinary, nullable=False),
)

alarm = Table(
    "alarm",
    METADATA,
    Column("id", _Id, primary_key=True),
    _owned_by("channel"),
    _owned_by("seat"),
    _reference("peer_id", "seat"),
    _reference("substitution_id", "substitution", nullable=True),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("pictures_read", Integer, nullable=False),
    Column("answered_at", UtcDateTime),
    Index("ix_alarm_channel_id", "channel_id"),
    Index("ix_alarm_seat_id", "seat_id"),
    Index("ix_alarm_peer_id", "peer_id"),
    Index("ix_alarm_substitution_id", "substitution_id"),
    sqlite_autoincrement=True,
)

bucket = Table(
    "bucket",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("tokens", Float(53), nullable=False),
    Column("filled_at", UtcDateTime, nullable=False),
    Column("granted", Boolean, nullable=False),
    # When it is full again, if nobody takes anything; NULL for never.
    Column("full_at", UtcDateTime, index=True),
)
