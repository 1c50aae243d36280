"""Everything that a browser shows or saves goes through here, and leaves no file on the server.

Streamlit's own `st.image` re-encodes what it shows, and what it and `st.download_button` put
under /media can be fetched by anybody who has the address, long after the tab was closed. These
components send the bytes through the session's own connection instead; the browser shows them and
saves them by itself.

What a button saves is sent when it is pressed, not when the page is drawn: a ciphertext may have
50 MB, a page is drawn at every event, and thirty pages may show the same one.
"""

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Callable, Mapping

import streamlit as st

from exchange import ExchangeError
from ui.parts.widgets import fragment

_CSS = """
:host { display: block; }
img { display: block; max-width: 100%; max-height: 80vh; height: auto; margin: 0 0 0.75rem 0;
  border-radius: 0.25rem;
  background: repeating-conic-gradient(#8883 0 25%, #fff0 0 50%) 0 0/16px 16px; }
img.small { image-rendering: pixelated; }
button { font: inherit; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.5rem);
  padding: 0.4rem 0.9rem; min-height: 2.5rem; cursor: pointer; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

# The data is one block of bytes: a 32-bit big-endian length, that much JSON, then the file and,
# where it differs, the view.
_JS = """
export default function ({ data, parentElement }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const head = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head)));
  const file = bytes.subarray(4 + head, 4 + head + about.size);
  const view = about.view_mime && !about.same ? bytes.subarray(4 + head + about.size) : file;
  const root = parentElement.querySelector("#root");
  const forget = () => root.urls.splice(0).forEach((u) => URL.revokeObjectURL(u));
  // Also called at each redraw, which keeps the button: replacing it would swallow a press.
  const left = () => setTimeout(() => { if (!root.isConnected) forget(); });
  if (root.dataset.sha === about.sha) return left;
  root.dataset.sha = about.sha;
  root.urls ??= [];
  forget();
  root.replaceChildren();
  const url = (part, mime) => {
    const made = URL.createObjectURL(new Blob([part], { type: mime }));
    root.urls.push(made);
    return made;
  };
  if (about.view_mime) {
    const img = document.createElement("img");
    img.alt = about.alt;
    img.onload = () => { if (img.naturalWidth <= 256) img.className = "small"; };
    img.src = url(view, about.view_mime);
    root.appendChild(img);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = about.label;
  button.onclick = () => {
    const a = document.createElement("a");
    a.href = url(file, about.mime);
    a.download = about.name;
    a.click();
  };
  root.appendChild(button);
  return left;
}
"""

# The same block of bytes, without a file until the button was pressed. The file comes again with
# each drawing until the browser says that it has it, since a drawing may be overtaken by the next;
# by the name of the press it is saved once.
_SAVE_JS = """
const saved = (globalThis.rsaImagesSaved ??= new Set());
export default function ({ data, parentElement, setTriggerValue }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const head = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head)));
  let button = parentElement.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    parentElement.querySelector("#root").appendChild(button);
  }
  button.textContent = about.label;
  button.onclick = () => setTriggerValue("wanted", true);
  if (!about.press) return;
  setTriggerValue("saved", about.press);
  if (saved.has(about.press)) return;
  saved.add(about.press);
  const url = URL.createObjectURL(new Blob([bytes.subarray(4 + head)], { type: about.mime }));
  const a = document.createElement("a");
  a.href = url;
  a.download = about.name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
"""

_browser_file = st.components.v2.component(
    "browser_file", html="<div id='root'></div>", css=_CSS, js=_JS
)
_browser_save = st.components.v2.component(
    "browser_save", html="<div id='root'></div>", css=_CSS, js=_SAVE_JS
)


def save_button(label: str, data: bytes, *, file_name: str, mime: str, key: str) -> None:
    """A button that saves `data`, exactly."""
    fetch_button(label, lambda: (file_name, data), mime=mime, key=key)


@fragment()
def fetch_button(
    label: str, fetch: Callable[[], tuple[str, bytes]], *, mime: str, key: str
) -> None:
    """A button that saves what is fetched when it is pressed.

    Args:
        label: of the button.
        fetch: gives the file's name and bytes; its `ExchangeError` is shown below the button.
        mime: media type of the file.
        key: unique on the page.
    """
    state, wanted, sending = st.session_state, f"wanted_{key}", f"sending_{key}"
    problem = ""
    if state.pop(wanted, False):
        try:
            state[sending] = (secrets.token_hex(8), *fetch())
        except ExchangeError as error:
            problem = str(error)
    press, file_name, data = state.get(sending, ("", "", b""))
    about = {"label": label, "press": press, "name": file_name, "mime": mime}
    _browser_save(
        key=key,
        data=_block(about, data),
        on_wanted_change=lambda: state.update({wanted: True}),
        on_saved_change=lambda: state.pop(sending, None),
    )
    if problem:
        st.error(problem)


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
        view: what is shown; the same object where a browser can show `file` itself.
        file_name: of the saved file.
        mime: media type of `file`.
        view_mime: media type of `view`.
        alt: says what the picture is, for those who do not see it. Constant words.
        key: unique on the page.
    """
    about = {
        "label": label,
        "name": file_name,
        "mime": mime,
        "size": len(file),
        "view_mime": view_mime,
        "same": view is file,
        "alt": alt,
    }
    _mount(about, file, b"" if view is file else view, key)


def small_picture(
    png: bytes, *, alt: str, mime: str = "image/png", width: int | None = None
) -> None:
    """A small picture as a `data:` URL, which Streamlit passes on unchanged."""
    url = f"data:{mime};base64,{base64.b64encode(png).decode()}"
    st.image(url, alt=alt, width=width or "content")


def _mount(about: dict[str, object], file: bytes, view: bytes, key: str) -> None:
    # The browser redraws only when this changes.
    digest = hashlib.sha256(file)
    digest.update(view)
    about = {**about, "sha": digest.hexdigest()}
    _browser_file(key=key, data=_block(about, file, view))


def _block(about: Mapping[str, object], *parts: bytes) -> bytes:
    head = json.dumps(about).encode()
    return b"".join((struct.pack(">I", len(head)), head, *parts))
