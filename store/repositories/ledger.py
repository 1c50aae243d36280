"""The ledger: how many bytes the store keeps, without adding up all that is there.

Whatever adds, changes or deletes a picture, a finding or an intervention makes an entry, by a
trigger in the database: rows that go along with others are not forgotten, and what is rolled back
never was. The sum of the entries is the total. Each sweep makes one entry of many. Entries rather
than one number, since on PostgreSQL everybody would have to wait for that number's row.
"""

from sqlalchemy import Column, ColumnElement, delete, func, insert, select

from store.repositories.base import Repository
from store.schema import finding, intervention, ledger, picture


class Ledger(Repository):
    """Tells the total, and keeps the ledger short and right."""

    def total(self) -> int:
        """Bytes of all pictures, findings and interventions together."""
        return int(self._connection.scalars(select(_entered())).one())

    def add_up(self) -> None:
        """Makes one entry of many; what others hold at this moment is left to the next time."""
        free = select(ledger.c.id).with_for_update(skip_locked=True)
        taken = self._connection.scalars(
            delete(ledger).where(ledger.c.id.in_(free)).returning(ledger.c.bytes)
        ).all()
        self._connection.execute(insert(ledger).values(bytes=sum(taken)))

    def error(self) -> int:
        """How many bytes the total says too much; 0 unless someone wrote past the triggers.

        Reads everything: for the operator.
        """
        return int(self._connection.scalars(select(_entered() - _kept())).one())

    def correct(self) -> None:
        """Makes the total right."""
        self._connection.execute(
            insert(ledger).from_select(["bytes"], select(_kept() - _entered()))
        )


def _entered() -> ColumnElement[int]:
    return _sum(ledger.c.bytes)


def _kept() -> ColumnElement[int]:
    return _sum(picture.c.size) + _sum(finding.c.size) + _sum(intervention.c.size)


def _sum(column: Column[int]) -> ColumnElement[int]:
    return select(func.coalesce(func.sum(column), 0)).scalar_subquery()
