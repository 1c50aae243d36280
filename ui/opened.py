"""An opened picture: what it is worth, who signed it, and what a receiver may do with it."""

from contextlib import suppress

import streamlit as st

from exchange import ExchangeError, InboxItem, OpenedPicture, Seat
from ui.frame.service import exchange
from ui.parts.files import fetch_button, picture_with_save_button
from ui.parts.held import key_of
from ui.parts.said import said, show
from ui.parts.widgets import labelled, labelled_code, named_choice
from ui.safety import has_verified, number_buttons

_WARNING = ":material/warning:"
_WITHOUT = ":material/content_cut:"


def show_opened(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    """The picture, what it is worth, and who signed it."""
    if opened.authenticated:
        st.success(
            "The original file, byte for byte; its signature holds.", icon=":material/verified:"
        )
    elif opened.exact == "file":
        st.warning(
            f"{opened.scheme} keeps a file secret, but does not protect it from being changed: "
            "blocks can be cut and swapped on the way, and nobody would notice.",
            icon=_WARNING,
        )
    else:
        st.warning(
            f"{opened.scheme} is insecure: anyone on the way could read this picture, or change it "
            "unnoticed. It is decrypted fully, but the scheme cannot show whether it was changed.",
            icon=_WARNING,
        )
    if opened.left_out:
        st.info(f"Not sent with this picture: {'; '.join(opened.left_out)}.", icon=_WITHOUT)
    picture_with_save_button(
        "Download original",
        opened.file,
        opened.view,
        file_name=opened.file_name,
        mime=opened.mime,
        view_mime=opened.view_mime,
        alt="The opened picture",
        key=f"picture_{item.id}",
    )
    labelled_code("SHA-256 of the file", opened.sha256.hex())
    proof = opened.proof
    if opened.shared_by:
        labelled("Shared with you by", opened.shared_by)
    labelled("Signed by", f"{proof.name}, safety number {proof.safety_number}")
    if has_verified(seat, item.sender_id, proof.safety_number):
        st.caption("Verified: you have checked this number.")
        return
    if proof.doubt:
        st.warning("Do not rely on the sender's name.", icon=_WARNING)
        st.text(f"{proof.name}: {proof.doubt}")
    st.caption("Not yet verified. Ask the sender to read this number aloud.")
    number_buttons(seat, item.sender_id, proof.safety_number, key=item.id)


def offer_sharing(seat: Seat, item: InboxItem) -> None:
    """For receivers who came later: the picture goes to one more of them."""
    others: dict[str, str] = {}
    with suppress(ExchangeError):  # it may have been removed a moment ago
        others = {one.id: one.name for one in exchange().receiver.shareable(seat, item.id)}
    if not others:
        return
    place = key_of(seat, f"share_{item.id}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        to = named_choice("Share with", others, key=f"{place}_with")
        if st.button("Share", icon=":material/share:", key=f"{place}_button", disabled=not to):
            with st.spinner("Wrapping the key for one more receiver …"), said(place, rerun=True):
                exchange().receiver.share(seat, item.id, to)
    show(place)


def offer_ciphertext(seat: Seat, item: InboxItem) -> None:
    """The exact envelope, on demand: few want it, and taking it may count as an opening."""
    if not st.toggle("Offer the ciphertext", key=f"cipher_{item.id}"):
        return
    if item.counted:
        st.caption("Downloading the ciphertext counts as an opening.")

    def fetch() -> tuple[str, bytes]:
        envelope = exchange().receiver.envelope(seat, item.id)
        return envelope.file_name, envelope.data

    fetch_button(
        "Download ciphertext", fetch, mime="application/octet-stream", key=f"save_cipher_{item.id}"
    )
    if item.openssl:
        st.caption("Opens with OpenSSL; check its exit status before you trust the output:")
        st.code(
            "openssl cms -decrypt -binary -inform DER -in FILE.p7m -inkey KEY.pem -out PICTURE",
            language="bash",
            wrap_lines=True,
        )
