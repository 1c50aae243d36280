"""The tables, as the newest schema version has them; `store/versions` has the steps to it.

    channel ─┬─ seat ─┬─ seat_record         what a seat knows, sealed under its token
             │        ├─ finding             what an interceptor found, sealed; with chunks
             │        └─ attack              one that runs, or whose end nobody was told yet
             ├─ picture ─┬─ picture_chunk    pieces of the envelope
             │           ├─ picture_record   the small sealed records
             │           ├─ picture_recipient
             │           └─ intervention     what arrives instead; with chunks and a record too
             ├─ key_swap ─ key_swap_signer   keys shown instead of others' keys
             ├─ weak_pair                    how many pairs of weak keys were given away
             ├─ alarm                        two people whose safety numbers differ
             └─ event                        (channel, seq), never a bare id
    bucket                                   how much of something was done lately
    ledger                                   bytes that came and went, written by triggers
    store_fact                               what the store knows about itself

Bytes that can be large live in separate tables, so that no listing reads past them. Deleting
a channel or a picture takes everything of theirs along: each reference has ON DELETE CASCADE, and
an index, without which each deleted row would cost a look through the whole table.
"""

from functools import partial

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    text,
)

from store.tables import Id, UtcDateTime, columns, flag, index_where, owned_by, reference, table

CHUNK_BYTES = 256 * 1024

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_table = partial(table, METADATA)


