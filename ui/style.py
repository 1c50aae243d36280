"""A few lines of CSS that Streamlit has no option for. Constant text, nothing that users type."""

import streamlit as st

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
