"""Compare: one picture under every scheme and several keys, side by side. Needs no seat."""

import streamlit as st

import ui
from ui import comparing

with ui.lobby_page("Compare"):
    st.title("Compare the schemes")
    st.page_link("Home.py", label="Go to the lobby", icon=":material/home:")
    st.markdown(
        "One picture under every scheme and several keys: what shows, what it costs, what the "
        "statistics say, and what breaks it. Nothing is sent or kept."
    )
    comparing.choices()
    job = comparing.current_job()
    if job is not None and job.working:
        comparing.work_on(job)
    elif job is not None:
        comparing.show(job)
