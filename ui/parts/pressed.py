"""Work that a press starts, done once and never lost, whatever else is pressed meanwhile.

Another press stops a run at its next call of Streamlit, the session included, and draws the page
again without this one. Where work cannot be done a second time (an opening may be the last one),
its outcome goes into an object that the page took from its session beforehand.
"""

import threading
from collections.abc import Callable

import streamlit as st


class Press:
    """One button's press, from `begin` to `end`; it outlives the run that it started."""

    def __init__(self) -> None:
        """Nothing is pressed yet."""
        self.waiting = False
        self._turn = threading.Lock()

    def begin(self) -> None:
        """For `on_click`: runs before the page is drawn."""
        self.waiting = True

    def end(self) -> None:
        """For after the work, and after a refusal was shown."""
        self.waiting = False

    def do(self, work: Callable[[], None]) -> None:
        """Waits for a run that was overtaken in the middle of it; does what that left undone."""
        with self._turn:
            if self.waiting:
                work()
                self.waiting = False


def press_of(key: str) -> Press:
    """The press of the button with this key in this session."""
    press: Press = st.session_state.setdefault(f"press_{key}", Press())
    return press
