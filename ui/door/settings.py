"""What the operator may set in the environment (docs/deploy.md), and what the door allows."""

import os
import re
import sys
from dataclasses import dataclass

import streamlit as st

from exchange.values import DEFAULT_LIMITS, Limits, keep_times

MB = 1 << 20

MESSAGE_BYTES = 1 * MB  # a folder of 2,000 files makes one of some 700 kB
VALUE_BYTES = 64 << 10  # one value, the browser's memory included
QUERY_BYTES = 4 << 10
ENTRIES = 2000  # of one list: what is picked, the files of a folder
WIDGETS = 1000  # in one message
JSON_DEPTH = 20
MESSAGES_A_SECOND = 10.0  # of one page
MESSAGES_AT_ONCE = 60
SPARING_A_SECOND = 2.0  # of one page, while all of its address are over theirs
SPARING_AT_ONCE = 10
ADDRESS_A_SECOND = 100.0  # of all pages of one address
ADDRESS_AT_ONCE = 300
CONNECTIONS_A_SECOND = 50.0  # new WebSockets of one address
CONNECTIONS_AT_ONCE = 200

FRAMES_AT_ONCE = 500  # of one WebSocket: messages, pieces of messages, pings
FRAMES_A_SECOND = 60.0
READ_BYTES = 4 << 10  # of a WebSocket, at once
UNREAD_BYTES = 32 * MB  # of all messages that were begun

FIRST_MESSAGE_WITHIN = 10.0  # seconds after the WebSocket was opened
HEAD_WITHIN = 10.0  # seconds for a whole request head, and of silence between two requests
ANSWER_WITHIN = 600.0  # seconds for reading one answer, or sending one upload
BODY_SILENCE = 10.0  # seconds without a byte of an upload

THROWN_AWAY = 64 * MB  # of a refused upload that is still read

UPLOADS_OPEN = 8  # uploads that one session sends at the same time; browsers use six
FILES_NAMED = 2000  # places for uploads that one session may hold


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set in the environment.

    Attributes:
        proxies: addresses of the proxies whose X-Forwarded-For counts; "*" trusts every peer.
        connections: TCP connections that one address may hold.
        uploads: bytes that may wait to be sent, in all.
        uploads_per_address: the same for one address.
        uploads_per_session: the same for one open page.
        memory: bytes that the server process may use; 0 leaves it to the system.
        limits: what channels may hold.
        places: folder in which processes of this machine count their attacks together; "" for none.
        database_connections: to PostgreSQL.
    """

    proxies: frozenset[str] = frozenset()
    connections: int = 512
    uploads: int = 512 * MB
    uploads_per_address: int = 384 * MB
    uploads_per_session: int = 200 * MB
    memory: int = 0
    limits: Limits = DEFAULT_LIMITS
    places: str = ""
    database_connections: int = 29

    @classmethod
    def of_environment(cls) -> "Settings":
        """Reads `RSA_IMAGES_…`.

        Raises:
            ValueError: something cannot be; the message is for the operator.
        """
        uploads = _number("UPLOADS_MB", 512) * MB
        return cls(
            proxies=frozenset(_text("PROXIES").replace(",", " ").split()),
            connections=_number("CONNECTIONS_PER_ADDRESS", 512),
            uploads=uploads,
            uploads_per_address=_number("UPLOADS_MB_PER_ADDRESS", uploads * 3 // 4 // MB) * MB,
            uploads_per_session=_number("UPLOADS_MB_PER_SESSION", 200) * MB,
            memory=_number("MEMORY_MB", 0) * MB,
            limits=_limits(),
            places=_text("PLACES"),
            database_connections=_number("DATABASE_CONNECTIONS", 29, least=4),
        )


def check_settings() -> None:
    """Ends the process with one line where something is set that cannot be.

    Streamlit puts what stands at the top of its secrets into the environment.
    """
    st.secrets.load_if_toml_exists()
    try:
        Settings.of_environment()
    except ValueError as error:
        sys.exit(str(error))


def _limits() -> Limits:
    usual = DEFAULT_LIMITS
    try:
        keep = keep_times(_text("KEEP_TIMES") or ", ".join(usual.keep))
    except ValueError as error:
        raise ValueError(f"RSA_IMAGES_KEEP_TIMES {error}") from None
    return Limits(
        total=_number("TOTAL_MB", usual.total // MB, least=1) * MB,
        channels=_number("CHANNELS", usual.channels, least=1),
        channel=_number("CHANNEL_MB", usual.channel // MB, least=1) * MB,
        pictures=_number("CHANNEL_PICTURES", usual.pictures, least=1),
        seats=_number("CHANNEL_SEATS", usual.seats, least=1),
        picture=_number("PICTURE_MB", usual.picture // MB, least=1, most=usual.picture // MB) * MB,
        keep=keep,
    )


def _text(name: str) -> str:
    return os.environ.get(f"RSA_IMAGES_{name}", "").strip()


def _number(name: str, otherwise: int, *, least: int = 0, most: int = 10_000_000) -> int:
    text = _text(name)
    if not text:
        return otherwise
    if re.fullmatch("[0-9]{1,8}", text) is None or not least <= int(text) <= most:
        raise ValueError(f"RSA_IMAGES_{name} must be a whole number from {least} to {most:,}.")
    return int(text)
