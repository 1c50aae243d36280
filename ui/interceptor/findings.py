"""What this seat has found out: one finding whole, and all of a capture in a list."""

from dataclasses import replace
from functools import partial

import streamlit as st

from exchange import (
    ATTACK_CHOICES,
    CapturedPicture,
    ExchangeError,
    Found,
    FoundItem,
    NotFound,
    Seat,
    Unavailable,
)
from ui.frame.service import exchange
from ui.parts.files import picture_with_save_button, save_button, small_picture
from ui.parts.held import remember
from ui.parts.widgets import labelled_code
from ui.parts.words import clock_time

_KEY_NAMES = "nedpq"


def found_items(seat: Seat, capture: CapturedPicture) -> dict[str, FoundItem]:
    """This seat's findings about a capture, by attack."""
    items = exchange().interceptor.findings(seat)
    return {item.attack: item for item in items if item.picture_id == capture.item.id}


def exact_picture(seat: Seat, capture: CapturedPicture) -> bytes | None:
    """The capture's picture, if any attack has recovered it exactly."""
    for item in found_items(seat, capture).values():
        heading = _heading(seat, item)
        if heading is not None and heading.exact:
            return remember(f"exact_{seat.id}", item, partial(_fetch, seat, item)).picture
    return None


def show_finding(seat: Seat, capture: CapturedPicture, item: FoundItem) -> None:
    """Verdict, words, evidence, and what was recovered, to look at and to save."""
    try:
        found = remember(f"finding_{seat.id}", item, partial(_fetch, seat, item))
    except ExchangeError as error:
        st.error(str(error))
        return
    if found.verdict == "broken":
        st.error(f"Broken in {found.seconds:.2f} s", icon=":material/lock_open:")
    elif found.picture is not None:
        st.warning(f"{found.verdict.capitalize()}, but a part shows", icon=":material/lock_open:")
    elif found.verdict == "preconditions not met":
        st.success("Preconditions not met", icon=":material/lock:")
    else:
        st.warning("Not broken within the budget", icon=":material/lock_clock:")
    st.text(found.words)
    if found.evidence:
        st.caption("Evidence")
        st.code("\n".join(found.evidence), language=None, wrap_lines=True)
    key = f"{capture.item.id}_{item.attack}"
    if found.picture is not None and found.file is not None:
        st.caption(
            "The recovered picture, exact to the last bit"
            if found.exact
            else f"One of {len(found.candidates)} pictures that fit, the smoothest"
            if found.candidates
            else "What was recovered: a part, or an outline"
        )
        picture_with_save_button(
            "Download recovered picture",
            found.file,
            found.picture,
            file_name=found.file_name,
            mime=found.mime,
            view_mime="image/png",
            alt="The recovered picture",
            key=f"found_{key}",
        )
        for number, candidate in enumerate(found.candidates[1:], 2):
            small_picture(candidate, alt=f"Picture {number} that fits", width=320)
    elif found.file is not None:
        save_button(
            "Download recovered file",
            found.file,
            file_name=found.file_name,
            mime=found.mime,
            key=f"found_{key}",
        )
    if found.envelope is not None:
        save_button(
            "Download forged envelope",
            found.envelope,
            file_name=found.envelope_name,
            mime="application/octet-stream",
            key=f"forged_{key}",
        )
    if found.key is not None:
        numbers = zip(_KEY_NAMES, found.key, strict=True)
        labelled_code(
            "The recovered private key", "\n".join(f"{name} = {number}" for name, number in numbers)
        )


def show_findings(seat: Seat, items: dict[str, FoundItem]) -> None:
    """All findings about a capture, in short."""
    if not items:
        return
    st.caption("Your findings about this capture; nobody else can see them.")
    rows = [
        {
            "Attack": ATTACK_CHOICES[item.attack].title,
            "Verdict": heading.verdict if heading else "damaged",
            "Seconds": f"{heading.seconds:.2f}" if heading else "",
            "At": clock_time(item.found_at),
        }
        for item in items.values()
        for heading in [_heading(seat, item)]
        if item.attack in ATTACK_CHOICES
    ]
    st.dataframe(rows, hide_index=True, alt="Your findings about this capture")


def _fetch(seat: Seat, item: FoundItem) -> Found:
    return exchange().interceptor.finding(seat, item.picture_id, item.attack)


def _heading(seat: Seat, item: FoundItem) -> Found | None:
    """A finding without what is large, remembered for the whole session; None if damaged."""

    def fetch() -> Found:
        return replace(_fetch(seat, item), picture=None, file=None, envelope=None, candidates=())

    try:
        return remember(f"heading_{seat.id}_{item.picture_id}_{item.attack}", item, fetch)
    except (NotFound, Unavailable):
        return None
