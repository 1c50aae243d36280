"""Interceptor: every ciphertext of the channel, and nothing else."""

import streamlit as st

import ui
from ui import laboratory

with ui.role_page("Interceptor", role="interceptor") as seat:
    capture = ui.capture_choice(seat)
    if capture is not None:
        ciphertext, statistics, attacks = st.tabs(["Ciphertext", "Statistics", "Attacks"])
        with ciphertext:
            ui.show_ciphertext(capture)
        with statistics:
            laboratory.show_statistics(capture)
            laboratory.show_experiments(capture)
        with attacks:
            laboratory.show_attacks(seat, capture)
            laboratory.show_arithmetic(seat, capture)
            laboratory.show_keys(seat)
