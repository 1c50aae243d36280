"""The compare page: one picture under every scheme. It needs no seat and no channel."""

import streamlit as st

from ui.compare.choices import choices
from ui.compare.showing import show
from ui.compare.working import current_job, work_on
from ui.frame.guard import lobby_page


def page() -> None:
    """Choices, the work, and its result."""
    with lobby_page("Compare"):
        st.title("Compare the schemes")
        st.page_link("Home.py", label="Go to the lobby", icon=":material/home:")
        st.markdown(
            "One picture under every scheme and several keys: what shows, what it costs, what the "
            "statistics say, and what breaks it. Nothing is sent or kept."
        )
        choices()
        job = current_job()
        if job is not None and job.working:
            work_on(job)
        elif job is not None:
            show(job)
