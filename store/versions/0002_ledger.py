"""Version 2: a ledger of bytes, so that no act adds up the sizes of everything in the store."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SIZED = ("picture", "finding", "intervention")

_FUNCTION = """
CREATE FUNCTION enter_in_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger (bytes) VALUES (coalesce(NEW.size, 0) - coalesce(OLD.size, 0));
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Makes the table, the triggers that write to it, and its first entry, in this order.

    From the triggers on PostgreSQL lets nobody else write, so no size is missed or counted twice.
    """
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ledger",
        sa.Column("id", number, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in _SIZED:
            _sqlite_trigger(table, "INSERT", "coalesce(NEW.size, 0)")
            _sqlite_trigger(
                table, "UPDATE OF size", "coalesce(NEW.size, 0) - coalesce(OLD.size, 0)"
            )
            _sqlite_trigger(table, "DELETE", "-coalesce(OLD.size, 0)")
    else:
        op.execute(_FUNCTION)
        for table in _SIZED:
            op.execute(
                f"CREATE TRIGGER {table}_ledger AFTER INSERT OR DELETE OR UPDATE OF size "
                f"ON {table} FOR EACH ROW EXECUTE FUNCTION enter_in_ledger()"
            )
    sums = " + ".join(f"(SELECT coalesce(sum(size), 0) FROM {table})" for table in _SIZED)  # noqa: S608  (our own names)
    op.execute(f"INSERT INTO ledger (bytes) SELECT {sums}")


def _sqlite_trigger(table: str, act: str, change: str) -> None:
    name = f"{table}_ledger_{act.split(maxsplit=1)[0].lower()}"
    entry = f"INSERT INTO ledger (bytes) VALUES ({change})"  # noqa: S608  (our own names)
    op.execute(f"CREATE TRIGGER {name} AFTER {act} ON {table} BEGIN {entry}; END")
