"""`python -m benchmarks.live`, tiny: it runs, sees every picture, and judges what was promised."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.live import browser
from benchmarks.live.__main__ import line
from benchmarks.live.chromium import CHROMIUM
from benchmarks.live.measure import Figures, percentile
from tests.conftest import require_chromium

ROOT = Path(__file__).parents[2]


def live(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.live", *map(str, arguments)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


TINY = ("--rounds", 1, "--sends", 1, "--idle", 0.5)


def test_every_page_sees_the_picture_by_push_and_by_ticks_on_both_processes(tmp_path):
    file, document = tmp_path / "figures.json", tmp_path / "performance.md"
    document.write_text("# Speed\n<!-- live -->\nold\n<!-- /live -->\nEnd\n")
    options = ("--sessions", 6, "--store", "sqlite", "--processes", 2, *TINY)
    done = live(*options, "--json", file, "--markdown", document)
    assert done.returncode == 0, done.stderr
    push, ticks = json.loads(file.read_text())["live"]
    assert (push["news by"], ticks["news by"]) == ("push", "ticks")
    for row in (push, ticks):
        assert row["missed"] == 0
        assert 0 < row["p50, s"] <= row["p95, s"] < math.inf
        assert row["ms of a core per page and picture"] > 0
    text = document.read_text()
    assert "old" not in text
    assert text.startswith("# Speed\n<!-- live -->\n`python -m benchmarks.live --sessions 6")
    assert text.endswith("<!-- /live -->\nEnd\n")
    assert "| sqlite | 2 | 6 | push |" in done.stdout


def test_beside_it_the_peer_shows_every_picture_too(tmp_path):
    file = tmp_path / "figures.json"
    done = live("--peer", 4, *TINY, "--json", file)
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(file.read_text())["peer"]
    assert (ours["application"], theirs["application"]) == ("this application", "Flask-SocketIO")
    for row in (ours, theirs):
        assert row["missed"] == 0
        assert 0 < row["saved to word: p50, s"] <= row["saved to picture: p50, s"]


def test_for_a_short_while_memory_does_not_grow(tmp_path):
    file = tmp_path / "figures.json"
    done = live("--soak", 0.1, "--sessions", 4, "--json", file)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(file.read_text())["soak"]
    assert row["pictures"] == 2
    assert row["kept"] is True


@pytest.mark.browser
def test_two_browsers_see_it_in_a_tab_that_is_really_hidden_too():
    require_chromium(CHROMIUM)
    visible, hidden = browser.rows(1, hidden_for=1)
    assert (visible["tab"], hidden["tab"]) == ("visible", "hidden")
    for row in (visible, hidden):
        assert 0 < row["sent to shown: p50, s"] < 10


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--sessions", "10,none"), "give whole numbers from 1 on, not 'none'"),
        (("--sessions", "0"), "give whole numbers from 1 on, not '0'"),
        (("--processes", "-1"), "give whole numbers from 1 on, not '-1'"),
        (("--modes", "push,smoke"), "choose from push, ticks"),
        (("--store", "oracle"), "choose from sqlite, postgresql"),
        (("--soak", "0"), "give minutes above 0, not '0'"),
        (("--idle", "nan"), "give seconds above 0, not 'nan'"),
    ],
)
def test_what_it_cannot_measure_it_says_before_it_measures(options, says):
    done = live(*options)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def figures(waits: list[float], idle: float = 0.02, **setting: object) -> Figures:
    setting = {"store": "sqlite", "processes": 1, "pages": 100, "mode": "push"} | setting
    return Figures(**setting, waits=waits, idle=[idle])


def test_a_promise_is_kept_only_if_everything_of_it_is():
    good = [0.1] * 99 + [0.7]
    assert line(figures(good))["kept"] is True
    assert line(figures(good, processes=0))["kept"] is True
    assert line(figures(good, idle=0.06))["kept"] is False
    assert line(figures([0.4] * 100))["kept"] is False
    assert line(figures([0.1] * 90 + [0.9] * 10))["kept"] is False
    assert line(figures([0.1] * 99 + [math.inf]))["kept"] is False
    assert line(figures([2.0] * 500, processes=2, pages=500))["kept"] is True
    assert line(figures([9.0] * 100, mode="ticks"))["kept"] is None


def test_percentiles_are_values_that_were_measured():
    assert [percentile(range(1, 101), one) for one in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([3.0], 50) == 3.0
    assert math.isnan(percentile([], 50))
