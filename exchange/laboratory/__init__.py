"""What an interceptor works out from captures: pictures, numbers, experiments. No secrets.

Everything here is a function of a `CapturedImage`, of public keys, and of pictures of the
student's own.
"""

from exchange.laboratory.appearing import appearing
from exchange.laboratory.arithmetic import Arithmetic, arithmetic
from exchange.laboratory.differences import Difference, difference
from exchange.laboratory.experiments import (
    EXHIBITS,
    ShownExhibit,
    TestPicture,
    exhibit,
    experiment,
    picture_for_tests,
)
from exchange.laboratory.health import health_of
from exchange.laboratory.statistics import CANNOT_SHOW, Duplicates, Statistics, statistics
from exchange.laboratory.views import hex_dump, noise_picture

__all__ = [
    "CANNOT_SHOW",
    "EXHIBITS",
    "Arithmetic",
    "Difference",
    "Duplicates",
    "ShownExhibit",
    "Statistics",
    "TestPicture",
    "appearing",
    "arithmetic",
    "difference",
    "exhibit",
    "experiment",
    "health_of",
    "hex_dump",
    "noise_picture",
    "picture_for_tests",
    "statistics",
]
