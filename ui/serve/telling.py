"""What the terminal says: where to go, and the same as a QR code."""

import io
import socket
import sys
from contextlib import suppress

import segno

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  (a class comes over the LAN)
_NOBODY = {EVERY_ADDRESS: "192.0.2.1", "::": "2001:db8::1"}  # RFC 5737, RFC 3849


def lan_address(bound: str) -> str:
    """The address that others open, for a server that listens on `bound`."""
    nobody = _NOBODY.get(bound)
    if nobody is None:
        return bound
    family, alone = (socket.AF_INET6, "::1") if ":" in bound else (socket.AF_INET, "127.0.0.1")
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((nobody, 9))  # sends nothing; the system picks the way out
        return str(asking.getsockname()[0])
    return alone


def url(address: str, port: int, base: str) -> str:
    """As a browser takes it."""
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}{'' if port == 80 else f':{port}'}{base}/"


def qr_code(text: str) -> str:
    """A QR code in block characters, for a terminal."""
    out = io.StringIO()
    segno.make(text, micro=False).terminal(out=out, border=2, compact=True)
    return out.getvalue()


def say(words: str) -> None:
    """One line of ours."""
    print(words, flush=True)


def say_where(place: str) -> None:
    """The address, and on a terminal that can show it the QR code."""
    say(f"Open {place}")
    if sys.stdout.isatty():
        with suppress(UnicodeEncodeError):
            say(qr_code(place))
