"""How tables are written: their columns, references and indexes, alike on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    false,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

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


Id = BigInteger().with_variant(Integer, "sqlite")


def columns(
    type_: type[TypeEngine[Any]] | TypeEngine[Any], *names: str, nullable: bool = False
) -> list[Column[Any]]:
    """Several columns of one type."""
    return [Column(name, type_, nullable=nullable) for name in names]


def reference(
    name: str, table: str, *, primary_key: bool = False, nullable: bool = False
) -> Column[int]:
    """A column that refers to a table; its row goes when the other goes."""
    target = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(name, Id, target, primary_key=primary_key, autoincrement=False, nullable=nullable)


def owned_by(table: str, *, primary_key: bool = False) -> Column[int]:
    """`TABLE_id`, a reference."""
    return reference(f"{table}_id", table, primary_key=primary_key)


def flag(name: str, *, default: bool = False) -> Column[bool]:
    """True or false, with a default that the database fills in."""
    return Column(name, Boolean, nullable=False, server_default=true() if default else false())


def index_where(
    rows: ColumnElement[bool], name: str, *columns: Column[Any], unique: bool = False
) -> None:
    """An index of some rows only."""
    Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


def table(
    metadata: MetaData,
    name: str,
    *items: SchemaItem,
    numbered: bool = False,
    indexed: Sequence[str] = (),
) -> Table:
    """A table; a numbered one has an `id`, and gives no number twice.

    SQLite numbers rows only in a column whose type is exactly INTEGER. AUTOINCREMENT keeps it from
    giving the number of a deleted row away again.
    """
    return Table(
        name,
        metadata,
        *([Column("id", Id, primary_key=True)] if numbered else []),
        *items,
        *(Index(f"ix_{name}_{column}", column) for column in indexed),
        sqlite_autoincrement=numbered,
    )
