"""One open page without a browser, so cheap that hundreds of them hardly load the machine.

It speaks Streamlit's WebSocket protocol and opens the page's live line as `ui/frame/live.js` does.
While it enters, every message is read; afterwards only those that show a picture, the line or the
tick are looked into. It draws nothing.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX

from exchange import Seat

PATIENCE = 60.0  # seconds
# How the pages name picture 17: "17.png" in an inbox, "17 · hybrid · …" among the captures.
_PICTURE = re.compile(rb"(\d+)(?:\.png| \xc2\xb7 hybrid)")
_TRIGGERS = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{{}}__events"  # where a component's triggers go
_EARLY = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


class Socket(WSListener):
    """A WebSocket from one address of the loopback net, which calls `hear` with each message."""

    transport: WSTransport

    def __init__(self, hear: Callable[[bytes], None], gone: Callable[[], None]) -> None:
        self._hear, self._gone = hear, gone

    async def open(self, port: int, path: str, address: str, protocol: str = "") -> None:
        """Connects, as a page of this server would."""
        headers = {"Origin": f"http://127.0.0.1:{port}"}
        if protocol:
            headers["Sec-WebSocket-Protocol"] = protocol
        await asyncio.wait_for(
            ws_connect(
                lambda: self,
                f"ws://127.0.0.1:{port}{path}",
                extra_headers=headers,
                local_addr=(address, 0),
                websocket_handshake_timeout=PATIENCE,
            ),
            PATIENCE,
        )

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Part of picows' protocol."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Part of picows' protocol."""
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            if not frame.fin:
                raise ValueError("a message in pieces")
            self._hear(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Part of picows' protocol."""
        self._gone()


class Page:
    """One session, open.

    Attributes:
        told: when each word came over the live line, monotonic.
        seen: when a picture's element came for the first time, monotonic, by its number.
        closed: whether the server ended the session.
    """

    def __init__(self, port: int, address: str, key: str, seat: Seat) -> None:
        """Nothing is opened yet; `address` is where the page connects from."""
        self.port, self.address, self.key, self.seat = port, address, key, seat
        self.told: list[float] = []
        self.seen: dict[int, float] = {}
        self.closed = False
        self.interval = 1.0  # seconds between two ticks
        self._socket = Socket(self._read, self._gone)
        self._line: Socket | None = None
        self._hash = self._memory = self._tab = ""
        self._ticker = self._listener = ("", "")  # id of the component, id of its fragment
        self._widgets: dict[str, str] = {}  # JSON values by id
        self._finished = asyncio.Event()
        self._entering = True
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self) -> None:
        """Loads the page, and presents the seat's token from the browser's memory."""
        await self._socket.open(self.port, "/_stcore/stream", self.address, "streamlit")
        await self._whole()
        entry = {"key": self.key, "role": self.seat.role, "token": self.seat.token}
        known = json.dumps({"seats": [entry], "tab": {}})
        self._widgets[self._memory] = json.dumps({"seats": known})
        await self._whole()
        if not self._ticker[0]:
            raise RuntimeError("the page shows no live feed")
        self._entering = False

    async def by_push(self) -> None:
        """Opens the live line."""
        self._line = line = Socket(self._word, lambda: self._ended(line))
        await line.open(self.port, "/live", self.address)
        line.transport.send(
            WSMsgType.TEXT, json.dumps({"token": self.seat.token, "tab": self._tab}).encode()
        )

    def by_ticks(self) -> None:
        """Loses the live line, as behind a proxy that lets none through."""
        if self._line is not None:
            self._line.transport.disconnect()

    def tick_from(self, delay: float) -> None:
        """Starts to tick, as often as the page says."""
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def close(self) -> None:
        """The tab is closed."""
        if self._timer:
            self._timer.cancel()
        self._line, line = None, self._line
        for socket in (line, self._socket):
            if socket is not None and hasattr(socket, "transport"):
                socket.transport.disconnect()

    async def _whole(self) -> None:
        self._finished.clear()
        self._send("")
        await asyncio.wait_for(self._finished.wait(), PATIENCE)

    def _send(self, fragment: str, trigger: str = "", word: str = "") -> None:
        message = BackMsg()
        client = message.rerun_script
        client.query_string = f"channel={self.key}"
        client.page_name = "" if fragment else self.seat.role
        client.fragment_id = fragment
        client.page_script_hash = self._hash if fragment else ""
        for name, value in self._widgets.items():
            client.widget_states.widgets.add(id=name, json_value=value)
        if trigger:
            value = json.dumps([{"event": "news", "value": word}])
            client.widget_states.widgets.add(id=_TRIGGERS.format(trigger), json_trigger_value=value)
        if not self.closed:
            self._socket.transport.send(WSMsgType.BINARY, message.SerializeToString())

    def _tick(self) -> None:
        self._ticks += 1
        name, fragment = self._ticker
        self._widgets[name] = json.dumps(self._ticks)
        self._send(fragment)
        self.tick_from(self.interval)

    def _word(self, word: bytes) -> None:
        self.told.append(time.monotonic())
        name, fragment = self._listener
        self._send(fragment, name, word.decode())

    def _ended(self, line: Socket) -> None:
        if self._line is line:
            self._line = None
            name, fragment = self._listener
            self._send(fragment, name, "closed")

    def _gone(self) -> None:
        self.closed = True

    def _read(self, data: bytes) -> None:
        for number in _PICTURE.findall(data):
            self.seen.setdefault(int(number), time.monotonic())
        if self._entering or b"live_line" in data or b"autorefresh" in data:
            self._look(ForwardMsg.FromString(data))

    def _look(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "script_finished" if message.script_finished != _EARLY:
                self._finished.set()
            case "navigation":
                self._hash = message.navigation.page_script_hash
            case "delta":
                self._component(message)

    def _component(self, message: ForwardMsg) -> None:
        element, fragment = message.delta.new_element, message.delta.fragment_id
        match element.WhichOneof("type"):
            case "component_instance" if element.component_instance.id.endswith("-tick"):
                tick = element.component_instance
                self._ticker = tick.id, fragment
                self._pace(json.loads(tick.json_args)["interval"] / 1000)
            case "bidi_component":
                part = element.bidi_component
                if part.component_name.endswith("browser_memory"):
                    self._memory = part.id
                elif part.component_name.endswith("live_line"):
                    self._listener = part.id, fragment
                    self._tab = json.loads(part.json)["tab"]

    def _pace(self, interval: float) -> None:
        if interval != self.interval and self._timer:
            self._timer.cancel()
            self.tick_from(interval)
        self.interval = interval
