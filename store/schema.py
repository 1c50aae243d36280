"""The tables, as the newest schema version has them; `store/versions` has the steps to it.

    channel ─┬─ seat ─┬─ seat_record         what a seat knows, sealed under its token
             │        └─ finding             what an interceptor found, sealed; with chunks
             ├─ picture ─┬─ picture_chunk    pieces of the envelope
             │           ├─ picture_record   the small sealed records
             │           ├─ picture_recipient
             │           └─ intervention     what arrives instead; with chunks and a record too
             ├─ key_swap ─ key_swap_signer   keys shown instead of others' keys
             ├─ alarm                        two people whose safety numbers differ
             └─ event                        (channel, seq), never a bare id
    bucket                                   how much of something was done lately
    store_fact                               what the store knows about itself

Bytes that can be large live in separate tables, so that no listing reads past them. Deleting
a channel or a picture takes everything of theirs along: each reference has ON DELETE CASCADE, and
an index, without which each deleted row would cost a look through the whole table.
"""

from collections.abc import Sequence
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
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

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

_Id = BigInteger().with_variant(Integer, "sqlite")


def _columns(
    type_: type[TypeEngine[Any]] | TypeEngine[Any], *names: str, nullable: bool = False
) -> list[Column[Any]]:
    return [Column(name, type_, nullable=nullable) for name in names]


def _reference(
    name: str, table: str, *, primary_key: bool = False, nullable: bool = False
) -> Column[int]:
    """A column that refers to a table; its row goes when the other goes."""
    target = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(
        name, _Id, target, primary_key=primary_key, autoincrement=False, nullable=nullable
    )


def _owned_by(table: str, *, primary_key: bool = False) -> Column[int]:
    return _reference(f"{table}_id", table, primary_key=primary_key)


def _flag(name: str, *, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=true() if default else false())


def _index_where(
    rows: ColumnElement[bool], name: str, *columns: Column[Any], unique: bool = False
) -> None:
    """An index of some rows only."""
    Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


def _table(
    name: str, *items: SchemaItem, numbered: bool = False, indexed: Sequence[str] = ()
) -> Table:
    """A table; a numbered one has an `id`, and gives no number twice.

    SQLite numbers rows only in a column whose type is exactly INTEGER. AUTOINCREMENT keeps it from
    giving the number of a deleted row away again.
    """
    return Table(
        name,
        METADATA,
        *([Column("id", _Id, primary_key=True)] if numbered else []),
        *items,
        *(Index(f"ix_{name}_{column}", column) for column in indexed),
        sqlite_autoincrement=numbered,
    )


