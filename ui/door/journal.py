"""What goes into the log: that something was refused or failed, never what anyone typed.

Anyone who is refused can try again a thousand times a second, so each sentence is written at most
once in ten seconds; the next time it says how often it was held back.
"""

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

EVERY = 10.0  # seconds between two lines with the same words

_VALUE = re.compile(r"%[-+ #0-9.]*[a-zA-Z]")  # where a line of a log has its values
_TOLD = "streamlit.runtime"  # what it logs about a session may come from a browser
_ROOT = Path(__file__).resolve().parents[2]
_log = logging.getLogger("rsa_images")
_lock = threading.Lock()
_said: dict[str, tuple[float, int]] = {}  # words: when last, how often held back since


def refused(what: str) -> None:
    """Notes that the door refused something, in constant words."""
    _say(logging.WARNING, f"Refused: {what}")


def place_of(error: BaseException) -> str:
    """The error's type and where it came from in our code, without its words or values."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    ours = [frame for frame in ours if "site-packages" not in frame.filename]
    way = [f"{Path(frame.filename).relative_to(_ROOT)}:{frame.lineno}" for frame in ours[-6:]]
    return " > ".join([*way, type(error).__name__])


class Brief(logging.Filter):
    """For the loggers of Streamlit and the server: no traceback, no values, no flood."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Passes a record on at most once in ten seconds for each of its sentences."""
        if record.levelno < logging.WARNING and not record.name.startswith(_TOLD):
            return True
        words = _VALUE.sub("…", str(record.msg))
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            words = f"{words}: {place_of(record.exc_info[1])}"
            record.exc_info = record.exc_text = None
        record.msg, record.args = words, None
        held = _due(f"{record.name} {words}")
        if held:
            record.msg = f"{words} (and {held} more)"
        return held is not None


def keep_logs_brief() -> None:
    """Puts the filter on every logger of Streamlit, the server and asyncio that is there."""
    if not _log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        _log.addHandler(handler)
        _log.propagate = False
    for logger in _loggers(("streamlit", "uvicorn", "websockets", "asyncio", "starlette")):
        if not any(isinstance(found, Brief) for found in logger.filters):
            logger.addFilter(Brief())


def _loggers(roots: tuple[str, ...]) -> Iterable[logging.Logger]:
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in roots]
    return [logging.getLogger(name) for name in {*names, *roots}]


def _say(level: int, words: str) -> None:
    held = _due(words)
    if held is not None:
        _log.log(level, words + (f" (and {held} more)" if held else ""))


def _due(words: str) -> int | None:
    """How many lines with these words were held back, when the next is due; else None."""
    now = time.monotonic()
    with _lock:
        at, held = _said.get(words, (-EVERY, 0))
        if now - at < EVERY:
            _said[words] = (at, held + 1)
            return None
        if len(_said) > 1000:
            _said.clear()
        _said[words] = (now, 0)
        return held
