"""Sender: choose images and recipients, encrypt, send, and see who opened them."""

import streamlit as st

import ui

seat = ui.enter_page("Sender", role="sender")
ui.live_feed(seat)

files = ui.image_upload(seat)
scheme = ui.scheme_choice(seat)
recipients = ui.recipients_choice(seat)
caption = st.text_input("Caption", placeholder="optional, encrypted too")
if st.button("Encrypt and send", type="primary", icon=":material/lock:"):
    ui.send_all(seat, files, scheme=scheme, recipients=recipients, caption=caption)
ui.send_report(seat)
ui.sent_list(seat)
