"""A class full of browsers: many live sessions on one server, every event seen in time.

The sessions speak Streamlit's own WebSocket protocol, as browsers do, but draw nothing, so that
the server is what is measured. `LONG=1` runs 100 sessions for a minute.
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass

import numpy as np
import psutil
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from exchange import Exchange, KeyChoice, Seat
from rsa_core import KeyPair, png_of
from tests.browser.conftest import Server
from tests.loops import run_apart
from tests.raw_page import RawPage, entry

LONG = os.environ.get("LONG") == "1"
SESSIONS, SECONDS = (100, 60) if LONG else (30, 12)
EVERY = 3  # seconds between two events
PICTURE = png_of(np.random.default_rng(7).integers(0, 256, (96, 128, 3), np.uint8))


class Session(RawPage):
    """One page, open."""

    def __init__(self, server: Server, key: str, seat: Seat) -> None:
        super().__init__(server.port, seat.role, key)
        self.seat = seat
        self.seen: list[float] = []
        self.exceptions = 0
        self.pace = 1.0

    async def enter(self) -> None:
        await self.open()
        await self.run()
        self.remember(entry(self.key, self.seat))
        await self.run()
        assert self.fragment, "the page shows no live feed"

    def drew(self, element: Element) -> None:
        match element.WhichOneof("type"):
            case "toast":
                self.seen.append(time.monotonic())
            case "component_instance":  # streamlit-autorefresh
                self.pace = json.loads(element.component_instance.json_args)["interval"] / 1000
            case "exception":
                self.exceptions += 1

    async def watch(self, until: float, start: float) -> None:
        """Ticks as often as the page says, and reads whatever comes, as a browser does."""
        self.reading = asyncio.create_task(self._read())
        tick = start
        while tick < until:
            await asyncio.sleep(max(0.0, tick - time.monotonic()))
            await self.send(self.message(fragment=self.fragment))
            tick = max(tick + self.pace, time.monotonic())

    async def _read(self) -> None:
        async for data in self.socket:
            self.read(ForwardMsg.FromString(data))

    async def close(self) -> None:
        await self.socket.close()
        await self.reading


async def visit(session: Session) -> None:
    await session.enter()
    await session.socket.close()


@dataclass(frozen=True)
class Room:
    """A channel with a sender, and the seats whose pages are open."""

    exchange: Exchange
    key: str
    sender: Seat
    seats: list[Seat]

    def happen(self, number: int) -> None:
        """Someone joins, or a picture is sent, in turn."""
        if number % 2:
            self.exchange.lobby.take_seat(self.key, name=f"Guest {number}", role="interceptor")
            return
        people = self.exchange.member.present(self.sender)
        self.exchange.sender.send(
            self.sender,
            PICTURE,
            file_name="picture.png",
            scheme="hybrid",
            recipients=tuple(person.id for person in people if person.role == "receiver"),
            submission=str(number),
        )


def furnish(exchange: Exchange) -> Room:
    """Half of the pages are interceptors', half are receivers', who share a key to save time."""
    key = exchange.lobby.create_channel(name="Class", kind="private", keep_for="1 hour").key
    choice = KeyChoice("private", pem=KeyPair.generate(2048).pem())
    seats = [
        exchange.lobby.take_seat(key, name=f"{role} {n}", role=role, keys=choice)
        for n in range(SESSIONS // 2)
        for role in ("interceptor", "receiver")
    ]
    return Room(exchange, key, exchange.lobby.take_seat(key, name="Ada", role="sender"), seats)


async def story(server: Server, room: Room):
    sessions = [Session(server, room.key, seat) for seat in room.seats]
    for start in range(0, len(sessions), 10):
        await asyncio.gather(*(session.enter() for session in sessions[start : start + 10]))
    for session in sessions:
        session.seen.clear()
    now = time.monotonic()
    until = now + SECONDS + EVERY
    watching = [
        asyncio.create_task(session.watch(until, now + number / len(sessions)))
        for number, session in enumerate(sessions)
    ]
    happened = []
    while time.monotonic() < until - EVERY:
        await asyncio.to_thread(room.happen, len(happened))
        happened.append(time.monotonic())
        await asyncio.sleep(EVERY)
    await asyncio.gather(*watching)
    await asyncio.gather(*(session.close() for session in sessions))
    return sessions, happened


def test_every_session_sees_every_event_in_time(tmp_path):
    server = Server(tmp_path)
    try:
        exchange = Exchange.at(f"sqlite:///{server.database}")
        room = furnish(exchange)
        process = psutil.Process(server.process.pid)
        run_apart(visit(Session(server, room.key, room.seats[0])))  # everything is imported now
        before = process.memory_info().rss
        sessions, happened = run_apart(story(server, room))
        exchange.close()
        growth = (process.memory_info().rss - before) / 2**20
    finally:
        server.stop()
    late = sorted(
        min((seen - at for seen in session.seen if seen >= at), default=float("inf"))
        for session in sessions
        for at in happened
    )
    p95 = late[int(0.95 * len(late))]
    print(
        f"{SESSIONS} sessions, {SECONDS} s, {len(happened)} events: all seen, "
        f"p50 {late[len(late) // 2]:.2f} s, p95 {p95:.2f} s, memory +{growth:.0f} MB"
    )
    assert sum(session.exceptions for session in sessions) == 0
    assert late[-1] < float("inf")
    assert p95 <= 3.0
    assert growth < 100
    assert "Traceback" not in server.log.read_text()
