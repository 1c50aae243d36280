"""The one `Exchange` of this process, and where its database is.

`DATABASE_URL`, then `[connections.store] url` in Streamlit's secrets, then a SQLite file under
`data/`. The cache holds nothing that cannot be made again: any visitor can clear it.
"""

import os
import secrets
import threading
from collections.abc import Callable, Mapping

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from exchange import Exchange, Person, Seat, Visitor, asked_by
from ui.door.addresses import ADDRESS_HEADER
from ui.door.settings import Settings

DEFAULT_URL = "sqlite:///data/channels.db"

_lock = threading.Lock()
_open: dict[str, Exchange] = {}


def database_url() -> str:
    """Where the store is, from the environment, the secrets, or the default."""
    return os.environ.get("DATABASE_URL") or _secret("url") or DEFAULT_URL


def exchange() -> Exchange:
    """The process's `Exchange`; opened on first use, shared by all sessions.

    A module variable, not `st.cache_resource`: a visitor who clears the caches must not make
    the server open its database a second time.
    """
    asked_by(visitor())  # every page and fragment calls this before anything else
    return exchange_of_process()


def exchange_of_process() -> Exchange:
    """The same, for work that no visitor asked for."""
    url = database_url()
    with _lock:
        if url not in _open:
            pepper = os.environ.get("STORE_PEPPER") or _secret("pepper")
            settings = Settings.of_environment()
            made = Exchange.at(
                url,
                pepper=pepper.encode() if pepper else None,
                limits=settings.limits,
                connections=settings.database_connections,
            )
            made.cleaning.keep_clean()
            _open[url] = made
        return _open[url]


def receivers(seat: Seat) -> dict[str, Person]:
    """Everyone in the channel for whom a picture can be sealed, by id."""
    people = exchange().member.present(seat)
    able = (one for one in people if one.role == "receiver" and one.fingerprint)
    return {one.id: one for one in able if not one.waiting}


def visitor() -> Visitor:
    """Who asks, for limits and turns; the address is "" where the server does not know it."""
    session: str = st.session_state.setdefault("visitor", secrets.token_hex(8))
    return Visitor(session, st.context.headers.get(ADDRESS_HEADER, ""), _connected())


def _connected() -> Callable[[], bool]:
    """Whether a browser shows this session's page; works in any thread.

    Streamlit is asked, not the page: a hidden tab runs its timers once a minute.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    server, session = runtime.get_instance(), context.session_id
    return lambda: server.is_active_session(session)


def _secret(name: str) -> str:
    """One value of `[connections.store]` in the secrets; "" where there is none."""
    try:
        section = st.secrets["connections"]["store"]
    except (KeyError, FileNotFoundError):
        return ""
    return str(section.get(name, "")) if isinstance(section, Mapping) else ""
