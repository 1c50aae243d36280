"""The interceptor's page: every ciphertext of the channel, and nothing else."""

from exchange import Seat
from ui.frame.guard import role_page
from ui.frame.parts import CAPTURE, part
from ui.frame.service import exchange, visitor
from ui.interceptor.arithmetic import show_arithmetic
from ui.interceptor.attacks import show_attacks
from ui.interceptor.captures import capture_choice, chosen_capture, show_ciphertext
from ui.interceptor.choices import keep_choices, tab_key
from ui.interceptor.experiments import show_experiments
from ui.interceptor.keys import show_keys
from ui.interceptor.statistics import show_statistics
from ui.interceptor.tamper import show_tampering
from ui.owner import owner_panel
from ui.parts.widgets import open_tab


def page() -> None:
    """A capture, and the tab that is open."""
    with role_page("Interceptor", role="interceptor") as seat:
        owner_panel(seat)
        if seat.channel.kind == "classroom":
            exchange().wire.relaying.attend(seat, visitor())
        capture_choice(seat)
        _tabs(seat)


@part(CAPTURE)
def _tabs(seat: Seat) -> None:
    keep_choices(seat)
    capture = chosen_capture(seat)
    if capture is None:
        return
    names = ["Ciphertext", "Statistics", "Attacks"]
    if seat.channel.kind == "classroom":
        names.append("Tamper")
    with open_tab(tab_key(seat), names) as name:
        match name:
            case "Ciphertext":
                show_ciphertext(seat, capture)
            case "Statistics":
                show_statistics(seat, capture)
                show_experiments(seat, capture)
            case "Attacks":
                show_attacks(seat, capture)
                show_arithmetic(seat, capture)
                show_keys(seat)
            case _:
                show_tampering(seat, capture)
