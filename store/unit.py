"""A unit of work: one transaction, and the repositories that act in it."""

from sqlalchemy import Connection

from store.limits import Room
from store.repositories import (
    Alarms,
    Buckets,
    Channels,
    Events,
    Findings,
    Interventions,
    Pictures,
    Retention,
    SeatRecords,
    Seats,
    Substitutions,
)


class Unit:
    """Everything that may be done inside one transaction.

    Attributes:
        channels, seats, pictures, findings, interventions, substitutions, alarms, events,
            seat_records, buckets, retention: the repositories.
    """

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Made by `Store.read` and `Store.write` only."""
        self.channels = Channels(connection, writes=writes)
        self.seats = Seats(connection, writes=writes)
        self.pictures = Pictures(connection, writes=writes, row_key=row_key, room=room)
        self.findings = Findings(connection, writes=writes, row_key=row_key, room=room)
        self.interventions = Interventions(connection, writes=writes, row_key=row_key, room=room)
        self.substitutions = Substitutions(connection, writes=writes)
        self.alarms = Alarms(connection, writes=writes)
        self.events = Events(connection, writes=writes)
        self.seat_records = SeatRecords(connection, writes=writes)
        self.buckets = Buckets(connection, writes=writes)
        self.retention = Retention(connection, writes=writes)
