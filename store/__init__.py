"""Channels, seats, pictures and events, kept in SQLite or PostgreSQL.

Knows SQLAlchemy, bytes and strings. What the bytes mean is the business of those above.
"""

from store.channel_keys import new_channel_key, normalise_channel_key
from store.cleaning import Cleaning
from store.database import normalise_url
from store.errors import (
    ChannelMissing,
    DuplicateKey,
    NameTaken,
    PictureDamaged,
    PictureMissing,
    QuotaReached,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFailed,
    StoreForeign,
    StoreFull,
    StoreMisconfigured,
    StoreNewer,
    StoreOlder,
    StoreRefused,
    StoreUnreachable,
    StoreUnusable,
)
from store.limits import Limits
from store.opening import Store, open_store
from store.unit import Unit
from store.values import (
    AlarmRow,
    AttackRow,
    ChannelRow,
    EventRow,
    Finding,
    InterventionRow,
    KeySwapRow,
    NewIntervention,
    NewPicture,
    PictureRecords,
    Recipient,
    Removal,
    SeatRow,
    Signer,
    StoredPicture,
    Swept,
)

__all__ = [
    "AlarmRow",
    "AttackRow",
    "ChannelMissing",
    "ChannelRow",
    "Cleaning",
    "DuplicateKey",
    "EventRow",
    "Finding",
    "InterventionRow",
    "KeySwapRow",
    "Limits",
    "NameTaken",
    "NewIntervention",
    "NewPicture",
    "PictureDamaged",
    "PictureMissing",
    "PictureRecords",
    "QuotaReached",
    "Recipient",
    "Removal",
    "SeatRow",
    "Signer",
    "Store",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreFailed",
    "StoreForeign",
    "StoreFull",
    "StoreMisconfigured",
    "StoreNewer",
    "StoreOlder",
    "StoreRefused",
    "StoreUnreachable",
    "StoreUnusable",
    "StoredPicture",
    "Swept",
    "Unit",
    "new_channel_key",
    "normalise_channel_key",
    "normalise_url",
    "open_store",
]
