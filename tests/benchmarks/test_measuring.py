"""The benchmarks' lines and promises; the figures themselves are `python -m benchmarks.crypto`."""

import json

import pytest

from benchmarks import growth, start
from benchmarks.measuring import Line, compared, medians, rows, seconds


def test_promises_are_kept_or_missed_or_not_judged():
    kept = compared("fast", 1.0, "rival", 3.0, least=2)
    missed = compared("slow", 1.0, "rival", 1.5, least=2)
    assert [row["kept"] for row in rows([kept, missed, Line("told", "1 s")])] == [True, False, None]
    assert [row["kept"] for row in rows([kept, missed], judged=False)] == [None, None]
    assert rows([kept])[0] == {
        "what": "fast",
        "ours": "1 s",
        "compared with": "rival: 3 s",
        "ratio": 3.0,
        "promise": "at least 2 times",
        "kept": True,
    }


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
    file, document = tmp_path / "start.json", tmp_path / "performance.md"
    document.write_text("<!-- start -->\n<!-- /start -->\n")
    status = start.main(["--starts", "2", "--json", str(file), "--markdown", str(document)])
    found = json.loads(file.read_text())["start"]
    assert len(found) == 4
    assert all("hello world" in one["compared with"] for one in found[:2])
    assert all(0.01 < one["ratio"] < 100 for one in found)
    assert status == int(any(one["kept"] is False for one in found))
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2 + 2 + 4
    assert document.read_text() == f"<!-- start -->\n{out}<!-- /start -->\n"
