"""The receiver's controls: own keys, the inbox, and opened pictures."""

import hashlib
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import (
    CLASSROOM_KEY_SIZES,
    KEY_SIZES,
    WEAKNESSES,
    Details,
    ExchangeError,
    InboxItem,
    KeyChoice,
    KeyWay,
    OpenedPicture,
    OwnKeys,
    Seat,
    Tampered,
    archives,
)
from ui.browser_files import picture_with_save_button, save_button, small_picture
from ui.feed import mark_read, unread
from ui.service import exchange
from ui.widgets import labelled, labelled_code
from ui.words import clock_time, file_size

_SEED = "Seed preset: n = 3233 (p = 61, q = 53, e = 7)"
_KEY_WAYS: dict[KeyWay, tuple[str, str]] = {
    "new": ("Make a new one", "the server keeps it locked under this browser's secret"),
    "private": ("Import a private key", "a PEM file of yours"),
    "public": ("Only a public key", "you open images elsewhere, with OpenSSL"),
}
_SELECT_FROM = 2  # images from which on a zip makes sense
_ZIP_BYTES = 150_000_000  # what one message to the browser carries without trouble
_OPEN_AT_ONCE = 6  # pictures held open in one session; each may be 50 MB


def key_choice() -> None:
    """In the lobby: which key a new receiver wants; `chosen_key` reads it."""
    with st.expander("Your RSA key"):
        way = st.radio(
            "Where your key comes from",
            list(_KEY_WAYS),
            format_func=lambda way: _KEY_WAYS[way][0],
            captions=[words for _, words in _KEY_WAYS.values()],
            key="key_way",
        )
        if way == "new":
            st.radio("Key size", KEY_SIZES, index=1, horizontal=True, key="key_bits")
        else:
            st.text_area("Key in PEM form", height=150, key="key_pem")
        if way == "private":
            st.text_input("Passphrase", type="password", key="key_passphrase")


def chosen_key() -> KeyChoice:
    """What `key_choice` has on the screen at this moment."""
    state = st.session_state
    way: KeyWay = state.get("key_way", "new")
    if way == "new":
        return KeyChoice(bits=state.get("key_bits", KeyChoice().bits))
    passphrase = state.get("key_passphrase", "") if way == "private" else ""
    return KeyChoice(way, pem=state.get("key_pem", ""), passphrase=passphrase)


def own_key_panel(seat: Seat) -> None:
    """The receiver's own keys: what to read aloud, and what to take home."""
    panel = st.expander("Your key", key=f"own_keys_{seat.id}", on_change="rerun")
    if not panel.open:
        return
    keys = exchange().own_keys(seat)
    with panel:
        labelled_code(
            f"Safety number of your {keys.bits}-bit key. Read it aloud to compare.",
            keys.safety_number,
        )
        labelled_code("Fingerprint: SHA-256 of the public key", keys.fingerprint.hex())
        save_button(
            "Download public key",
            keys.public_pem.encode(),
            file_name=f"public-key-{keys.fingerprint.hex()[:12]}.pem",
            mime="application/x-pem-file",
            key="save_public",
        )
        if keys.private_here:
            _private_key(seat, keys)
        else:
            st.caption("Your private key is not on this server.")
        if keys.classroom_key is not None:
            _classroom_key(seat, keys.classroom_key)


def inbox_list(seat: Seat) -> None:
    """Every picture of the channel; opened ones stay open until they are closed."""
    items = exchange().inbox(seat)
    new = unread(seat, "sent")
    st.subheader("Inbox")
    if new:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"{new} new", icon=":material/mail:")
            st.button("Mark as read", type="tertiary", on_click=mark_read, args=(seat,))
    if not items:
        st.caption("Nothing has arrived yet. New images appear here by themselves.")
    _selection(seat, [item for item in items if not item.obstacle])
    for item in items:
        with st.container(border=True, key=f"inbox_{item.id}"):
            _inbox_item(seat, item)


def _selection(seat: Seat, items: list[InboxItem]) -> None:
    """Several images at once, opened into one zip, which stays until another one is made."""
    if len(items) < _SELECT_FROM:
        return
    made = f"zip_{seat.id}"
    with st.expander("Open several into one zip file"):
        names = {
            item.id: f"{n} · {clock_time(item.sent_at)} · from {item.sender}"
            for n, item in enumerate(reversed(items), start=1)
        }
        picked = st.multiselect("Selection", list(names), format_func=lambda i: names.get(i, ""))
        if st.button("Prepare zip file", disabled=not picked):
            st.session_state[made] = _zip_of(seat, {i: names[i] for i in picked})
        if made in st.session_state:
            _offer_zip(st.session_state[made])


