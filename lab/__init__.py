"""The laboratory: what can be measured, tried and compared without a channel or a store.

Of captures: statistics, experiments, arithmetic, what appears while an attack works. Of one picture
of somebody's own: all schemes and several key lengths side by side, and a report of that.
"""

from lab import tables
from lab.appearing import appearing
from lab.arithmetic import Arithmetic, arithmetic
from lab.attempts import (
    ATTACK_TITLES,
    BUDGETS,
    DEFAULT_BUDGET,
    Attempt,
    attempt_of,
    begin,
)
from lab.cases import CASES, DEFAULT_CASES, Case
from lab.differences import Difference, difference
from lab.errors import LabError, turn
from lab.experiments import (
    EXHIBITS,
    ShownExhibit,
    TestPicture,
    exhibit,
    experiment,
    picture_for_tests,
)
from lab.health import health_of
from lab.measuring import Entry, Progress, Shape, baseline, measure, shape_of
from lab.report import BROKEN_MEANS, lab_report
from lab.samples import SAMPLES
from lab.statistics import CANNOT_SHOW, Duplicates, Statistics, statistics
from lab.subject import DEFAULT_SIDE, SIDES, Subject, sample, uploaded
from lab.views import hex_dump, noise_picture

__all__ = [
    "ATTACK_TITLES",
    "BROKEN_MEANS",
    "BUDGETS",
    "CANNOT_SHOW",
    "CASES",
    "DEFAULT_BUDGET",
    "DEFAULT_CASES",
    "DEFAULT_SIDE",
    "EXHIBITS",
    "SAMPLES",
    "SIDES",
    "Arithmetic",
    "Attempt",
    "Case",
    "Difference",
    "Duplicates",
    "Entry",
    "LabError",
    "Progress",
    "Shape",
    "ShownExhibit",
    "Statistics",
    "Subject",
    "TestPicture",
    "appearing",
    "arithmetic",
    "attempt_of",
    "baseline",
    "begin",
    "difference",
    "exhibit",
    "experiment",
    "health_of",
    "hex_dump",
    "lab_report",
    "measure",
    "noise_picture",
    "picture_for_tests",
    "sample",
    "shape_of",
    "statistics",
    "tables",
    "turn",
    "uploaded",
]
