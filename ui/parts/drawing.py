"""Which parts of a page are drawn again; a part is a fragment with a name.

What is asked for here never ends the run that is going on: it comes after it, unless something
else draws the whole page first.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx


def in_part() -> bool:
    """Whether parts are being drawn, and not the whole page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def draw_again(names: Iterable[str]) -> None:
    """Draws these parts after this run, those that are on the page; the whole page has them all."""
    context = get_script_run_ctx()
    if context is None or context.script_requests is None or not context.fragment_ids_this_run:
        return
    parts: list[str] = []
    for name in names:
        with suppress(StreamlitAPIException):  # it is not on this page, or not at this moment
            parts += context.fragment_storage.resolve_target(name)
    if parts:
        # As when their controls were used: `st.rerun` would end what is being drawn.
        context.script_requests.request_rerun(
            RerunData(
                query_string=context.query_string,
                page_script_hash=context.page_script_hash,
                fragment_id_queue=parts,
                cached_message_hashes=context.cached_message_hashes,
                context_info=context.context_info,
            )
        )


def draw_page_again() -> None:
    """For a press inside a part whose outcome shows elsewhere, too; a page's run goes on."""
    if in_part():
        st.rerun()


def start_again() -> NoReturn:
    """Draws this part again from its top; the whole page where that is what is being drawn.

    Not for a part inside another.
    """
    st.rerun(scope="fragment" if in_part() else "app")
