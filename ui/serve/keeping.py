"""Processes that are kept running: started again when they end, and ended in order.

One that keeps ending is started again after longer and longer pauses.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rsa_core.processes import die_with_parent

FIRST_PAUSE = 0.5  # seconds before a process that ended is started again
LONGEST_PAUSE = 30.0
SETTLED_AFTER = 60.0  # seconds that a process runs before its pauses start over
PATIENCE = 15.0  # seconds for a process to end when it is told to


class Kept:
    """One process that is kept running."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        say: Callable[[str], None],
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Starts it; `say` tells people when it ended."""
        self.name = name
        self._command, self._say = list(command), say
        self._folder, self._environment = folder, dict(environment)
        self._pause = FIRST_PAUSE
        self._again_at: float | None = None
        self._process, self._started = self._start()

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self._process.poll() is None

    def look(self) -> None:
        """Starts it again if it has ended, when its pause is over."""
        if self.running:
            return
        now = time.monotonic()
        if self._again_at is None:
            if now - self._started > SETTLED_AFTER:
                self._pause = FIRST_PAUSE
            self._again_at = now + self._pause
            self._say(
                f"{self.name} ended with status {self._process.returncode}; "
                f"it starts again in {self._pause:g} s."
            )
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        elif now >= self._again_at:
            self._again_at = None
            self._process, self._started = self._start()

    def tell(self, number: int) -> None:
        """Sends it a signal, if it runs."""
        if self.running:
            self._process.send_signal(number)

    def end(self) -> None:
        """Waits until it has ended, and kills it if it takes too long."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> tuple["subprocess.Popen[bytes]", float]:
        """The process, and when it was started."""
        process = subprocess.Popen(  # noqa: S603  (our own commands)
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # Streamlit's own address, which nobody can open
            start_new_session=True,  # a terminal's Ctrl-C is ours to hear, and we tell them
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  (one thread)
        )
        return process, time.monotonic()
