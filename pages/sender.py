"""Sender: choose images and recipients, encrypt, send, and see who opened them."""

import streamlit as st

import ui

seat = ui.enter_page("Sender", role="sender")

files = ui.image_upload(seat)
scheme = ui.scheme_choice(seat)
recipients = ui.recipients_choice(seat)
caption = st.text_input("Caption", placeholder="optional, encrypted too")
remove_after = ui.removal_choice(seat)
if ui.send_button(seat, files):
    ui.send_all(
        seat,
        files,
        scheme=scheme,
        recipients=recipients,
        caption=caption,
        remove_after=remove_after,
    )
ui.send_report(seat)
ui.sent_list(seat)
