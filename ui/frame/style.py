"""The pages' icon, and a few lines of CSS that Streamlit has no option for. Nothing users type."""

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

_CSS = """
<style>
/* The components that only talk to the browser take no room. */
.st-key-browser_memory_box, .st-key-tick_box {
  position: absolute; width: 1px; height: 1px; overflow: hidden; opacity: 0;
}
.stMainBlockContainer { padding-top: 2rem; max-width: 72rem; }
.st-key-big_key code { font-size: 2rem; letter-spacing: 0.12em; font-weight: 600; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .st-key-big_key code { font-size: 1.4rem; }
}
</style>
"""


def apply_style() -> None:
    """Puts the style sheet into the page."""
    st.html(_CSS)
