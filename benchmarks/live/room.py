"""Channels full of people, and somebody who sends; the acts of `exchange`, in this process.

What is sent is committed when `send` returns, whichever process did it. The server's own work for
a sender (sealing, the sender's page) is so not in the figures; that of every page that looks is.
"""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from exchange import Exchange, KeyChoice, Seat
from rsa_core import KeyPair, png_of

PEOPLE = 100  # of a channel, at most
PICTURE = png_of(np.random.default_rng(7).integers(0, 256, (96, 128, 3), np.uint8))


@dataclass
class Room:
    """A channel: half of its pages are receivers', half interceptors'."""

    exchange: Exchange
    key: str
    sender: Seat
    seats: list[Seat]
    sent: dict[int, float] = field(default_factory=dict)  # when, monotonic, by number

    def send(self) -> None:
        """A picture to everyone; its name is its number in this channel."""
        number = len(self.sent) + 1
        people = self.exchange.member.present(self.sender)
        self.exchange.sender.send(
            self.sender,
            PICTURE,
            file_name=f"{number}.png",
            scheme="hybrid",
            recipients=tuple(person.id for person in people if person.role == "receiver"),
            submission=str(number),
        )
        self.sent[number] = time.monotonic()


def furnished(exchange: Exchange, pages: int) -> list[Room]:
    """As many channels as so many people need; receivers share a key pair, to save time."""
    choice = KeyChoice("private", pem=KeyPair.generate(2048).pem())
    count = math.ceil(pages / PEOPLE)
    return [_room(exchange, len(range(n, pages, count)), choice) for n in range(count)]


def _room(exchange: Exchange, people: int, choice: KeyChoice) -> Room:
    key = exchange.lobby.create_channel(name="Class", kind="private", keep_for="24 hours").key
    seats = []
    for number in range(people):
        role = ("receiver", "interceptor")[number % 2]
        seats.append(exchange.lobby.take_seat(key, name=f"{role} {number}", role=role, keys=choice))
    return Room(exchange, key, exchange.lobby.take_seat(key, name="Ada", role="sender"), seats)
