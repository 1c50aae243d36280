"""A writer to the database behind the store's back: on SQLite and on PostgreSQL alike."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from tests.store.conftest import Place


class Writer:
    """Has the database, and neither the pepper nor anyone's token."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def run(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """One statement with `:name` for values; rows come back where it gives some."""
        if self._place.kind == "sqlite":
            with closing(sqlite3.connect(self._place.path, timeout=30)) as connection, connection:
                return connection.execute(statement, values).fetchall()
        for name in values:
            statement = statement.replace(f":{name}", f"%({name})s")
        with psycopg.connect(self._place.url) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def set(self, table: str, where: str, **columns: Any) -> None:
        """Changes columns of the rows that `where` names."""
        named = ", ".join(f"{name} = :{name}" for name in columns)
        self.run(f"UPDATE {table} SET {named} WHERE {where}", **columns)

    def copy(self, table: str, where: str) -> list[dict[str, Any]]:
        """Rows as they are now, to be put back later."""
        if self._place.kind == "sqlite":
            with closing(sqlite3.connect(self._place.path, timeout=30)) as connection:
                found = connection.execute(f"SELECT * FROM {table} WHERE {where}")
                names = [column[0] for column in found.description]
                return [dict(zip(names, row, strict=True)) for row in found]
        with psycopg.connect(self._place.url) as connection:
            found = connection.execute(f"SELECT * FROM {table} WHERE {where}")
            names = [column.name for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def put_back(self, table: str, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            self.run(f"INSERT INTO {table} ({names}) VALUES ({values})", **row)

    def set_record(self, number: int, sealed: bytes) -> None:
        """Another sealed record for the seat with this number."""
        self.set("seat_record", f"seat_id = {number}", sealed=sealed)

    def exchange(self, table: str, one: str, other: str, *columns: str) -> None:
        """Swaps two rows in these columns; unique ones too, through a third value."""
        [first], [second] = self.copy(table, one), self.copy(table, other)
        for column in columns:
            spare = b"spare" if isinstance(first[column], bytes) else "spare"
            for number, value in (
                (first["id"], spare),
                (second["id"], first[column]),
                (first["id"], second[column]),
            ):
                self.run(
                    f"UPDATE {table} SET {column} = :value WHERE id = :number",
                    value=value,
                    number=number,
                )
