"""The door: what a browser may send us, checked before Streamlit sees it.

Streamlit trusts its own frontend; we do not. `Home.py` hands these two to `st.App`, so that
`streamlit run Home.py` serves the application behind one guard:

    connections    silent and idle TCP connections, and how many an address may hold
    frames         what of WebSocket messages waits, or comes in too small pieces
    guard          address, origin, methods, paths, headers, then one of the two below
    uploads        how many bytes may wait here, and for how long
    messages       what a WebSocket message may hold
    pacing         how many messages a second are taken
    draining       nobody new where the server is to end, and its end after the last page
    runs           what a run still has to send when the next one is requested
    journal        one short line for what was refused, without values, at a bounded rate
"""

from ui.door.guard import middleware
from ui.door.opening import opened

__all__ = ["middleware", "opened"]
