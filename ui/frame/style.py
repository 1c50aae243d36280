"""The pages' icon, and a few lines of CSS that Streamlit has no option for. Nothing users type."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

# A padlock that travels inside the page. Streamlit's `:material/…:` would make every visitor's
# browser ask Google for it; inside a page the same icons come from Streamlit's own font.
ICON = "data:image/svg+xml," + quote(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<path d='M10 15v-5a6 6 0 0 1 12 0v5' fill='none' stroke='#2b7fb8' stroke-width='3.5'/>"
    "<rect x='5' y='14' width='22' height='15' rx='3' fill='#2b7fb8'/>"
    "<circle cx='16' cy='21.5' r='2.5' fill='#fff'/></svg>"
)

_CSS = Path(__file__).with_suffix(".css").read_text("utf-8")


def apply_style() -> None:
    """Puts the style sheet into the page."""
    st.html(f"<style>{_CSS}</style>")
