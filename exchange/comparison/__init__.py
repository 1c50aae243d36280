"""All schemes and several key lengths side by side, on one picture; no channel, no store.

subject = uploaded(data)
entry = measure(subject, DEFAULT_CASES[0])
run = begin(entry, "codebook", seconds=5)
attempt = attempt_of(entry, run.wait())
lab_report(subject, baseline(subject), [entry], [attempt], budget=5, at=now)
"""

from exchange.comparison import tables
from exchange.comparison.attempts import (
    ATTACK_TITLES,
    BUDGETS,
    DEFAULT_BUDGET,
    Attempt,
    attempt_of,
    begin,
)
from exchange.comparison.cases import CASES, DEFAULT_CASES, Case
from exchange.comparison.lab_report import BROKEN_MEANS, lab_report
from exchange.comparison.measuring import Entry, Progress, Shape, baseline, measure, shape_of
from exchange.comparison.samples import SAMPLES
from exchange.comparison.subject import DEFAULT_SIDE, SIDES, Subject, sample, uploaded

__all__ = [
    "ATTACK_TITLES",
    "BROKEN_MEANS",
    "BUDGETS",
    "CASES",
    "DEFAULT_BUDGET",
    "DEFAULT_CASES",
    "DEFAULT_SIDE",
    "SAMPLES",
    "SIDES",
    "Attempt",
    "Case",
    "Entry",
    "Progress",
    "Shape",
    "Subject",
    "attempt_of",
    "baseline",
    "begin",
    "lab_report",
    "measure",
    "sample",
    "shape_of",
    "tables",
    "uploaded",
]
