"""One repository for each kind of thing. The caller owns the transaction."""

from store.repositories.alarms import Alarms
from store.repositories.buckets import Buckets
from store.repositories.channels import Channels
from store.repositories.events import Events
from store.repositories.findings import Findings
from store.repositories.interventions import Interventions
from store.repositories.pictures import Pictures
from store.repositories.retention import Retention
from store.repositories.seat_records import SeatRecords
from store.repositories.seats import Seats
from store.repositories.substitutions import Substitutions

__all__ = [
    "Alarms",
    "Buckets",
    "Channels",
    "Events",
    "Findings",
    "Interventions",
    "Pictures",
    "Retention",
    "SeatRecords",
    "Seats",
    "Substitutions",
]
