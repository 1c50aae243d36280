"""One opened picture: the file, what it is worth, who signed it, and its ciphertext."""

import streamlit as st

from exchange import InboxItem, OpenedPicture, Seat
from ui.frame.service import exchange
from ui.parts.files import fetch_button, picture_with_save_button
from ui.parts.widgets import labelled, labelled_code
from ui.safety import has_compared, number_buttons


def show_opened(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    """The picture with everything that is known of it."""
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
        alt="The opened picture",
        key=f"picture_{item.id}",
    )
    labelled_code("SHA-256 of the file", opened.sha256.hex())
    _proof(seat, item, opened)


def _proof(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    """Who signed, and whether the two have compared their numbers."""
    proof = opened.proof
    labelled("Signed by", f"{proof.name}, safety number {proof.safety_number}")
    if has_compared(seat, item.sender_id, proof.safety_number):
        st.caption("Verified: you have compared this number.")
        return
    if proof.doubt:
        st.warning("The sender's name is not to be relied on.", icon=":material/warning:")
        st.text(f"{proof.name}: {proof.doubt}")
    st.caption("Not yet compared. Ask the sender to read this number aloud.")
    number_buttons(seat, item.sender_id, proof.safety_number, key=item.id)


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
        "Download ciphertext",
        fetch,
        mime="application/octet-stream",
        key=f"save_cipher_{item.id}",
    )
    if item.openssl:
        st.caption("Opens with OpenSSL; look at its exit status before you trust the output:")
        st.code(
            "openssl cms -decrypt -binary -inform DER -in FILE.p7m -inkey KEY.pem -out PICTURE",
            language="bash",
            wrap_lines=True,
        )
