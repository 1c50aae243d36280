"""Measurements as rows: the same headings and format for every reader."""

import math

import numpy as np
import pytest

from rsa_core.analysis import NUMBERS, meanings_of, numbers_of, report, rows_of, unjudged, value_of

NOISE, FLAT = np.random.default_rng(3).integers(0, 256, (2, 64, 64), np.uint8)
FLAT[:] = 9


def test_a_table_has_a_verdict_a_range_and_both_p_values():
    rows = {row["Statistic"]: row for row in rows_of(report(FLAT))}
    assert list(rows["Histogram chi-square"].values()) == [
        "Histogram chi-square",
        "far from random",
        "1044480",
        "255",
        "up to 293.2478",
        "below 0.001",
        "below 0.001",
    ]
    assert rows["Correlation, vertical"]["Value"] == "n/a"
    assert rows["Correlation, vertical"]["Verdict"].startswith("n/a: ")
    assert rows["Equal blocks of 16 bytes"]["Accepted at 5 %, alone"] == "up to 0"
    assert rows["Local entropy"]["Accepted at 5 %, alone"].count(" to ") == 1
    assert rows["Shannon entropy"]["Accepted at 5 %, alone"].startswith("from ")


def test_columns_without_a_cell_are_left_out():
    likeness = report(NOISE, plain=NOISE)[-3:]
    assert [list(row) for row in rows_of(likeness)] == [["Statistic", "Verdict", "Value"]] * 3
    assert list(rows_of(likeness, explained=True)[0])[-1] == "What it is"
    assert rows_of(()) == []


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "dB", "n/a"),
        (math.inf, "dB", "infinite dB"),
        (3.0, "", "3"),
        (-0.12345678, "", "-0.1235"),
        (12345.678, "bits", "12345.7 bits"),
    ],
)
def test_numbers_are_rounded_for_people_and_bare_in_csv(value, unit, shown):
    one = unjudged("x", value, "words", "", unit=unit)
    assert value_of(one) == shown
    assert list(numbers_of(one)) == list(NUMBERS)
    assert numbers_of(one)["value"] == ("" if value is None else value)
    assert numbers_of(one)["p_value"] == ""


def test_every_rejection_says_what_it_means_and_nothing_else_does():
    far = [row for row in rows_of(report(FLAT)) if row["Verdict"] == "far from random"]
    lines = meanings_of(report(FLAT))
    assert [line.partition(": ")[0] for line in lines] == [row["Statistic"] for row in far]
    assert "some values are more frequent than others" in lines[0]
    assert meanings_of((unjudged("x", 1.0, "words", ""),)) == []
