"""The interceptor's captures: which one, what it says in clear, and its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import streamlit as st

from exchange import CapturedPicture, CaptureItem, ExchangeError, Seat
from lab.statistics import hex_dump, noise_picture
from ui.frame.parts import CAPTURE, CAPTURES, part
from ui.frame.service import exchange, visitor
from ui.interceptor.choices import attack_key, tab_key
from ui.parts.drawing import draw_again
from ui.parts.files import save_button, small_picture
from ui.parts.held import key_of, remember, shared, state_of
from ui.parts.widgets import named_choice
from ui.parts.words import capture_line, file_size

_HEX_BYTES = 512
_LISTED = 100  # captures at first, and more by each press: the list is drawn at every picture

# The captures that sessions look at. A class looks at the same ones, and a large one is some 50 MB;
# whether a seat may see it was asked before, in the list of its captures.
_in_sight: WeakValueDictionary[str, CapturedPicture] = WeakValueDictionary()


@dataclass(slots=True)
class Choice:
    """What the page keeps from run to run: the capture that was chosen, and the one that is shown.

    Attributes:
        item: None while there is none to choose.
        shown: id of the capture whose tabs were drawn last; "" for none.
        more: presses for more than the newest `_LISTED`.
    """

    item: CaptureItem | None = None
    shown: str = ""
    more: int = 0


@part(CAPTURES)
def capture_choice(seat: Seat) -> None:
    """The captures of the channel, the newest first; another choice draws its tabs."""
    choice = state_of(Choice, seat)
    items = {item.id: item for item in exchange().interceptor.captures(seat)}
    if not items:
        st.caption("Nothing captured yet. Every picture sent in this channel appears here.")
        choice.item = None
    else:
        key = key_of(seat, "capture")
        if key not in st.session_state:
            _follow_attack(seat, items)
        newest, kept = set(list(items)[: _LISTED * (1 + choice.more)]), st.session_state.get(key)
        names = {i: capture_line(items[i]) for i in items if i in newest or i == kept}
        choice.item = items[named_choice("Capture", names, key=key)]
        if len(items) > len(newest):
            st.button("List older captures", on_click=_list_more, args=(seat,))
    if choice.shown != (choice.item.id if choice.item else ""):
        draw_again([CAPTURE])


def _list_more(seat: Seat) -> None:
    state_of(Choice, seat).more += 1


def chosen_capture(seat: Seat) -> CapturedPicture | None:
    """The chosen capture, whole; None for none, or after saying why not."""
    choice = state_of(Choice, seat)
    item = choice.item
    choice.shown = item.id if item else ""
    if item is None:
        return None
    try:
        whole = remember("capture", item.id, lambda: _whole(seat, item.id))
    except ExchangeError as error:
        st.error(str(error))
        return None
    return replace(whole, item=item)


def _whole(seat: Seat, picture_id: str) -> CapturedPicture:
    found = _in_sight.get(picture_id)
    if found is None:
        found = _in_sight[picture_id] = exchange().interceptor.capture(seat, picture_id)
    return found


def _follow_attack(seat: Seat, items: Mapping[str, CaptureItem]) -> None:
    """A page that is reloaded while an attack runs goes on where the attack is."""
    running = exchange().interceptor.attacks.state(seat, visitor())
    if running is not None and running.picture_id in items:
        st.session_state[key_of(seat, "capture")] = running.picture_id
        st.session_state[attack_key(seat)] = running.attack
        st.session_state[tab_key(seat)] = "Attacks"


def show_ciphertext(seat: Seat, capture: CapturedPicture) -> None:
    """What travelled: facts, a picture of the noise, and bytes."""
    picture, facts = st.columns([1, 2])
    with picture:
        noise = shared("noise", capture.file_name, lambda: noise_picture(capture.facts))
        small_picture(noise, alt="The ciphertext drawn as pixels")
        st.caption("The ciphertext, drawn as pixels")
    with facts:
        size = len(capture.envelope)
        lines = [
            f"Envelope of capture {capture.item.number}: {file_size(size)} ({size} bytes)",
            f"Scheme: {capture.item.scheme}",
            *(f"{name}: {value}" for name, value in capture.facts.parameters),
        ]
        st.text("\n".join(lines))
        save_button(
            "Download ciphertext",
            capture.envelope,
            file_name=capture.file_name,
            mime="application/octet-stream",
            key="save_capture",
        )
    st.caption("Recipients, and the fingerprints of their public keys")
    recipients = exchange().interceptor.recipients(seat, capture.item.id)
    st.code(
        "\n".join(f"{one.fingerprint.hex()}  {one.name}" for one in recipients),
        language=None,
        wrap_lines=True,
    )
    st.caption(f"The ciphertext in hexadecimal, its first {_HEX_BYTES} bytes")
    st.code(hex_dump(capture.facts, _HEX_BYTES), language=None)
