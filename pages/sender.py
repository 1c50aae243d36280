"""Sender: choose images and recipients, encrypt, send, and see who opened them."""

import ui

with ui.role_page("Sender", role="sender") as seat:
    ui.show_alarms(seat)
    files = ui.image_upload(seat)
    ui.scheme_choice(seat)
    ui.recipients_choice(seat)
    ui.caption_input(seat)
    ui.removal_choice(seat)
    ui.send_button(seat, files)
    ui.send_report(seat)
    ui.compare_panel(seat)
    ui.sent_list(seat)
