"""What pages share and only Streamlit knows: guard, live feed, controls, pictures."""

from ui.guard import channel_in_url, lobby_page, role_page
from ui.intercepting import capture_choice, show_ciphertext
from ui.lobby import keep_ticket, own_seats, seat_form
from ui.receiving import inbox_list, own_key_panel
from ui.safety_numbers import compare_panel, show_alarms
from ui.sending import (
    caption_input,
    image_upload,
    recipients_choice,
    removal_choice,
    scheme_choice,
    send_button,
    send_report,
    sent_list,
)
from ui.service import exchange, visitor
from ui.tampering import show_tampering
from ui.widgets import labelled, labelled_code, open_tab
from ui.words import day_and_time, tidy_key

__all__ = [
    "caption_input",
    "capture_choice",
    "channel_in_url",
    "compare_panel",
    "day_and_time",
    "exchange",
    "image_upload",
    "inbox_list",
    "keep_ticket",
    "labelled",
    "labelled_code",
    "lobby_page",
    "open_tab",
    "own_key_panel",
    "own_seats",
    "recipients_choice",
    "removal_choice",
    "role_page",
    "scheme_choice",
    "seat_form",
    "send_button",
    "send_report",
    "sent_list",
    "show_alarms",
    "show_ciphertext",
    "show_tampering",
    "tidy_key",
    "visitor",
]
