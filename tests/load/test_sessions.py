"""A class full of browsers: many live sessions on one server, every event seen in time.

The sessions speak Streamlit's own WebSocket protocol, as browsers do, but draw nothing, so that
the server is what is measured. `LONG=1` runs 100 sessions for a minute.
"""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from exchange import Exchange, KeyChoice, Seat
from rsa_core import KeyPair, png_of
from tests.browser.conftest import Server

LONG = os.environ.get("LONG") == "1"
SESSIONS, SECONDS = (100, 60) if LONG else (30, 12)
EVERY = 3  # seconds between two events
PATIENCE = 60
PICTURE = png_of(np.random.default_rng(7).integers(0, 256, (96, 128, 3), np.uint8))


class Session:
    """One page, open."""

    def __init__(self, server: Server, key: str, seat: Seat) -> None:
        self.server, self.key, self.seat = server, key, seat
        self.seen: list[float] = []
        self.exceptions = 0
        self.fragment = ""
        self.memory = ""
        self.page = ""
        self.widgets: dict[str, str] = {}
        self.pace = 1.0

    async def open(self) -> None:
        address = f"ws://127.0.0.1:{self.server.port}/_stcore/stream"
        self.socket = await connect(address, subprotocols=["streamlit"], max_size=None)
        await self.run()
        entry = {"key": self.key, "role": self.seat.role, "token": self.seat.token}
        known = json.dumps({"seats": [entry], "tab": {}})
        self.widgets[self.memory] = json.dumps({"seats": known})
        await self.run()
        assert self.fragment, "the page shows no live feed"

    async def run(self, fragment: str = "") -> None:
        """One run of the page, or of the live feed, and all that it causes."""
        message = BackMsg()
        message.rerun_script.query_string = f"channel={self.key}"
        if fragment:
            message.rerun_script.page_script_hash = self.page
        else:
            message.rerun_script.page_name = self.seat.role
        message.rerun_script.fragment_id = fragment
        for name, value in self.widgets.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.json_value = name, value
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while not self.read(await self.socket.recv()):
                pass

    def read(self, data: bytes) -> bool:
        """Notes what a message shows; whether it ends the run."""
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "script_finished":
            early = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN
            return message.script_finished != early
        if message.WhichOneof("type") == "navigation":
            self.page = message.navigation.page_script_hash
        if message.WhichOneof("type") == "delta":
            element = message.delta.new_element
            self.fragment = message.delta.fragment_id or self.fragment
            match element.WhichOneof("type"):
                case "toast":
                    self.seen.append(time.monotonic())
                case "component_instance":  # streamlit-autorefresh
                    self.pace = json.loads(element.component_instance.json_args)["interval"] / 1000
                case "exception":
                    self.exceptions += 1
                case "bidi_component" if element.bidi_component.component_name.endswith(
                    "browser_memory"
                ):
                    self.memory = element.bidi_component.id
        return False

    async def watch(self, until: float, start: float) -> None:
        """Ticks as often as the page says, as a browser does."""
        tick = start
        while tick < until:
            await asyncio.sleep(max(0.0, tick - time.monotonic()))
            await self.run(self.fragment)
            tick = max(tick + self.pace, time.monotonic())


async def visit(session: Session) -> None:
    await session.open()
    await session.socket.close()


@dataclass(frozen=True)
class Room:
    """A channel with a sender, and the seats whose pages are open."""

    exchange: Exchange
    key: str
    sender: Seat
    seats: list[Seat]

    def happen(self, number: int) -> None:
        """Somebody comes in, or an image is sent, in turn."""
        if number % 2:
            self.exchange.take_seat(self.key, name=f"Guest {number}", role="interceptor")
            return
        people = self.exchange.present(self.sender)
        self.exchange.send(
            self.sender,
            PICTURE,
            file_name="picture.png",
            scheme="hybrid",
            recipients=tuple(person.id for person in people if person.role == "receiver"),
            submission=str(number),
        )


def furnish(exchange: Exchange) -> Room:
    """Half of the pages are interceptors', half are receivers', who share a key to save time."""
    key = exchange.create_channel(name="Class", kind="private", keep_for="1 hour").key
    choice = KeyChoice("private", pem=KeyPair.generate(2048).pem())
    seats = [
        exchange.take_seat(key, name=f"Person {n}", role=role, keys=choice)
        for n in range(SESSIONS // 2)
        for role in ("interceptor", "receiver")
    ]
    return Room(exchange, key, exchange.take_seat(key, name="Ada", role="sender"), seats)


async def story(server: Server, room: Room):
    sessions = [Session(server, room.key, seat) for seat in room.seats]
    for start in range(0, len(sessions), 10):
        await asyncio.gather(*(session.open() for session in sessions[start : start + 10]))
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
    for session in sessions:
        await session.socket.close()
    return sessions, happened


def run_apart(coroutine):
    """Runs it in a thread of its own: a browser's test before may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


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
