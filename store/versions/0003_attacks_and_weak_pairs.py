"""Version 3: what several processes must know of one another's attacks and weak keys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.BigInteger()  # microseconds since 1970 UTC


def upgrade() -> None:
    """Adds two tables; no row of another is touched."""
    op.create_table(
        "attack",
        sa.Column("seat_id", _ID, nullable=False),
        sa.Column("picture_public_id", sa.String(64), nullable=False),
        sa.Column("attack", sa.String(40), nullable=False),
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("wanted_until", _TIME, nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("ended", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seat_id", name="pk_attack"),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name="fk_attack_seat_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "weak_pair",
        sa.Column("channel_id", _ID, nullable=False),
        sa.Column("weakness", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("waiting_id", _ID),
        sa.PrimaryKeyConstraint("channel_id", "weakness", name="pk_weak_pair"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name="fk_weak_pair_channel_id", ondelete="CASCADE"
        ),
    )
