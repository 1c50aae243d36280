"""What the attacks by one search for factors have in common: every recipient's key is tried."""

from collections.abc import Callable

from rsa_core.attacks.attack import Work
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Numbers, Reading
from rsa_core.attacks.redrawing import redraw
from rsa_core.attacks.values import Target
from rsa_core.numbers.probes import Factors
from rsa_core.numbers.searches import SEARCHES, is_prime, split_up

_PRIME = (
    "n is itself prime, and so has no p and q to look for: the attack that factors n breaks it."
)


def by_search(
    name: str,
    how: str,
    refused: str,
    evidence: Callable[[Numbers, Factors], str],
) -> Work:
    """The work of an attack that is one of `SEARCHES`: the first key that falls is redrawn.

    `how` says what was found and `refused` what was not, each a sentence; `evidence` is a line.
    """

    def work(_target: Target, reading: Reading, course: Course) -> Found:
        check_known(reading)
        problem = NotMetError(refused)
        for number, key in enumerate(reading.keys):
            course.report(number / len(reading.keys), f"{SEARCHES[name].title}: key {number + 1}")
            if is_prime(key[0]):
                problem = NotMetError(_PRIME)
            elif factors := SEARCHES[name].find(*key):
                course.note(evidence(key, factors))
                try:
                    return redraw(how, key, split_up(factors, name), reading, course)
                except NotMetError as error:
                    problem = error
        raise problem

    return work


def check_known(reading: Reading) -> None:
    """Raises NotMetError where no recipient's key is known."""
    if not reading.keys:
        raise NotMetError(
            "The public key of no recipient is known: the envelope names it, but does not hold it."
        )
