"""What can go wrong in the laboratory, in sentences that a page may show."""

from collections.abc import Iterator
from contextlib import contextmanager

from rsa_core import BusyError
from rsa_core.turns import QUICK, Visitor


class LabError(Exception):
    """The message says what to do; it repeats nothing that a user typed."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turns `BusyError` into a `LabError`."""
    try:
        yield
    except BusyError as error:
        raise LabError(str(error)) from None


@contextmanager
def turn(visitor: Visitor, channel: str) -> Iterator[None]:
    """Holds a place for quick work.

    Raises:
        LabError: the server is too busy.
    """
    with in_words(), QUICK.taken(visitor, channel):
        yield
