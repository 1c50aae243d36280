"""What strangers start on the compare page ends with their pages, and others have a place.

Raw sessions press the button as browsers do, and go away.
"""

import asyncio
import time

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from rsa_core.turns import PLACES
from tests.browser.conftest import Server
from tests.load.test_sessions import run_apart

STRANGERS = 5
LONG = {  # an attack that uses its whole minute, on a picture that is measured soon
    "Schemes and keys": "textbook-blocks, 2048 bits",
    "Attacks": "Codebook",
    "Seconds for each attack": "60",
    "Longest side, in pixels": "128",
}


class Stranger:
    """A browser with the compare page, which looks at nothing."""

    def __init__(self, server: Server) -> None:
        self.address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        self.controls: dict[str, tuple[str, str]] = {}  # label: kind, id

    async def open(self) -> None:
        self.socket = await connect(self.address, subprotocols=["streamlit"], max_size=None)
        await self.send({}, "")
        async with asyncio.timeout(60):
            while not self.read(await self.socket.recv()):
                pass

    async def compare(self) -> None:
        await self.send(LONG, "Compare")
        self.reading = asyncio.create_task(self.listen())

    async def send(self, choices: dict[str, str], button: str) -> None:
        message = BackMsg()
        message.rerun_script.page_name = "compare"
        states = message.rerun_script.widget_states.widgets
        for label, choice in choices.items():
            kind, name = self.controls[label]
            if kind == "multiselect":
                states.add(id=name).string_array_value.data.append(choice)
            else:
                states.add(id=name, string_value=choice)
        if button:
            states.add(id=self.controls[button][1], trigger_value=True)
        await self.socket.send(message.SerializeToString())

    def read(self, data: bytes) -> bool:
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "delta":
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind in ("radio", "multiselect", "button"):
                shown = getattr(element, kind)
                self.controls[shown.label] = kind, shown.id
        return message.WhichOneof("type") == "script_finished"

    async def listen(self) -> None:
        async for _ in self.socket:
            pass

    async def close(self) -> None:
        await self.socket.close()
        await self.reading


def attacks(server: Server) -> int:
    """How many attacks run on the server."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    found = 0
    for child in children:
        try:
            found += child.nice() > 0  # attacks step back, and nothing else does
        except psutil.Error:
            continue
    return found


async def until(condition, seconds: float) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        await asyncio.sleep(0.2)
    return time.monotonic() - begun


async def story(server: Server) -> float:
    strangers = [Stranger(server) for _ in range(STRANGERS)]
    for stranger in strangers:
        await stranger.open()
        await stranger.compare()
    await until(lambda: attacks(server), 120)
    await asyncio.sleep(3)
    assert attacks(server) < PLACES  # one place is left for others
    for stranger in strangers:
        await stranger.close()
    return await until(lambda: not attacks(server), 10)


def test_what_a_closed_compare_page_started_ends_within_ten_seconds(tmp_path):
    server = Server(tmp_path)
    try:
        took = run_apart(story(server))
    finally:
        server.stop()
    print(f"{STRANGERS} pages closed: no attack after {took:.1f} s")
