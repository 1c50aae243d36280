"""Receiver: the inbox, and the pictures that this seat's key opens."""

import ui

with ui.role_page("Receiver", role="receiver") as seat:
    ui.show_alarms(seat)
    ui.own_key_panel(seat)
    ui.compare_panel(seat)
    ui.inbox_list(seat)