@dataclass(frozen=True, slots=True)
class _Zip:
    """An archive of opened images, and what is not in it, each with the reason."""

    data: bytes = field(repr=False)
    missing: tuple[tuple[str, str], ...]


def _zip_of(seat: Seat, names: dict[str, str]) -> _Zip:
    bar = st.progress(0.0, text="Decrypting …")
    files: list[tuple[str, bytes]] = []
    missing: list[tuple[str, str]] = []
    for done, (image_id, name) in enumerate(names.items(), start=1):
        if sum(len(data) for _, data in files) > _ZIP_BYTES:
            missing.append((name, "The selection is larger than 150 MB. Take the rest by itself."))
            continue
        try:
            opened = exchange().open(seat, image_id)
        except ExchangeError as error:
            missing.append((name, str(error)))
        else:
            files.append((opened.file_name, opened.file))
        bar.progress(done / len(names), text=f"Decrypted {done} of {len(names)}")
    bar.empty()
    return _Zip(archives.pack(files) if files else b"", tuple(missing))


def _offer_zip(made: _Zip) -> None:
    for name, problem in made.missing:
        st.error(problem, icon=":material/gpp_bad:")
        st.text(f"Left out: {name}")
    if made.data:
        save_button(
            "Download zip file",
            made.data,
            file_name=f"images-{hashlib.sha256(made.data).hexdigest()[:12]}.zip",
            mime="application/zip",
            key="save_zip",
        )


def _inbox_item(seat: Seat, item: InboxItem) -> None:
    if item.obstacle:
        _headline(item)
        st.info(item.obstacle, icon=":material/key_off:")
        _ciphertext(seat, item)
        return
    opened: dict[str, OpenedPicture] = st.session_state.setdefault(f"opened_{seat.id}", {})
    try:
        details = _details(seat, item)
    except ExchangeError as error:
        _headline(item)
        st.error(str(error), icon=":material/gpp_bad:")
        return
    picture, words = st.columns([1, 4])
    with picture:
        small_picture(details.thumbnail, alt="Preview of the image", mime=_mime(details))
    with words:
        with st.container(gap="xsmall"):
            st.text(details.file_name)
            if details.caption:
                st.text(details.caption)
            _headline(item)
            st.caption(f"{details.width} × {details.height}, {file_size(details.size)}")
        if item.id in opened:
            if st.button("Close", key=f"close_{item.id}"):
                del opened[item.id]
                st.rerun()
        elif st.button("Open", key=f"open_{item.id}", icon=":material/lock_open:"):
            _open(seat, item, opened)
        _problem(item)
    if item.id in opened:
        _show(seat, item, opened[item.id])


def _headline(item: InboxItem) -> None:
    st.text(f"From {item.sender}")
    state = f"opened {clock_time(item.opened_at)}" if item.opened_at else "not opened yet"
    st.caption(
        f"{clock_time(item.sent_at)} · {item.scheme} · ciphertext {file_size(item.size)} · {state}"
        + (f" · {item.removal}" if item.removal else "")
    )


def _open(seat: Seat, item: InboxItem, opened: dict[str, OpenedPicture]) -> None:
    """Decrypts, then shows the page anew; the words of a failure are kept for that page."""
    try:
        with st.spinner("Verifying and decrypting …"):
            bar = st.empty()
            picture = exchange().open(seat, item.id, progress=lambda part: _fill(bar, part))
    except ExchangeError as error:
        st.session_state[f"problem_{item.id}"] = str(error)
    else:
        st.session_state.pop(f"problem_{item.id}", None)
        opened[item.id] = picture
        while len(opened) > _OPEN_AT_ONCE:
            del opened[next(iter(opened))]
    st.rerun()


def _fill(bar: DeltaGenerator, part: float) -> None:
    bar.progress(part, text="Decrypting …")


def _problem(item: InboxItem) -> None:
    problem = st.session_state.get(f"problem_{item.id}")
    if problem:
        st.error(problem, icon=":material/gpp_bad:")


