"""Version 1: every table of the first release."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.BigInteger()  # microseconds since 1970 UTC
_BYTES = sa.LargeBinary()
_NUMBER = sa.BigInteger()


def upgrade() -> None:
    """Creates them in an empty database."""
    _table("store_fact", _some(sa.String(40), "name"), _some(_BYTES, "value"), key=("name",))
    _table(
        "channel",
        _some(sa.String(64), "public_id"),
        _some(_BYTES, "key_digest"),
        _some(sa.Text(), "name"),
        _some(sa.String(16), "kind"),
        _some(_TIME, "created_at", "expires_at"),
        _maybe(_TIME, "closed_at"),
        _maybe(_ID, "owner_id"),
        _some(_BYTES, "owner_ticket_hash"),
        _some(_NUMBER, "last_seq", default=sa.text("0")),
        _some(sa.Boolean(), "locked", "approval", default=sa.false()),
        _some(sa.Boolean(), "interceptors", default=sa.true()),
        _some(sa.Boolean(), "tampering", default=sa.false()),
        unique=[("public_id",), ("key_digest",)],
        indexed=["expires_at"],
    )
    _partial_index("ix_channel_closed_at", "channel", ["closed_at"], "closed_at IS NOT NULL")
    _table(
        "seat",
        _some(sa.String(64), "public_id"),
        _some(sa.Text(), "name", "name_key"),
        _some(sa.String(16), "role"),
        _some(_BYTES, "token_hash"),
        _some(_TIME, "joined_at", "last_seen_at"),
        _maybe(_TIME, "left_at"),
        _maybe(_BYTES, "public_key", "locked_key", "classroom_public_key", "locked_classroom_key"),
        _some(sa.Boolean(), "waiting", default=sa.false()),
        refers={"channel_id": "channel"},
        unique=[("public_id",), ("token_hash",)],
        indexed=["channel_id"],
    )
    name = ["channel_id", "role", "name_key"]
    _partial_index("uq_seat_name_while_held", "seat", name, "left_at IS NULL")
    _table(
        "picture",
        _some(sa.String(64), "public_id"),
        _some(sa.String(40), "scheme"),
        _some(sa.String(64), "submission"),
        _some(_TIME, "sent_at"),
        _some(_NUMBER, "size"),
        _some(_BYTES, "sha256", "row_code"),
        _some(_NUMBER, "openings", default=sa.text("0")),
        _maybe(_NUMBER, "max_openings"),
        _some(sa.Boolean(), "until_all_opened", default=sa.false()),
        _maybe(_TIME, "damaged_at"),
        refers={"channel_id": "channel", "sender_id": "seat"},
        unique=[("public_id",), ("sender_id", "submission")],
        indexed=["channel_id"],
    )
    used_up = "max_openings IS NOT NULL AND openings >= max_openings"
    _partial_index("ix_picture_used_up", "picture", ["id"], used_up)
    # SQLite takes the index only for a condition spelt like it: `until_all_opened = 1` there.
    by_all = sa.column("until_all_opened", sa.Boolean) & (sa.column("openings") > sa.text("0"))
    _partial_index("ix_picture_maybe_by_all", "picture", ["id"], by_all)
    _chunks("picture")
    _table(
        "picture_record",
        _some(_BYTES, "details", "manifest", "signature", "note", "row_code"),
        refers={"picture_id": "picture"},
        key=("picture_id",),
    )
    _table(
        "picture_recipient",
        _some(_BYTES, "fingerprint"),
        _maybe(_TIME, "opened_at"),
        _maybe(_BYTES, "share"),
        refers={"picture_id": "picture", "seat_id": "seat"},
        key=("picture_id", "seat_id"),
        indexed=["seat_id"],
    )
    _table(
        "event",
        _some(_NUMBER, "seq"),
        _some(sa.String(40), "kind"),
        _some(_TIME, "at"),
        _maybe(_ID, "seat_id", "about_id"),
        _maybe(sa.String(64), "picture_public_id"),
        _some(sa.Text(), "detail"),
        refers={"channel_id": "channel"},
        key=("channel_id", "seq"),
    )
    _table("seat_record", _some(_BYTES, "sealed"), refers={"seat_id": "seat"}, key=("seat_id",))
    _table(
        "finding",
        _some(sa.String(40), "attack"),
        _some(_TIME, "found_at"),
        _some(_NUMBER, "size"),
        refers={"seat_id": "seat", "picture_id": "picture"},
        unique=[("seat_id", "picture_id", "attack")],
        indexed=["picture_id"],
    )
    _chunks("finding")
    _table(
        "key_swap",
        _some(_TIME, "started_at"),
        _maybe(_TIME, "ended_at", "discovered_at"),
        _some(_BYTES, "public_key", "fingerprint", "locked_key"),
        refers={"channel_id": "channel", "receiver_id": "seat", "interceptor_id": "seat"},
        indexed=["channel_id", "interceptor_id", "receiver_id"],
    )
    in_force = "ended_at IS NULL"
    _partial_index("uq_key_swap_in_force", "key_swap", ["receiver_id"], in_force)
    _table(
        "key_swap_signer",
        _some(_BYTES, "public_key", "locked_key"),
        refers={"key_swap_id": "key_swap", "sender_id": "seat"},
        key=("key_swap_id", "sender_id"),
        indexed=["sender_id"],
    )
    _table(
        "intervention",
        _maybe(_ID, "receiver_id", "source_id", "key_swap_id"),
        _some(sa.String(64), "act"),
        _some(sa.String(16), "kind"),
        _some(_TIME, "done_at"),
        _some(sa.Text(), "detail"),
        _maybe(_NUMBER, "size"),
        _maybe(_BYTES, "sha256"),
        _some(_BYTES, "row_code"),
        refers={
            "picture_id": "picture",
            "seat_id": "seat",
            "receiver_id": "seat",
            "source_id": "picture",
            "key_swap_id": "key_swap",
        },
        unique=[("picture_id", "receiver_id")],
        indexed=["act", "source_id", "seat_id", "receiver_id", "key_swap_id"],
    )
    _chunks("intervention")
    _table(
        "intervention_record",
        _some(_BYTES, "details", "manifest", "signature", "row_code"),
        refers={"intervention_id": "intervention"},
        key=("intervention_id",),
    )
    _table(
        "alarm",
        _maybe(_ID, "key_swap_id"),
        _some(_TIME, "raised_at"),
        _some(sa.Boolean(), "direct", default=sa.true()),
        _some(sa.Integer(), "pictures_read"),
        _maybe(_TIME, "answered_at"),
        refers={
            "channel_id": "channel",
            "seat_id": "seat",
            "peer_id": "seat",
            "key_swap_id": "key_swap",
        },
        indexed=["channel_id", "seat_id", "peer_id", "key_swap_id"],
    )
    _table(
        "bucket",
        _some(sa.String(120), "name"),
        _some(sa.Float(53), "tokens"),
        _some(_TIME, "filled_at"),
        _some(sa.Boolean(), "granted"),
        _maybe(_TIME, "full_at"),
        key=("name",),
        indexed=["full_at"],
    )


def _some(
    type_: TypeEngine[Any],
    *names: str,
    default: sa.ColumnElement[Any] | sa.TextClause | None = None,
) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False, server_default=default) for name in names]


def _maybe(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_) for name in names]


def _table(
    name: str,
    *groups: list[sa.Column[Any]],
    refers: dict[str, str] | None = None,
    key: tuple[str, ...] = ("id",),
    unique: Sequence[tuple[str, ...]] = (),
    indexed: Sequence[str] = (),
) -> None:
    """A table; one with the key `id` numbers its rows and gives no number twice."""
    refers = refers or {}
    columns = {column.name: column for group in groups for column in group}
    numbered = key == ("id",)
    ids = [one for one in (*(["id"] if numbered else []), *refers) if one not in columns]
    op.create_table(
        name,
        *_some(_ID, *ids),
        *columns.values(),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=f"fk_{name}_{column}", ondelete="CASCADE"
            )
            for column, other in refers.items()
        ),
        *(sa.UniqueConstraint(*some, name=f"uq_{name}_{'_'.join(some)}") for some in unique),
        sqlite_autoincrement=numbered,
    )
    for column in indexed:
        op.create_index(f"ix_{name}_{column}", name, [column])


def _chunks(owner: str) -> None:
    column = f"{owner}_id"
    _table(
        f"{owner}_chunk",
        _some(sa.Integer(), "n"),
        _some(_BYTES, "data"),
        refers={column: owner},
        key=(column, "n"),
    )


def _partial_index(
    name: str, table: str, columns: list[str], rows: sa.ColumnElement[bool] | str
) -> None:
    unique = name.startswith("uq_")
    where = sa.text(rows) if isinstance(rows, str) else rows
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
