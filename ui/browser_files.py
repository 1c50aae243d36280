"""Opened pictures and private keys reach the browser here, and leave no file on the server.

Streamlit's own `st.image` re-encodes what it shows, and its media files can be fetched by
anybody who has the address, long after the tab was closed. These components send the bytes
through the session's own connection instead; the browser shows them and saves them by itself.
"""

import base64
import hashlib
import json
import struct

import streamlit as st

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
  if (root.dataset.sha === about.sha) return;
  root.dataset.sha = about.sha;
  root.replaceChildren();
  const urls = [];
  const url = (part, mime) => {
    const made = URL.createObjectURL(new Blob([part], { type: mime }));
    urls.push(made);
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
  return () => { urls.forEach((u) => URL.revokeObjectURL(u)); delete root.dataset.sha; };
}
"""

_browser_file = st.components.v2.component(
    "browser_file", html="<div id='root'></div>", css=_CSS, js=_JS
)


def save_button(label: str, data: bytes, *, file_name: str, mime: str, key: str) -> None:
    """A button that saves `data`, exactly, from the browser's memory."""
    about = {"label": label, "name": file_name, "mime": mime, "size": len(data)}
    _mount(about, data, b"", key)


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
    head = json.dumps({**about, "sha": digest.hexdigest()}).encode()
    _browser_file(key=key, data=b"".join((struct.pack(">I", len(head)), head, file, view)))
