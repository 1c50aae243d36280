"""What can go wrong in the laboratory, in sentences that a page may show."""

from collections.abc import Iterator
from contextlib import contextmanager

from rsa_core.errors import BusyError
from rsa_core.turns import QUICK, Visitor


class LabError(Exception):
    """The message says what to do; it repeats nothing that somebody typed."""


@contextmanager
def in_words() -> Iterator[None]:
    """Says for people that no place for heavy work was found."""
    try:
        yield
    except BusyError as error:
        raise LabError(str(error)) from None


@contextmanager
def turn(visitor: Visitor, channel: str) -> Iterator[None]:
    """Has a place for quick work inside.

    Raises:
        LabError: there is none now.
    """
    with in_words(), QUICK.taken(visitor, channel):
        yield
