"""What every answer says to the browser about itself: what it may load, and from where."""

import base64
import hashlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from starlette.types import Message, Send

_PAGES = {
    "streamlit": "static/index.html",
    "streamlit_autorefresh": "frontend/build/index.html",
}
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def with_headers(send: Send) -> Send:
    """Adds them to an answer; one that the application gave is replaced."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(k, v) for k, v in message.get("headers", []) if k.lower() not in _HEADERS]
            message = {**message, "headers": [*kept, *_HEADERS.items()]}
        await send(message)

    return answer


async def say(send: Send, status: int, words: str) -> None:
    """A whole answer of one line, after which the connection is closed."""
    body = f"{words}\n".encode()
    await with_headers(send)(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _policy() -> str:
    """Nothing from elsewhere; what is looser than 'self' is looser for a reason.

    Styles are written into the page by Streamlit's own style library; pictures and components
    come as `data:` and `blob:`; the inline scripts of the two pages that are served are known by
    their hashes.
    """
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {' '.join(_inline_scripts())}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "frame-ancestors 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        ]
    )


def _inline_scripts() -> Iterator[str]:
    """Hashes of the scripts inside Streamlit's page and inside the page of the tick."""
    for package, page in _PAGES.items():
        found = importlib.util.find_spec(package)  # which does not import it
        for folder in (found and found.submodule_search_locations) or ():
            text = (Path(folder) / page).read_text(encoding="utf-8")
            for script in _SCRIPT.findall(text):
                digest = hashlib.sha256(script.encode()).digest()
                yield f"'sha256-{base64.b64encode(digest).decode()}'"


_HEADERS = {
    b"content-security-policy": _policy().encode(),
    b"x-frame-options": b"SAMEORIGIN",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"geolocation=(), microphone=(), payment=(), usb=()",
}
