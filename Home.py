"""The lobby's page, and, when `streamlit run` imports this file, the server itself."""

import streamlit as st

from ui import door, lobby
from ui.frame import health, live

if __name__ == "__main__":
    lobby.page()
else:
    app = st.App(
        "Home.py",
        routes=[live.route(), health.route()],
        middleware=door.middleware(),
        lifespan=door.opened,
    )
