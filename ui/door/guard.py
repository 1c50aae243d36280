"""The guard: ASGI middleware in front of all that Streamlit serves."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from ui.door import journal, settings
from ui.door.addresses import ADDRESS_HEADER, Headers, address_of, header, same_origin
from ui.door.answers import say, with_headers
from ui.door.draining import WORDS, draining
from ui.door.messages import Refused, read_message
from ui.door.pacing import Paces
from ui.door.sessions import Page, Sessions, comes_back, kind_of
from ui.door.settings import Settings, check_settings
from ui.door.uploads import UploadRefused, Uploads, in_time, is_upload, thrown_away

_SHUT = re.compile(r"/_stcore/(metrics|agent(/.*)?|script-health-check)")
_PROTOCOL = b"sec-websocket-protocol"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_GONE = frozenset({1000, 1001})  # RFC 6455, 7.4.1: the page was closed, not cut off
_SMALL = 1 << 20  # bytes; the answers that the guard reads are far smaller


def middleware() -> list[Middleware]:
    """For `st.App(middleware=…)`; ends a server whose settings cannot be before it starts."""
    check_settings()
    return [Middleware(Guard)]


class Guard:
    """Looks at everything that comes in, and passes on what our own pages would send."""

    def __init__(self, app: ASGIApp) -> None:
        """Takes the application that it stands before."""
        self._app = app
        self._limits = Settings.of_environment()
        self._sessions = Sessions()
        self._paces = Paces()
        self._uploads = Uploads(self._sessions, self._limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one WebSocket, or the application's own life."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers: Headers = scope["headers"]
        peer = str((scope.get("state") or {}).get("peer") or (scope.get("client") or ("",))[0])
        address = address_of(peer, headers, self._limits.proxies)
        ours = same_origin(headers, config.get_option("server.corsAllowedOrigins") or ())
        scope = {
            **scope,
            "client": (address, 0),
            "headers": [
                *_without(headers, ADDRESS_HEADER.encode(), *([] if ours else [b"origin"])),
                (ADDRESS_HEADER.encode(), address.encode("latin-1", "replace")),
            ],
        }
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send, ours=ours)
        else:
            await self._request(scope, receive, send, ours=ours)

    async def _request(self, scope: Scope, receive: Receive, send: Send, *, ours: bool) -> None:
        root = _root()
        path, method, headers = scope["path"], scope["method"], scope["headers"]
        if _SHUT.fullmatch(path.removeprefix(root)):
            await say(send, 404, "Not found")
        elif method in _READS:
            if _is_page(headers) and draining.refuses(_browser(headers)):
                await say(send, 503, WORDS)
                return
            if path == f"{root}/health":
                scope = {**scope, "path": "/health"}  # our own routes know no prefix
            await self._app(scope, receive, with_headers(send))
        elif method not in ("PUT", "DELETE") or not is_upload(path, root):
            await say(send, 405, "Method not allowed")
        elif not ours:
            journal.refused("an upload from a foreign page")
            await say(send, 403, "Forbidden")
        elif method == "PUT":
            await self._upload(scope, receive, send, root)
        else:
            await self._app(scope, receive, with_headers(send))

    async def _upload(self, scope: Scope, receive: Receive, send: Send, root: str) -> None:
        try:
            with self._uploads.place(scope, root) as arriving:
                receive_in_time = in_time(receive, arriving.dropped)
                await self._app(scope, receive_in_time, with_headers(send))
        except UploadRefused as refusal:
            journal.refused(refusal.reason)
            await thrown_away(in_time(receive))
            await say(send, refusal.status, f"Refused: {refusal.reason}")
        except ClientDisconnect:
            journal.refused("an upload that fell silent or was broken off")
            await say(send, 408, "The upload took too long")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, *, ours: bool) -> None:
        if not ours:
            journal.refused("a WebSocket from a foreign page")
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        browser = _browser(scope["headers"])
        page = Page(scope["client"][0], browser)
        speaker = await self._paces.connect(page.address)
        if scope["path"] == f"{_root()}/live":  # takes one short word itself: `ui/frame/live.py`
            await self._app({**scope, "path": "/live"}, receive, send)
            return
        if draining.refuses(browser):
            await receive()
            await send({"type": "websocket.close", "code": 1012})
            return
        scope = self._own_session_only(scope, browser)
        line = _Line(
            receive,
            send,
            self._sessions,
            page,
            lambda: self._paces.take(page.address, speaker),
            drawn=comes_back(_wish(scope)[2:]),
        )
        draining.enter(browser)
        try:
            await self._app(scope, line.receive, line.send)
        finally:
            draining.leave(browser)
        if line.session and line.code in _GONE:
            self._sessions.end(line.session)

    def _own_session_only(self, scope: Scope, browser: bytes) -> Scope:
        """Lets a browser come back to its own session, and nobody to another's.

        The session's id is not secret: it stands in the address of each upload.
        """
        wish = _wish(scope)
        if len(wish) < 3:
            return scope
        page = self._sessions.get(wish[2])
        if page is not None and browser and page.browser == browser:
            return scope
        rest = _without(scope["headers"], _PROTOCOL)
        return {**scope, "headers": [*rest, (_PROTOCOL, ", ".join(wish[:2]).encode("latin-1"))]}


class _Line:
    """One WebSocket, seen from both sides.

    Attributes:
        session: id of its session, from Streamlit's first message; "" before.
        code: with which it was closed; 0 while it is open.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        sessions: Sessions,
        page: Page,
        turn: Callable[[], Awaitable[None]],
        *,
        drawn: bool,
    ) -> None:
        self._receive, self._send, self._turn = receive, send, turn
        self._sessions, self._page = sessions, page
        self._asked = 0  # requests to upload that are not answered yet
        self._heard = False
        self._drawn = drawn  # whether the session's page was drawn already
        self.session = ""
        self.code = 0

    async def receive(self) -> Message:
        """The next message that may be passed on."""
        while True:
            message = await self._next()
            if message["type"] == "websocket.disconnect":
                self.code = self.code or int(message.get("code") or 1005)
                return message
            if message["type"] != "websocket.receive":
                return message
            try:
                taken = self._takes(message)
            except Refused as refusal:
                return await self._shut(refusal.reason, refusal.code)
            await self._turn()
            if taken:
                return self._whole_at_first(message)

    async def send(self, message: Message) -> None:
        """Passes a message on to the browser, and reads there what the door must know."""
        if self.code:
            return  # closed from here; there is nobody left to read the rest
        if message["type"] == "websocket.send" and (self._asked or not self.session):
            self._read(message.get("bytes") or b"")
        await self._send(message)

    async def _next(self) -> Message:
        """The next message; without a first one the line is closed."""
        try:
            patience = None if self._heard else settings.FIRST_MESSAGE_WITHIN
            return await asyncio.wait_for(self._receive(), patience)
        except TimeoutError:
            return await self._shut("a WebSocket that said nothing", 1008)

    def _takes(self, message: Message) -> bool:
        data = message.get("bytes")
        if data is None:
            raise Refused("a message in text", 1003)
        parsed = read_message(data, self.session, lambda widget: kind_of(self.session, widget))
        self._heard = True
        if parsed is not None and parsed.HasField("file_urls_request"):
            self._asked += 1
        return parsed is not None

    def _whole_at_first(self, message: Message) -> Message:
        """Draws the whole page where a session begins with a part of it.

        A page whose process died asks the next process for the parts that it has on screen.
        """
        if self._drawn:
            return message
        asked = BackMsg.FromString(message["bytes"])
        self._drawn = asked.HasField("rerun_script")
        if not self._drawn or not asked.rerun_script.fragment_id:
            return message
        asked.rerun_script.fragment_id = ""
        asked.rerun_script.is_auto_rerun = False
        return {**message, "bytes": asked.SerializeToString()}

    def _read(self, data: bytes) -> None:
        if len(data) > _SMALL:
            return
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session" and not self.session:
            self.session = message.new_session.initialize.session_id
            self._page = self._sessions.add(self.session, self._page)
        elif kind == "file_urls_response":
            self._asked -= 1
            self._page.give(one.file_id for one in message.file_urls_response.file_urls)

    async def _shut(self, reason: str, code: int) -> Message:
        journal.refused(reason)
        self.code = code
        await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}


def _root() -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def _wish(scope: Scope) -> list[str]:
    """Streamlit's name, the XSRF token, and the session that a browser wants to come back to."""
    named = header(scope["headers"], _PROTOCOL) or ""
    return [part.strip() for part in named.split(",")]


def _is_page(headers: Headers) -> bool:
    """Whether a browser asks for a page, and not for a part of one."""
    return "text/html" in (header(headers, b"accept") or "")


def _browser(headers: Headers) -> bytes:
    """What a browser is recognised by: the secret in its XSRF cookie."""
    prefix = f"{XSRF_COOKIE_NAME}="
    for part in (header(headers, b"cookie") or "").split(";"):
        if part.strip().startswith(prefix):
            return decode_xsrf_token_string(part.strip().removeprefix(prefix))[0] or b""
    return b""


def _without(headers: Headers, *names: bytes) -> Headers:
    return [(name, value) for name, value in headers if name not in names]
