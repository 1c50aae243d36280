"""A unit of work: one transaction, and the repositories that act in it."""

from sqlalchemy import Connection

from store.limits import Room
from store.repositories import (
    Buckets,
    Channels,
    Events,
    Findings,
    Images,
    KnownKeys,
    Retention,
    Seats,
)


class Unit:
    """Everything that may be done inside one transaction.

    Attributes:
        channels, seats, images, findings, events, known_keys, buckets, retention: the
            repositories.
    """

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Made by `Store.read` and `Store.write` only."""
        self.channels = Channels(connection, writes=writes)
        self.seats = Seats(connection, writes=writes)
        self.images = Images(connection, writes=writes, row_key=row_key, room=room)
        self.findings = Findings(connection, writes=writes, room=room)
        self.events = Events(connection, writes=writes)
        self.known_keys = KnownKeys(connection, writes=writes)
        self.buckets = Buckets(connection, writes=writes)
        self.retention = Retention(connection, writes=writes)
