"""Keys that an interceptor swaps for others' keys, and what was read through them."""

import streamlit as st

from exchange import ExchangeError, KeySwap, ReadItem, ReadPicture, Seat
from ui.frame.service import exchange, receivers, visitor
from ui.parts.files import picture_with_save_button, small_picture
from ui.parts.held import key_of, remember
from ui.parts.said import attempt, said, show
from ui.parts.widgets import labelled_code, name_and_caption, named_choice
from ui.parts.words import clock_time, counted


def show_false_keys(seat: Seat) -> None:
    """Whose key to swap, and whose keys are swapped already."""
    known = exchange().wire.keys.swapped(seat)
    if not known and not seat.channel.tampering:
        return
    st.divider()
    st.subheader("Swap a public key")
    st.caption(
        "Senders are shown a key of yours under the receiver's name. Your page opens what they "
        "send, re-encrypts it for the real key and forwards it with a signature in their name. "
        "Only the safety numbers give it away. Keep this page open: it does the work."
    )
    if seat.channel.tampering:
        _choice(seat, known)
    for number, one in enumerate(reversed(known)):
        with st.container(border=True, key=f"swap_{number}"):
            _swap(seat, one)


def show_readings(seat: Seat) -> None:
    """The pictures that went through this seat's hands, one at a time."""
    items = {item.picture_id: item for item in exchange().wire.relaying.readings(seat)}
    if not items:
        return
    st.subheader("Read under swapped keys")
    names = {picture_id: _label(item) for picture_id, item in items.items()}
    chosen = named_choice("Picture", names, key=key_of(seat, "reading"))
    try:
        found = remember(
            "reading", (seat.id, chosen), lambda: exchange().wire.relaying.reading(seat, chosen)
        )
    except ExchangeError as error:
        st.error(str(error))
        return
    _show(chosen, found)


def _choice(seat: Seat, known: tuple[KeySwap, ...]) -> None:
    hidden = {one.receiver_id for one in known if one.ended_at is None}
    people = {i: one.name for i, one in receivers(seat).items() if i not in hidden}
    field, place = key_of(seat, "swap_whose"), key_of(seat, "swap")
    if people and st.session_state.get(field) not in people:
        st.session_state[field] = next(iter(people))  # the key of the one chosen is swapped
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = "Nobody's key can be swapped"
        chosen = named_choice("Receiver", people, key=field, placeholder=hint)
        pressed = st.button("Swap key", icon=":material/key:", disabled=not chosen)
    if pressed:
        with st.spinner("Making a key as long as the true one …"), said(place, rerun=True):
            exchange().wire.keys.swap(seat, chosen, visitor())
    show(place, warning=True, icon=":material/cancel:")


def _swap(seat: Seat, one: KeySwap) -> None:
    whose = "your key" if one.mine else f"a key of {one.by}"
    read = counted(one.pictures_read, "picture")
    if one.ended_at is None:
        st.text(
            f"Since {clock_time(one.since)} senders are shown {whose} instead of "
            f"{one.receiver}'s. {read} read."
        )
        labelled_code("Fingerprint of the key that is shown", one.fingerprint.hex())
        if one.mine:
            st.button(
                "Give the true key back",
                key=f"give_back_{one.receiver_id}",
                icon=":material/undo:",
                on_click=attempt,
                args=(
                    key_of(seat, "swap"),
                    lambda: exchange().wire.keys.give_back(seat, one.receiver_id),
                ),
            )
    elif one.discovered_at is not None:
        st.text(
            f"Found out at {clock_time(one.discovered_at)}: {one.receiver} and a sender verified "
            f"their safety numbers. {read} read until then."
        )
    else:
        st.text(
            f"From {clock_time(one.since)} to {clock_time(one.ended_at)} senders were shown "
            f"{whose} instead of {one.receiver}'s. {read} read."
        )


def _show(picture_id: str, found: ReadPicture) -> None:
    name_and_caption(found.details.file_name, found.details.caption)
    if found.file is None or found.view is None:
        small_picture(found.details.thumbnail, alt="Preview of the picture that was read")
        st.caption(
            "Name, caption and preview were sealed for the key that you swapped in. The picture "
            "itself is under a classroom key: see Attacks."
        )
        return
    picture_with_save_button(
        "Download picture that was read",
        found.file,
        found.view,
        file_name=found.file_name,
        mime=found.mime,
        view_mime=found.view_mime,
        alt="The picture that was read",
        key=f"reading_{picture_id}",
    )
    st.caption("The sender's file, byte for byte. Only verifying safety numbers can reveal it.")


def _label(item: ReadItem) -> str:
    return f"{item.number} · {item.scheme} · {clock_time(item.sent_at)} · for {item.receivers}"
