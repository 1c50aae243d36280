"""Interceptor: every ciphertext of the channel, and nothing else."""

import ui
from exchange import CapturedImage, Seat
from ui import laboratory


def ciphertext(_seat: Seat, capture: CapturedImage) -> None:
    """What travelled."""
    ui.show_ciphertext(capture)


def statistics(seat: Seat, capture: CapturedImage) -> None:
    """What can be measured without a key."""
    laboratory.show_statistics(seat, capture)
    laboratory.show_experiments(seat, capture)


def attacks(seat: Seat, capture: CapturedImage) -> None:
    """What breaks it."""
    laboratory.show_attacks(seat, capture)
    laboratory.show_arithmetic(seat, capture)
    laboratory.show_keys(seat)


with ui.role_page("Interceptor", role="interceptor") as seat:
    capture = ui.capture_choice(seat)
    laboratory.keep_choices(seat)
    if capture is not None:
        shows = {"Ciphertext": ciphertext, "Statistics": statistics, "Attacks": attacks}
        if seat.channel.kind == "classroom":
            shows["Tamper"] = ui.show_tampering
        with ui.open_tab(laboratory.tab_key(seat), list(shows)) as name:
            shows[name](seat, capture)
