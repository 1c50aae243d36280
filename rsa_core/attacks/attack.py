"""An attack as the page offers it: what it is called, what it needs, and one way to run it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rsa_core.attacks.course import (
    Cancelled,
    Course,
    Found,
    GaveUpError,
    NotMetError,
    Progress,
    Show,
)
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.values import Budget, Outcome, Target, Verdict

Work = Callable[[Target, Reading, Course], Found]


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to break something; the texts are for people.

    Attributes:
        name: by which `ATTACKS` knows it.
        needs: what the attacker has beside the capture.
        gives: what success is: the picture, an outline, a key, or a forged envelope.
        stopped_by: schemes that rule it out, each with the assumption that does.
    """

    name: str
    title: str
    summary: str
    citation: str
    needs: str
    gives: str
    work: Work = field(repr=False)
    stopped_by: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(
        self,
        target: Target,
        budget: Budget | None = None,
        *,
        progress: Progress | None = None,
        show: Show | None = None,
        cancelled: Cancelled | None = None,
    ) -> Outcome:
        """Runs the attack here and now; `attacks.start` runs it in a process that can be killed.

        `progress` hears the part done, 0 to 1, and what is being done; `show` gets reduced pictures
        in the making; `cancelled` is asked several times a second, except while FLINT factors.

        Raises:
            EnvelopeFormatError: the capture is not an envelope of any scheme.
            CancelledError: `cancelled` said so.
        """
        course = Course(budget or Budget(), progress, show, cancelled)
        reading = Reading.of(target)
        verdict: Verdict = "preconditions not met"
        try:
            if reading.scheme in self.stopped_by:
                raise NotMetError(self.stopped_by[reading.scheme])
            found = self.work(target, reading, course)
            verdict = "broken"
        except NotMetError as error:
            found = Found(str(error), error.pixels)
        except GaveUpError as error:
            verdict = "not broken within the budget"
            found = Found(str(error), error.pixels)
        except MemoryError:
            verdict = "not broken within the budget"
            found = Found(f"The {budget_text(course.budget)} of the budget do not suffice.")
        return Outcome(
            attack=self.name,
            verdict=verdict,
            words=found.words,
            pixels=found.pixels,
            exact=found.exact,
            file=found.file,
            envelope=found.envelope,
            key=found.key,
            candidates=found.candidates,
            seconds=course.seconds,
            evidence=tuple(course.evidence),
        )


def budget_text(budget: Budget) -> str:
    """The memory of a budget in words."""
    return f"{budget.memory / (1 << 20):.0f} MB of memory"
