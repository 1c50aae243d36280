"""Everything that a browser shows or saves goes through here, and leaves no file on the server.

Streamlit's own `st.image` re-encodes what it shows, and what it and `st.download_button` put
under /media can be fetched by anyone with the address, long after the tab was closed. These
components send the bytes through the session's own connection instead.

What a button saves is sent when it is pressed, not when the page is drawn: a ciphertext may have
50 MB, a list is drawn at every event, and thirty pages may show the same one.
"""

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from ui.parts.pressed import press_of
from ui.parts.said import said, show
from ui.parts.widgets import fragment

_HERE = Path(__file__).parent
_ROOT, _CSS = "<div id='root'></div>", (_HERE / "files.css").read_text("utf-8")

_browser_file = st.components.v2.component(
    "browser_file", html=_ROOT, css=_CSS, js=(_HERE / "picture.js").read_text("utf-8")
)
_browser_save = st.components.v2.component(
    "browser_save", html=_ROOT, css=_CSS, js=(_HERE / "save.js").read_text("utf-8")
)


def save_button(label: str, data: bytes, *, file_name: str, mime: str, key: str) -> None:
    """A button that saves `data`, exactly."""
    fetch_button(label, lambda: (file_name, data), mime=mime, key=key)


@fragment()
def fetch_button(
    label: str, fetch: Callable[[], tuple[str, bytes]], *, mime: str, key: str
) -> None:
    """A button that saves what `fetch` gives, name and bytes, when it is pressed.

    An `ExchangeError` of `fetch` is said below the button.
    """
    state, wanted, sending = st.session_state, f"wanted_{key}", f"sending_{key}"
    press, fetched = press_of(key), state.setdefault(f"fetched_{key}", [])
    if state.pop(wanted, False):
        press.begin()
    if press.waiting:
        with said(key):
            press.do(lambda: fetched.append(fetch()))
        press.end()
    if fetched:
        state[sending] = (secrets.token_hex(8), *fetched[-1])
        fetched.clear()
    token, file_name, data = state.get(sending, ("", "", b""))
    about = {"label": label, "press": token, "name": file_name, "mime": mime}
    _browser_save(
        key=key,
        data=_block(about, data),
        on_wanted_change=lambda: state.update({wanted: True}),
        on_saved_change=lambda: state.pop(sending, None),
    )
    show(key)


def picture_with_save_button(
    label: str,
    file: bytes,
    view: bytes,
    *,
    file_name: str,
    mime: str,
    view_mime: str,
    alt: str,
    key: str,
) -> None:
    """A picture, pixel for pixel, and a button that saves its file.

    Args:
        label: of the button.
        file: what the button saves.
        view: what is shown; the same object where a browser can show `file` itself, b"" where
            nothing can be shown.
        file_name: of the saved file.
        mime: media type of `file`.
        view_mime: media type of `view`; "" for none.
        alt: says what the picture is, for anyone who does not see it. Constant words.
        key: unique on the page.
    """
    same = view is file
    if not view:
        st.info(
            "This picture cannot be shown here: it is too large, or of a rare kind. Download it to "
            "see it.",
            icon=":material/image_not_supported:",
        )
    elif not same:
        st.caption("This is a copy for the browser. The download is the whole file, unchanged.")
    view = b"" if same else view
    digest = hashlib.sha256(file)
    digest.update(view)
    about = {
        "label": label,
        "name": file_name,
        "mime": mime,
        "size": len(file),
        "view_mime": view_mime,
        "same": same,
        "alt": alt,
        "sha": digest.hexdigest(),  # the browser redraws when it changes
    }
    _browser_file(key=key, data=_block(about, file, view))


def small_picture(data: bytes, *, alt: str, width: int | None = None) -> None:
    """A small PNG or JPEG as a `data:` URL, which Streamlit passes on unchanged; b"" for none."""
    if not data:
        st.caption("No preview")
        return
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    st.image(url, alt=alt, width=width or "content")


def _block(about: Mapping[str, object], *parts: bytes) -> bytes:
    head = json.dumps(about).encode()
    return b"".join((struct.pack(">I", len(head)), head, *parts))
