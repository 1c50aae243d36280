"""The log says that something happened, not what anyone typed, and not a thousand times."""

import io
import logging

import pytest

from ui.door import journal


@pytest.fixture
def lines(monkeypatch):
    """What one logger writes through the filter."""
    monkeypatch.setattr(journal, "_said", {})
    out = io.StringIO()
    logger = logging.Logger("streamlit.somewhere")
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.addFilter(journal.Brief())

    def written():
        return out.getvalue().splitlines()

    written.logger = logger
    return written


def fail(typed: str) -> None:
    raise ValueError(typed)


def test_no_value_and_no_traceback_is_written(lines):
    lines.logger.warning("Session with id %s is %d tries old", "a1b2-secret", 7)
    try:
        fail("what somebody typed 100%")
    except ValueError as error:
        lines.logger.error("Uncaught app execution", exc_info=error)
    text = "\n".join(lines())
    assert "secret" not in text
    assert "typed" not in text
    assert "Traceback" not in text
    assert "Session with id … is … tries old" in text
    assert "tests/ui/door/test_journal.py" in text
    assert "ValueError" in text


def test_a_flood_is_one_line_and_a_number(lines, monkeypatch):
    now = 100.0
    monkeypatch.setattr(journal.time, "monotonic", lambda: now)
    for number in range(1000):
        lines.logger.error("Something failed for %s", number)
    assert lines() == ["ERROR Something failed for …"]
    now += journal.EVERY
    lines.logger.error("Something failed for %s", 7)
    assert lines()[1:] == ["ERROR Something failed for … (and 999 more)"]


def test_what_the_server_says_of_itself_stays(lines):
    lines.logger.setLevel(logging.INFO)
    for number in range(3):
        lines.logger.info("Listening on %s", number)
    assert len(lines()) == 3


def test_what_a_browser_sends_a_session_is_kept_short_too(lines):
    lines.logger.name = "streamlit.runtime.app_session"
    lines.logger.setLevel(logging.INFO)
    for number in range(1000):
        lines.logger.info("The fragment with id %s does not exist", f"typed {number}")
    assert lines() == ["INFO The fragment with id … does not exist"]
