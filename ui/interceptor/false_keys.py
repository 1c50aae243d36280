"""Keys in the place of others' keys, and what was read through them."""

import streamlit as st

from exchange import ExchangeError, KeySwap, ReadItem, ReadPicture, Seat
from ui.frame.service import exchange, visitor
from ui.parts.files import picture_with_save_button, small_picture
from ui.parts.held import once
from ui.parts.widgets import labelled_code
from ui.parts.words import clock_time, counted


def show_false_keys(seat: Seat) -> None:
    """Whose key to substitute, and whose are substituted."""
    known = exchange().wire.keys.swapped(seat)
    if not known and not seat.channel.tampering:
        return
    st.divider()
    st.subheader("Substitute a public key")
    st.caption(
        "Senders are shown a key of yours under the receiver's name. What they seal to it your "
        "page opens, seals again for the true key and sends on, signed in their stead. Only the "
        "safety numbers give it away. Keep this page open: it does the work."
    )
    if seat.channel.tampering:
        _choice(seat, known)
    for number, one in enumerate(reversed(known)):
        with st.container(border=True, key=f"substitution_{number}"):
            _substitution(seat, one)


def show_readings(seat: Seat) -> None:
    """The pictures that went through this seat's hands, one at a time."""
    items = {item.picture_id: item for item in exchange().wire.relaying.readings(seat)}
    if not items:
        return
    st.subheader("Read by key substitution")
    chosen = st.selectbox(
        "Picture",
        list(items),
        format_func=lambda picture_id: _label(items[picture_id]),
        key=f"reading_{seat.id}",
    )
    try:
        found = once(
            f"reading_{seat.id}", chosen, lambda: exchange().wire.relaying.reading(seat, chosen)
        )
    except ExchangeError as error:
        st.error(str(error))
        return
    _show(chosen, found)


def _choice(seat: Seat, known: tuple[KeySwap, ...]) -> None:
    hidden = {one.receiver_id for one in known if one.ended_at is None}
    people = {
        person.id: person
        for person in exchange().member.present(seat)
        if person.role == "receiver"
        and person.fingerprint
        and not person.waiting
        and person.id not in hidden
    }
    field = f"substitute_{seat.id}"
    if people and st.session_state.get(field) not in people:
        st.session_state[field] = next(iter(people))  # whoever was chosen is hidden by now
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Receiver",
            list(people),
            format_func=lambda person_id: people[person_id].name,
            placeholder="Nobody whose key could be substituted",
            key=field,
        )
        pressed = st.button("Substitute key", icon=":material/key:", disabled=chosen is None)
    if pressed and chosen is not None:
        try:
            with st.spinner("Making a key as long as the true one …"):
                exchange().wire.keys.swap(seat, chosen, visitor())
        except ExchangeError as error:
            st.session_state[f"keys_problem_{seat.id}"] = str(error)
        else:
            st.session_state.pop(f"keys_problem_{seat.id}", None)
        st.rerun()
    problem = st.session_state.get(f"keys_problem_{seat.id}")
    if problem:
        st.warning(problem, icon=":material/cancel:")


def _substitution(seat: Seat, one: KeySwap) -> None:
    whose = "your key" if one.mine else f"a key of {one.by}"
    read = counted(one.pictures_read, "picture")
    if one.ended_at is None:
        st.text(
            f"Since {clock_time(one.since)} senders are shown {whose} in the place of "
            f"{one.receiver}'s. {read} read."
        )
    elif one.discovered_at is not None:
        st.text(
            f"Found out at {clock_time(one.discovered_at)}: {one.receiver} and a sender compared "
            f"their safety numbers. {read} read until then."
        )
    else:
        st.text(
            f"From {clock_time(one.since)} to {clock_time(one.ended_at)} senders were shown "
            f"{whose} in the place of {one.receiver}'s. {read} read."
        )
    if one.ended_at is not None:
        return
    labelled_code("Fingerprint of the key that is shown", one.fingerprint.hex())
    if one.mine and st.button(
        "Give the true key back", key=f"give_back_{one.receiver_id}", icon=":material/undo:"
    ):
        try:
            exchange().wire.keys.give_back(seat, one.receiver_id)
        except ExchangeError as error:
            st.session_state[f"keys_problem_{seat.id}"] = str(error)
        st.rerun()


def _show(picture_id: str, found: ReadPicture) -> None:
    st.text(found.details.file_name)
    if found.details.caption:
        st.text(found.details.caption)
    if found.file is None or found.view is None:
        preview = found.details.thumbnail
        mime = "image/png" if preview.startswith(b"\x89PNG") else "image/jpeg"
        small_picture(preview, alt="Preview of the picture that was read", mime=mime)
        st.caption(
            "Name, caption and preview were sealed for the key that you exchanged. The picture "
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
    st.caption("The sender's file, byte for byte. Only comparing safety numbers can tell.")


def _label(item: ReadItem) -> str:
    return f"{item.number} · {item.scheme} · {clock_time(item.sent_at)} · for {item.receivers}"
