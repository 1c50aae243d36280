"""A small channel with people in it."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from exchange import Exchange, Seat
from rsa_core import KeyPair
from store import Store, open_store
from tests.exchange.databases import Writer
from tests.store.conftest import kind, place, postgres, postgres_place, sqlite_place

GENERATE = KeyPair.generate

__all__ = ["kind", "place", "postgres", "postgres_place", "sqlite_place"]  # fixtures


class Clock:
    """Time that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


_OFFICE = {"Ada": "sender", "Eve": "sender", "Bob": "receiver", "Cy": "receiver"}


@dataclass
class Room:
    """One channel and its people."""

    exchange: Exchange
    key: str
    ticket: str
    seats: dict[str, Seat] = field(default_factory=dict)
    uploads: count = field(default_factory=count)
    store: Store | None = None

    def sit(self, name: str, role: str, **more) -> Seat:
        self.seats[name] = self.exchange.lobby.take_seat(self.key, name=name, role=role, **more)
        return self.seats[name]

    def send(self, sender: str, data: bytes, *receivers: str, scheme="hybrid", **more):
        settings = {"file_name": "holiday.png", "submission": str(next(self.uploads)), **more}
        picture_id = self.exchange.sender.send(
            self.seats[sender],
            data,
            scheme=scheme,
            recipients=tuple(self.seats[name].id for name in receivers),
            **settings,
        )
        sent = self.exchange.sender.sent(self.seats[sender])
        return next(picture for picture in sent if picture.id == picture_id)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def office(place, clock, quick_keys):
    """A private channel on either database: Ada and Eve (senders), Bob and Cy (receivers)."""
    backend = open_store(place.url, pepper=b"p" * 32)
    made = Exchange(backend, clock)
    new = made.lobby.create_channel(name="Office", kind="private", keep_for="24 hours")
    room = Room(made, new.key, new.owner_ticket, store=backend)
    for name, role in _OFFICE.items():
        room.sit(name, role)
    yield room
    made.close()


@pytest.fixture
def writer(place):
    return Writer(place)


@pytest.fixture
def backend(tmp_path):
    return open_store(f"sqlite:///{tmp_path}/channels.db")


@pytest.fixture
def exchange(backend, clock, quick_keys):
    made = Exchange(backend, clock)
    yield made
    made.close()


@pytest.fixture
def open_room(exchange, backend):
    """Makes channels: `open_room("classroom")`."""

    def make(kind: str = "private", keep_for: str = "24 hours") -> Room:
        new = exchange.lobby.create_channel(name="Room", kind=kind, keep_for=keep_for)
        return Room(exchange, new.key, new.owner_ticket, store=backend)

    return make


@pytest.fixture
def room(open_room):
    """A private channel with Ada (sender), Bob and Cy (receivers), Eve (interceptor)."""
    return _with_people(open_room("private"))


@pytest.fixture
def classroom(open_room):
    """The same people in a classroom channel."""
    return _with_people(open_room("classroom"))


def _with_people(room: Room) -> Room:
    room.sit("Ada", "sender", owner_ticket=room.ticket)
    room.sit("Bob", "receiver")
    room.sit("Cy", "receiver")
    room.sit("Eve", "interceptor")
    return room


@pytest.fixture
def lesson(classroom, key_pool, monkeypatch):
    """Ada sends to Bob and Cy; Eve may tamper. Keys made from now on are nobody's yet."""
    classroom.exchange.owner.set_rules(classroom.seats["Ada"], tampering=True)
    pool = itertools.chain(key_pool[3:], iter(lambda: GENERATE(2048), None))
    monkeypatch.setattr(KeyPair, "generate", lambda bits=3072: next(pool))
    for name in ("Bob", "Cy"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats[name], 512)
    return classroom