def _chunks_of(owner: str) -> Table:
    """The bytes of an owner's rows, in pieces of at most `CHUNK_BYTES`."""
    return _table(
        f"{owner}_chunk",
        owned_by(owner, primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        *columns(LargeBinary, "data"),
    )


store_fact = _table(
    "store_fact",
    Column("name", String(40), primary_key=True),
    *columns(LargeBinary, "value"),
)

channel = _table(
    "channel",
    Column("public_id", String(64), nullable=False, unique=True),
    Column("key_digest", LargeBinary, nullable=False, unique=True),
    *columns(Text, "name"),
    *columns(String(16), "kind"),
    *columns(UtcDateTime, "created_at"),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    *columns(UtcDateTime, "closed_at", nullable=True),
    # No foreign key: seats refer to channels already, and tables in a circle could not be created
    # in order. `claim_owner` lets in only a seat of the same channel.
    *columns(Id, "owner_id", nullable=True),
    *columns(LargeBinary, "owner_ticket_hash"),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    flag("locked"),
    flag("approval"),
    flag("interceptors", default=True),
    flag("tampering"),
    numbered=True,
)

CLOSED = channel.c.closed_at.is_not(None)
index_where(CLOSED, "ix_channel_closed_at", channel.c.closed_at)

seat = _table(
    "seat",
    Column("public_id", String(64), nullable=False, unique=True),
    owned_by("channel"),
    *columns(Text, "name", "name_key"),
    *columns(String(16), "role"),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    *columns(UtcDateTime, "joined_at", "last_seen_at"),
    *columns(UtcDateTime, "left_at", nullable=True),
    *columns(LargeBinary, "public_key", "locked_key", nullable=True),
    *columns(LargeBinary, "classroom_public_key", "locked_classroom_key", nullable=True),
    flag("waiting"),
    numbered=True,
    indexed=["channel_id"],
)

HELD = seat.c.left_at.is_(None)
index_where(
    HELD, "uq_seat_name_while_held", seat.c.channel_id, seat.c.role, seat.c.name_key, unique=True
)

picture = _table(
    "picture",
    Column("public_id", String(64), nullable=False, unique=True),
    owned_by("channel"),
    reference("sender_id", "seat"),
    *columns(String(40), "scheme"),
    *columns(String(64), "submission"),
    *columns(UtcDateTime, "sent_at"),
    *columns(BigInteger, "size"),
    *columns(LargeBinary, "sha256", "row_code"),
    Column("openings", BigInteger, nullable=False, server_default=text("0")),
    *columns(BigInteger, "max_openings", nullable=True),
    flag("until_all_opened"),
    *columns(UtcDateTime, "damaged_at", nullable=True),
    UniqueConstraint("sender_id", "submission"),
    numbered=True,
    indexed=["channel_id"],
)
picture_chunk = _chunks_of("picture")

USED_UP = and_(picture.c.max_openings.is_not(None), picture.c.openings >= picture.c.max_openings)
MAYBE_BY_ALL = and_(picture.c.until_all_opened, picture.c.openings > literal_column("0"))
index_where(USED_UP, "ix_picture_used_up", picture.c.id)
index_where(MAYBE_BY_ALL, "ix_picture_maybe_by_all", picture.c.id)

picture_record = _table(
    "picture_record",
    owned_by("picture", primary_key=True),
    *columns(LargeBinary, "details", "manifest", "signature", "note", "row_code"),
)

picture_recipient = _table(
    "picture_recipient",
    owned_by("picture", primary_key=True),
    owned_by("seat", primary_key=True),
    *columns(LargeBinary, "fingerprint"),
    *columns(UtcDateTime, "opened_at", nullable=True),
    *columns(LargeBinary, "share", nullable=True),
    indexed=["seat_id"],
)

event = _table(
    "event",
    owned_by("channel", primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    *columns(String(40), "kind"),
    *columns(UtcDateTime, "at"),
    # No foreign keys: what happened stays true when the seat or the picture is gone, and no number
    # is given twice. `about_id` is a seat or a key swap, as the kind of event says.
    *columns(Id, "seat_id", "about_id", nullable=True),
    *columns(String(64), "picture_public_id", nullable=True),
    *columns(Text, "detail"),
)

seat_record = _table(
    "seat_record",
    owned_by("seat", primary_key=True),
    *columns(LargeBinary, "sealed"),
)

# It goes with its picture, so that nothing recovered outlives what it was recovered from.
finding = _table(
    "finding",
    owned_by("seat"),
    owned_by("picture"),
    *columns(String(40), "attack"),
    *columns(UtcDateTime, "found_at"),
    *columns(BigInteger, "size"),
    UniqueConstraint("seat_id", "picture_id", "attack"),
    numbered=True,
    indexed=["picture_id"],
)
finding_chunk = _chunks_of("finding")

# The process that runs it says until when this row can be believed, and others say until when its
# seat still wants it. How it stands is sealed under the seat's token.
attack = _table(
    "attack",
    owned_by("seat", primary_key=True),
    *columns(String(64), "picture_public_id"),
    *columns(String(40), "attack"),
    *columns(String(32), "node"),
    *columns(UtcDateTime, "started_at", "until", "wanted_until"),
    flag("cancelled"),
    flag("ended"),
    *columns(LargeBinary, "told"),
)

# Two keys that share something are made from the pepper and a number, and only that rests here,
# with the seat that has the first of them while nobody has the second; no foreign key, as the
# number stays when the seat goes.
weak_pair = _table(
    "weak_pair",
    owned_by("channel", primary_key=True),
    Column("weakness", String(40), primary_key=True),
    *columns(BigInteger, "number"),
    *columns(Id, "waiting_id", nullable=True),
)

# A key that an interceptor shows to senders instead of a receiver's.
key_swap = _table(
    "key_swap",
    owned_by("channel"),
    reference("receiver_id", "seat"),
    reference("interceptor_id", "seat"),
    *columns(UtcDateTime, "started_at"),
    *columns(UtcDateTime, "ended_at", "discovered_at", nullable=True),
    *columns(LargeBinary, "public_key", "fingerprint", "locked_key"),
    numbered=True,
    indexed=["channel_id", "interceptor_id", "receiver_id"],
)

IN_FORCE = key_swap.c.ended_at.is_(None)
index_where(IN_FORCE, "uq_key_swap_in_force", key_swap.c.receiver_id, unique=True)

# The key with which a sender's pictures are signed again for the receiver.
key_swap_signer = _table(
    "key_swap_signer",
    owned_by("key_swap", primary_key=True),
    reference("sender_id", "seat", primary_key=True),
    *columns(LargeBinary, "public_key", "locked_key"),
    indexed=["sender_id"],
)

# What arrives instead of a picture, which itself is never touched; `receiver_id` is NULL where it
# arrives at everybody. The bytes are those of `source_id`, another picture, or its own chunks; it
# goes with either picture.
intervention = _table(
    "intervention",
    owned_by("picture"),
    owned_by("seat"),
    reference("receiver_id", "seat", nullable=True),
    reference("source_id", "picture", nullable=True),
    reference("key_swap_id", "key_swap", nullable=True),
    *columns(String(64), "act"),
    *columns(String(16), "kind"),
    *columns(UtcDateTime, "done_at"),
    *columns(Text, "detail"),
    *columns(BigInteger, "size", nullable=True),
    *columns(LargeBinary, "sha256", nullable=True),
    *columns(LargeBinary, "row_code"),
    UniqueConstraint("picture_id", "receiver_id"),
    numbered=True,
    indexed=["act", "source_id", "seat_id", "receiver_id", "key_swap_id"],
)
intervention_chunk = _chunks_of("intervention")

intervention_record = _table(
    "intervention_record",
    owned_by("intervention", primary_key=True),
    *columns(LargeBinary, "details", "manifest", "signature", "row_code"),
)

alarm = _table(
    "alarm",
    owned_by("channel"),
    owned_by("seat"),
    reference("peer_id", "seat"),
    reference("key_swap_id", "key_swap", nullable=True),
    *columns(UtcDateTime, "raised_at"),
    flag("direct", default=True),
    *columns(Integer, "pictures_read"),
    *columns(UtcDateTime, "answered_at", nullable=True),
    numbered=True,
    indexed=["channel_id", "seat_id", "peer_id", "key_swap_id"],
)

# Written by triggers (`store/versions/0002_ledger.py`): what each change of a `size` added.
ledger = _table("ledger", *columns(BigInteger, "bytes"), numbered=True)

bucket = _table(
    "bucket",
    Column("name", String(120), primary_key=True),
    *columns(Float(53), "tokens"),
    *columns(UtcDateTime, "filled_at"),
    *columns(Boolean, "granted"),
    # When it is full again if nobody takes anything; NULL for never.
    Column("full_at", UtcDateTime, index=True),
)
