"""What all repositories share: a connection, and the lock on a channel."""

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from store.errors import PictureMissing
from store.schema import channel, picture


class Repository:
    """Reads and writes on one connection, inside one transaction of the caller."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        """Takes the unit's connection, and whether the unit may write."""
        self._connection = connection
        self._writes = writes

    def _hold(self, channel_id: int) -> None:
        """Makes acts in one channel follow one another until the transaction ends.

        On PostgreSQL this locks the channel's row in units that write; what is read after it
        stays true. SQLite has one writer anyway, and its dialect leaves the clause out.
        """
        if self._writes:
            row = select(channel.c.id).where(channel.c.id == channel_id)
            self._connection.execute(row.with_for_update(key_share=True))

    def _picture_id(self, channel_id: int, public_id: str) -> int:
        """The store's own number of a picture.

        Raises:
            PictureMissing: it is not in this channel.
        """
        number = self._connection.scalar(
            select(picture.c.id).where(
                picture.c.channel_id == channel_id, picture.c.public_id == public_id
            )
        )
        if number is None:
            raise PictureMissing
        return int(number)

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """INSERT with ON CONFLICT; both databases write it alike, SQLAlchemy keeps two."""
        if self._connection.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def _put(self, table: Table, key: dict[str, object], **values: object) -> None:
        """Inserts a row, or gives the one with this key the values."""
        row = self._insert(table).values(**key, **values)
        self._connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))
