"""The benchmarks' table and verdict; the figures themselves are `python -m benchmarks.crypto`."""

import json

import pytest

from benchmarks import growth, start
from benchmarks.measuring import Line, compared, medians, seconds, status, table


def test_a_missed_promise_shows_in_table_and_status():
    kept = compared("fast", 1.0, "rival", 3.0, least=2)
    missed = compared("slow", 1.0, "rival", 1.5, least=2)
    assert (kept.kept, missed.kept) == (True, False)
    assert status([kept, Line("told", "1 s")]) == 0
    assert status([kept, missed]) == 1
    lines = table([kept, missed], judged=True).splitlines()
    assert lines[2] == "| fast | 1 s | rival: 3 s | 3.00 | at least 2 times | yes |"
    assert lines[3].endswith("| NO |")
    assert "NO" not in table([missed], judged=False)


def test_rivals_take_turns_and_the_first_round_does_not_count():
    order = []
    found = medians(
        2, lambda: order.append("a"), lambda: order.append("b"), tidy=lambda: order.append("-")
    )
    assert "".join(order) == "a-b-" * 3
    assert len(found) == 2


def test_seconds_have_a_unit_that_suits():
    assert seconds(2.345) == "2.35 s"
    assert seconds(0.01234) == "12.3 ms"


@pytest.mark.parametrize(
    ("milliseconds", "times", "kept"),
    [({1: 1.0, 2: 1.5}, 1.5, True), ({1: 1.0, 2: 1.6}, 1.6, False), ({1: 9.0, 2: 11}, 1.2, False)],
)
def test_growth_is_judged_by_ratio_and_by_time(milliseconds, times, kept):
    assert growth.Figure("SQLite", "send", milliseconds, times, promised=10.0).kept is kept


def test_start_measures_both_applications(tmp_path, capsys):
    file = tmp_path / "start.json"
    status = start.main(["--starts", "1", "--json", str(file)])
    made = json.loads(file.read_text())
    assert made["benchmark"] == "start"
    assert len(made["figures"]) == 4
    assert all("hello world" in one["other"] for one in made["figures"][:2])
    assert all(0.01 < one["ratio"] < 100 for one in made["figures"])
    assert status == int(any(one["kept"] is False for one in made["figures"]))
    assert len(capsys.readouterr().out.splitlines()) == 2 + 2 + 4
