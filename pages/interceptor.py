"""Interceptor: every ciphertext of the channel, and nothing else."""

import streamlit as st

import ui

with ui.role_page("Interceptor", role="interceptor") as seat:
    capture = ui.capture_choice(seat)
    if capture is not None:
        ciphertext, statistics = st.tabs(["Ciphertext", "Statistics"])
        with ciphertext:
            ui.show_ciphertext(capture)
        with statistics:
            ui.show_statistics(capture)
