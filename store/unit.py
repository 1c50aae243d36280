"""A unit of work: one transaction, and the repositories that act in it."""

from sqlalchemy import Connection

from store.repositories import Channels, Events, Images, KnownKeys, Seats


class Unit:
    """Everything that may be done inside one transaction.

    Attributes:
        channels, seats, images, events, known_keys: the repositories.
    """

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes) -> None:
        """Made by `Store.read` and `Store.write` only."""
        self.channels = Channels(connection, writes=writes)
        self.seats = Seats(connection, writes=writes)
        self.images = Images(connection, writes=writes, row_key=row_key)
        self.events = Events(connection, writes=writes)
        self.known_keys = KnownKeys(connection, writes=writes)
