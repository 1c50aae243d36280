"""Receiver: the inbox, and the pictures that this seat's key opens."""

import ui

seat = ui.enter_page("Receiver", role="receiver")

ui.own_key_panel(seat)
ui.inbox_list(seat)