def _chunks_of(owner: str) -> Table:
    """The bytes of an owner's rows, in pieces of at most `CHUNK_BYTES`."""
    return _table(
        f"{owner}_chunk",
        _owned_by(owner, primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        *_columns(LargeBinary, "data"),
    )


store_fact = _table(
    "store_fact",
    Column("name", String(40), primary_key=True),
    *_columns(LargeBinary, "value"),
)

channel = _table(
    "channel",
    Column("public_id", String(64), nullable=False, unique=True),
    Column("key_digest", LargeBinary, nullable=False, unique=True),
    *_columns(Text, "name"),
    *_columns(String(16), "kind"),
    *_columns(UtcDateTime, "created_at"),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    *_columns(UtcDateTime, "closed_at", nullable=True),
    # No foreign key: seats refer to channels already, and tables in a circle could not be created
    # in order. `claim_owner` lets in only a seat of the same channel.
    *_columns(_Id, "owner_id", nullable=True),
    *_columns(LargeBinary, "owner_ticket_hash"),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    _flag("locked"),
    _flag("approval"),
    _flag("interceptors", default=True),
    _flag("tampering"),
    numbered=True,
)

CLOSED = channel.c.closed_at.is_not(None)
_index_where(CLOSED, "ix_channel_closed_at", channel.c.closed_at)

seat = _table(
    "seat",
    Column("public_id", String(64), nullable=False, unique=True),
    _owned_by("channel"),
    *_columns(Text, "name", "name_key"),
    *_columns(String(16), "role"),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    *_columns(UtcDateTime, "joined_at", "last_seen_at"),
    *_columns(UtcDateTime, "left_at", nullable=True),
    *_columns(LargeBinary, "public_key", "locked_key", nullable=True),
    *_columns(LargeBinary, "classroom_public_key", "locked_classroom_key", nullable=True),
    _flag("waiting"),
    numbered=True,
    indexed=["channel_id"],
)

HELD = seat.c.left_at.is_(None)
_index_where(
    HELD, "uq_seat_name_while_held", seat.c.channel_id, seat.c.role, seat.c.name_key, unique=True
)

picture = _table(
    "picture",
    Column("public_id", String(64), nullable=False, unique=True),
    _owned_by("channel"),
    _reference("sender_id", "seat"),
    *_columns(String(40), "scheme"),
    *_columns(String(64), "submission"),
    *_columns(UtcDateTime, "sent_at"),
    *_columns(BigInteger, "size"),
    *_columns(LargeBinary, "sha256", "row_code"),
    Column("openings", BigInteger, nullable=False, server_default=text("0")),
    *_columns(BigInteger, "max_openings", nullable=True),
    _flag("until_all_opened"),
    *_columns(UtcDateTime, "damaged_at", nullable=True),
    UniqueConstraint("sender_id", "submission"),
    numbered=True,
    indexed=["channel_id"],
)
picture_chunk = _chunks_of("picture")

USED_UP = and_(picture.c.max_openings.is_not(None), picture.c.openings >= picture.c.max_openings)
MAYBE_BY_ALL = and_(picture.c.until_all_opened, picture.c.openings > literal_column("0"))
_index_where(USED_UP, "ix_picture_used_up", picture.c.id)
_index_where(MAYBE_BY_ALL, "ix_picture_maybe_by_all", picture.c.id)

picture_record = _table(
    "picture_record",
    _owned_by("picture", primary_key=True),
    *_columns(LargeBinary, "details", "manifest", "signature", "note", "row_code"),
)

picture_recipient = _table(
    "picture_recipient",
    _owned_by("picture", primary_key=True),
    _owned_by("seat", primary_key=True),
    *_columns(LargeBinary, "fingerprint"),
    *_columns(UtcDateTime, "opened_at", nullable=True),
    *_columns(LargeBinary, "share", nullable=True),
    indexed=["seat_id"],
)

event = _table(
    "event",
    _owned_by("channel", primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    *_columns(String(40), "kind"),
    *_columns(UtcDateTime, "at"),
    # No foreign keys: what happened stays true when the seat or the picture is gone, and no number
    # is given twice. `about_id` is a seat or a key swap, as the kind of event says.
    *_columns(_Id, "seat_id", "about_id", nullable=True),
    *_columns(String(64), "picture_public_id", nullable=True),
    *_columns(Text, "detail"),
)

seat_record = _table(
    "seat_record",
    _owned_by("seat", primary_key=True),
    *_columns(LargeBinary, "sealed"),
)

# It goes with its picture, so that nothing recovered outlives what it was recovered from.
finding = _table(
    "finding",
    _owned_by("seat"),
    _owned_by("picture"),
    *_columns(String(40), "attack"),
    *_columns(UtcDateTime, "found_at"),
    *_columns(BigInteger, "size"),
    UniqueConstraint("seat_id", "picture_id", "attack"),
    numbered=True,
    indexed=["picture_id"],
)
finding_chunk = _chunks_of("finding")

# A key that an interceptor shows to senders instead of a receiver's.
key_swap = _table(
    "key_swap",
    _owned_by("channel"),
    _reference("receiver_id", "seat"),
    _reference("interceptor_id", "seat"),
    *_columns(UtcDateTime, "started_at"),
    *_columns(UtcDateTime, "ended_at", "discovered_at", nullable=True),
    *_columns(LargeBinary, "public_key", "fingerprint", "locked_key"),
    numbered=True,
    indexed=["channel_id", "interceptor_id", "receiver_id"],
)

IN_FORCE = key_swap.c.ended_at.is_(None)
_index_where(IN_FORCE, "uq_key_swap_in_force", key_swap.c.receiver_id, unique=True)

# The key with which a sender's pictures are signed again for the receiver.
key_swap_signer = _table(
    "key_swap_signer",
    _owned_by("key_swap", primary_key=True),
    _reference("sender_id", "seat", primary_key=True),
    *_columns(LargeBinary, "public_key", "locked_key"),
    indexed=["sender_id"],
)

# What arrives instead of a picture, which itself is never touched; `receiver_id` is NULL where it
# arrives at everybody. The bytes are those of `source_id`, another picture, or its own chunks; it
# goes with either picture.
intervention = _table(
    "intervention",
    _owned_by("picture"),
    _owned_by("seat"),
    _reference("receiver_id", "seat", nullable=True),
    _reference("source_id", "picture", nullable=True),
    _reference("key_swap_id", "key_swap", nullable=True),
    *_columns(String(64), "act"),
    *_columns(String(16), "kind"),
    *_columns(UtcDateTime, "done_at"),
    *_columns(Text, "detail"),
    *_columns(BigInteger, "size", nullable=True),
    *_columns(LargeBinary, "sha256", nullable=True),
    *_columns(LargeBinary, "row_code"),
    UniqueConstraint("picture_id", "receiver_id"),
    numbered=True,
    indexed=["act", "source_id", "seat_id", "receiver_id", "key_swap_id"],
)
intervention_chunk = _chunks_of("intervention")

intervention_record = _table(
    "intervention_record",
    _owned_by("intervention", primary_key=True),
    *_columns(LargeBinary, "details", "manifest", "signature", "row_code"),
)

alarm = _table(
    "alarm",
    _owned_by("channel"),
    _owned_by("seat"),
    _reference("peer_id", "seat"),
    _reference("key_swap_id", "key_swap", nullable=True),
    *_columns(UtcDateTime, "raised_at"),
    _flag("direct", default=True),
    *_columns(Integer, "pictures_read"),
    *_columns(UtcDateTime, "answered_at", nullable=True),
    numbered=True,
    indexed=["channel_id", "seat_id", "peer_id", "key_swap_id"],
)

bucket = _table(
    "bucket",
    Column("name", String(120), primary_key=True),
    *_columns(Float(53), "tokens"),
    *_columns(UtcDateTime, "filled_at"),
    *_columns(Boolean, "granted"),
    # When it is full again if nobody takes anything; NULL for never.
    Column("full_at", UtcDateTime, index=True),
)