def _show(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    if opened.authenticated:
        st.success(
            "The original file, byte for byte; its signature holds.", icon=":material/verified:"
        )
    elif opened.exact == "file":
        st.warning(
            f"{opened.scheme} keeps a file secret, but not from being changed: blocks can be cut "
            "and exchanged on the way, and nobody would notice.",
            icon=":material/warning:",
        )
    else:
        st.warning(
            f"{opened.scheme} is insecure: anybody on the way could read this picture, or change "
            "it unnoticed. The samples are exact as far as they arrived.",
            icon=":material/warning:",
        )
    picture_with_save_button(
        "Download original",
        opened.file,
        opened.view,
        file_name=opened.file_name,
        mime=opened.mime,
        view_mime=opened.view_mime,
        alt="The opened image",
        key=f"picture_{item.id}",
    )
    labelled_code("SHA-256 of the file", opened.sha256.hex())
    _proof(seat, item, opened)
    _ciphertext(seat, item)


def _proof(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    """Who signed, and whether the two have compared their numbers."""
    proof = opened.proof
    labelled("Signed by", f"{proof.name}, safety number {proof.safety_number}")
    if proof.compared:
        st.caption("Verified: you have compared this number.")
        return
    st.caption("Not yet compared. Ask the sender to read this number aloud.")
    if st.button("The numbers are the same", key=f"compare_{item.id}"):
        try:
            exchange().compared(seat, item.sender_id, proof.safety_number)
            pictures: dict[str, OpenedPicture] = st.session_state[f"opened_{seat.id}"]
            pictures[item.id] = replace(opened, proof=replace(proof, compared=True))
        except ExchangeError as error:
            st.session_state[f"problem_{item.id}"] = str(error)
        st.rerun()


def _ciphertext(seat: Seat, item: InboxItem) -> None:
    """The exact envelope, on demand: it may be large, and few want it."""
    if not st.toggle("Offer the ciphertext", key=f"cipher_{item.id}"):
        return
    try:
        envelope = exchange().envelope(seat, item.id)
    except ExchangeError as error:
        st.error(str(error))
        return
    st.download_button(
        "Download ciphertext",
        envelope.data,
        file_name=envelope.file_name,
        mime="application/octet-stream",
        key=f"save_cipher_{item.id}",
        on_click="ignore",
    )
    if envelope.openssl:
        st.caption("Opens with OpenSSL; look at its exit status before you trust the output:")
        st.code(
            "openssl cms -decrypt -binary -inform DER -in FILE.p7m -inkey KEY.pem -out PICTURE",
            language="bash",
            wrap_lines=True,
        )


def _details(seat: Seat, item: InboxItem) -> Details:
    """The sealed record, opened once in a session: opening costs a private-key operation."""
    cache: dict[str, Details | Tampered] = st.session_state.setdefault(f"details_{seat.id}", {})
    if item.id not in cache:
        try:
            cache[item.id] = exchange().details(seat, item.id)
        except Tampered as refused:
            cache[item.id] = refused
    found = cache[item.id]
    if isinstance(found, Tampered):
        raise found
    return found


def _mime(details: Details) -> str:
    return "image/png" if details.thumbnail.startswith(b"\x89PNG") else "image/jpeg"


def _private_key(seat: Seat, keys: OwnKeys) -> None:
    made = f"private_pem_{seat.id}"
    passphrase = st.text_input(
        "Passphrase for the download", type="password", placeholder="empty: not protected"
    )
    if st.button("Prepare private key"):
        try:
            st.session_state[made] = exchange().export_key(seat, passphrase)
        except ExchangeError as error:
            st.error(str(error))
    if made in st.session_state:
        save_button(
            "Download private key",
            st.session_state[made].encode(),
            file_name=f"private-key-{keys.fingerprint.hex()[:12]}.pem",
            mime="application/x-pem-file",
            key="save_private",
        )


def _classroom_key(seat: Seat, key: tuple[int, int]) -> None:
    st.divider()
    n, e = key
    labelled_code(f"Your classroom key (insecure), {n.bit_length()} bits", f"n = {n}\ne = {e}")
    choices: list[int | str | None] = [None, *CLASSROOM_KEY_SIZES, *WEAKNESSES]
    choice = st.selectbox("Classroom key", choices, format_func=_classroom_choice)
    if isinstance(choice, str):
        st.caption(WEAKNESSES[choice].lesson)
        if WEAKNESSES[choice].keys > 1:
            st.caption(
                "It takes two: the next receiver who chooses the same gets the partner of your key."
            )
    if st.button("Use this classroom key"):
        try:
            exchange().new_classroom_key(seat, choice)
        except ExchangeError as error:
            st.error(str(error))
        else:
            st.rerun()


def _classroom_choice(choice: int | str | None) -> str:
    if choice is None:
        return _SEED
    if isinstance(choice, int):
        return f"a new key of {choice} bits"
    return f"Weak on purpose: {WEAKNESSES[choice].title}"
