"""A unit of work: one transaction, and the repositories that act in it."""

from sqlalchemy import Connection

from store.limits import Room
from store.repositories.alarms import Alarms
from store.repositories.attacks import Attacks
from store.repositories.buckets import Buckets
from store.repositories.channels import Channels
from store.repositories.events import Events
from store.repositories.findings import Findings
from store.repositories.interventions import Interventions
from store.repositories.key_swaps import KeySwaps
from store.repositories.ledger import Ledger
from store.repositories.pictures import Pictures
from store.repositories.retention import Retention
from store.repositories.seat_records import SeatRecords
from store.repositories.seats import Seats
from store.repositories.weak_pairs import WeakPairs


class Unit:
    """Everything that may be done inside one transaction: a repository for each kind of thing."""

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Made by `Store.read` and `Store.write` only."""
        self.channels = Channels(connection, writes=writes)
        self.seats = Seats(connection, writes=writes)
        self.seat_records = SeatRecords(connection, writes=writes)
        self.pictures = Pictures(connection, writes=writes, row_key=row_key, room=room)
        self.attacks = Attacks(connection, writes=writes)
        self.findings = Findings(connection, writes=writes, row_key=row_key, room=room)
        self.interventions = Interventions(connection, writes=writes, row_key=row_key, room=room)
        self.key_swaps = KeySwaps(connection, writes=writes)
        self.ledger = Ledger(connection, writes=writes)
        self.weak_pairs = WeakPairs(connection, writes=writes)
        self.alarms = Alarms(connection, writes=writes)
        self.events = Events(connection, writes=writes)
        self.buckets = Buckets(connection, writes=writes)
        self.retention = Retention(connection, writes=writes)
