"""Sender: choose images and recipients, encrypt, send, and see who opened them."""

import streamlit as st

import ui

with ui.role_page("Sender", role="sender") as seat:
    files = ui.image_upload(seat)
    scheme = ui.scheme_choice(seat)
    recipients = ui.recipients_choice(seat)
    caption = st.text_input("Caption", placeholder="optional, encrypted too")
    remove_after = ui.removal_choice(seat)
    order = ui.Order(scheme, recipients, caption, remove_after)
    ui.send_button(seat, files, order)
    ui.send_report(seat)
    ui.sent_list(seat)
