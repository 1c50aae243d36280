"""A page without a browser: speaks Streamlit's own WebSocket protocol, draws nothing, may lie.

For suites that need a hundred pages at once, and for those that send what no browser would.
"""

import asyncio
import http.client
import json
import socket
import ssl
import uuid
from contextlib import closing

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, FileURLs
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

PATIENCE = 60
_EARLY = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


class RawPage:
    """One session.

    Attributes:
        widgets: what the next run says of each widget: (kind of value, value) by id.
        elements: what the last run drew.
        ids: of widgets, by (kind of element, label or component's name).
        fragment: id of the live feed's fragment; "" before there is one.
        session: Streamlit's id of the session.
    """

    def __init__(
        self,
        port: int,
        page: str = "",
        key: str = "",
        *,
        address: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port, self.page, self.key = port, page, key
        self.address, self.headers, self.tls = address, headers or {}, tls
        self.widgets: dict[str, tuple[str, object]] = {}
        self.elements: list[tuple[str, object]] = []
        self.ids: dict[tuple[str, str], str] = {}
        self.fragment = self.session = self._hash = ""
        self._urls = None

    async def __aenter__(self) -> "RawPage":
        await self.open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.socket.close()

    async def open(self, *protocols: str) -> None:
        """Connects; `protocols` follow Streamlit's own, as when a browser comes back."""
        scheme, host = ("wss", "localhost") if self.tls else ("ws", "127.0.0.1")
        self.socket = await connect(
            f"{scheme}://{host}:{self.port}/_stcore/stream",
            ssl=self.tls,
            subprotocols=["streamlit", *protocols],
            additional_headers=self.headers,
            local_addr=(self.address, 0),
            family=socket.AF_INET,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )

    def message(self, *, fragment: str = "", press: str = "") -> BackMsg:
        """What a browser sends to run the page, one fragment of it, or a button's work."""
        message = BackMsg()
        client = message.rerun_script
        client.query_string = f"channel={self.key}" if self.key else ""
        client.fragment_id = fragment
        if fragment:
            client.page_script_hash = self._hash
        else:
            client.page_name = self.page
        for name, (kind, value) in self.widgets.items():
            widget = client.widget_states.widgets.add(id=name)
            if isinstance(value, list):
                getattr(widget, kind).data.extend(value)
            elif hasattr(value, "SerializeToString"):
                getattr(widget, kind).CopyFrom(value)
            else:
                setattr(widget, kind, value)
        if press:
            client.widget_states.widgets.add(id=press, trigger_value=True)
        return message

    async def run(self, *, fragment: str = "", press: str = "") -> None:
        """One run and all that it causes; fields that nobody touched say what they show."""
        if not fragment:
            self._fill()
            message = self.message(press=press)
            self.elements = []
        else:
            message = self.message(fragment=fragment)
        await self.send(message)
        await self.drawn()

    async def press(self, button: str) -> None:
        """Runs the page with one button pressed."""
        await self.run(press=self.ids["button", button])

    async def send(self, message: BackMsg | bytes) -> None:
        """Sends a message as it is, or bytes that are none."""
        data = message if isinstance(message, bytes) else message.SerializeToString()
        await self.socket.send(data)

    async def drawn(self) -> None:
        """Reads until a run has ended."""
        async with asyncio.timeout(PATIENCE):
            while not self.read(ForwardMsg.FromString(await self.socket.recv())):
                pass

    def read(self, message: ForwardMsg) -> bool:
        """Notes what a message shows; whether it ends the run."""
        match message.WhichOneof("type"):
            case "new_session":
                self.session = message.new_session.initialize.session_id or self.session
            case "script_finished":
                return message.script_finished != _EARLY
            case "navigation":
                self._hash = message.navigation.page_script_hash
            case "file_urls_response":
                self._urls = message.file_urls_response.file_urls
            case "delta":
                if message.delta.new_element.WhichOneof("type") == "component_instance":
                    self.fragment = message.delta.fragment_id or self.fragment  # it ticks
                self._draw(message.delta.new_element)
        return False

    def drew(self, element: Element) -> None:
        """Called for each element that is drawn; for callers who want to know at once."""

    def texts(self) -> list[str]:
        """All that the last run says in words."""
        found = []
        for _, one in self.elements:
            said = (getattr(one, name, "") for name in ("body", "code_text", "text", "message"))
            found += [words for words in said if isinstance(words, str) and words]
        return found

    def shown(self, kind: str) -> list:
        """The elements of one kind that the last run drew."""
        return [one for found, one in self.elements if found == kind]

    def set(self, kind: str, label: str, value: object, field: str = "string_value") -> None:
        """Fills a field in."""
        self.widgets[self.ids[kind, label]] = (field, value)

    def remember(self, *entries: dict[str, str]) -> None:
        """Answers for the browser's memory: these seats are what it holds."""
        known = json.dumps({"seats": list(entries), "tab": {}})
        self.widgets[self.memory] = ("json_value", json.dumps({"seats": known}))

    @property
    def memory(self) -> str:
        """Id of the component that keeps seats in the browser."""
        return next(i for (_, name), i in self.ids.items() if name.endswith("browser_memory"))

    def kept(self) -> list[dict[str, str]]:
        """The seats that the page asks the browser to keep, with their tokens."""
        for one in reversed(self.shown("bidi_component")):
            if one.component_name.endswith("browser_memory"):
                data = one.json if one.WhichOneof("data") == "json" else one.mixed.json
                return json.loads(data)["put"]
        return []

    async def places(self, *names: str) -> list[FileURLs]:
        """Asks where files of these names may be uploaded."""
        wish = BackMsg()
        wish.file_urls_request.session_id = self.session
        wish.file_urls_request.file_names.extend(names)
        self._urls = None
        await self.send(wish)
        async with asyncio.timeout(PATIENCE):
            while self._urls is None:
                self.read(ForwardMsg.FromString(await self.socket.recv()))
        return list(self._urls)

    async def upload(self, label: str, name: str, data: bytes) -> int:
        """Uploads a file into an uploader, as a browser does; gives the HTTP status."""
        place = (await self.places(name))[0]
        status = await asyncio.to_thread(put, self.port, place.upload_url, data, tls=self.tls)
        uploader = self.ids["file_uploader", label]
        state = FileUploaderState()
        if uploader in self.widgets:
            state.CopyFrom(self.widgets[uploader][1])
        file = state.uploaded_file_info.add(file_id=place.file_id, name=name, size=len(data))
        file.file_urls.CopyFrom(place)
        self.widgets[uploader] = ("file_uploader_state_value", state)
        return status

    def _draw(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind is None:
            return
        self.drew(element)
        one = getattr(element, kind)
        self.elements.append((kind, one))
        if getattr(one, "id", ""):
            label = getattr(one, "label", "") or getattr(one, "component_name", "")
            self.ids[kind, label] = one.id

    def _fill(self) -> None:
        for kind, one in self.elements:
            name = getattr(one, "id", "")
            if not name or name in self.widgets:
                continue
            match kind:
                case "radio" | "selectbox" if one.options:
                    value = one.raw_value if one.set_value else one.options[one.default]
                    self.widgets[name] = ("string_value", value)
                case "multiselect":
                    ticked = (
                        one.raw_values
                        if one.set_value
                        else map(one.options.__getitem__, one.default)
                    )
                    self.widgets[name] = ("string_array_value", list(ticked))
                case "text_input" | "text_area":
                    value = one.value if one.set_value else one.default
                    self.widgets[name] = ("string_value", value)
                case "checkbox":
                    value = one.value if one.set_value else one.default
                    self.widgets[name] = ("bool_value", value)
                case "number_input":
                    self.widgets[name] = ("double_value", one.default)


def entry(key: str, seat) -> dict[str, str]:
    """What a browser remembers of a seat."""
    return {"key": key, "role": seat.role, "token": seat.token}


def ask(port, method, path, body=None, headers=None, *, tls=None, host="127.0.0.1"):
    """One HTTP request: status, headers, body."""
    if tls:
        line = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=tls)
    else:
        line = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    with closing(line):
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


def form(data: bytes) -> tuple[bytes, str]:
    """A form with one file, and its media type."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
    tail = f"\r\n--{boundary}--\r\n"
    return head.encode() + data + tail.encode(), f"multipart/form-data; boundary={boundary}"


def xsrf(port: int, *, tls=None) -> dict[str, str]:
    """The headers by which a browser shows that a request is its own."""
    given = ask(port, "GET", "/_stcore/health", tls=tls)[1].get_all("Set-Cookie")
    cookie = next(one for one in given if "xsrf" in one).split(";")[0]
    return {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}


def put(port: int, path: str, data: bytes, *, tls=None, headers=None) -> int:
    """Uploads a file to a place; gives the HTTP status."""
    body, kind = form(data)
    sent = {"Content-Type": kind, **xsrf(port, tls=tls), **(headers or {})}
    return ask(port, "PUT", path, body, sent, tls=tls)[0]
