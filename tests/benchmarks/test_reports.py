"""One way of reporting for every benchmark: tables, JSON, the document, the exit status."""

import argparse
import json
import math
import subprocess
import sys

import pytest

from benchmarks.measuring import ROOT
from benchmarks.reports import arguments_of, dump, has_place, markdown, rewrite, told

ALL = ["crypto", "growth", "laboratory", "live", "start"]


def asked(*given: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.some")
    parser.add_argument("--url")
    return arguments_of(parser, [str(word) for word in given], lambda _: "some")


@pytest.mark.parametrize(("kept", "status"), [(True, 0), (None, 0), (False, 1)])
def test_a_report_is_printed_and_written_and_judged(kept, status, tmp_path, capsys):
    file, document = tmp_path / "some.json", tmp_path / "performance.md"
    document.write_text("# Speed\n<!-- some -->\nold\n<!-- /some -->\nEnd\n")
    wanted = asked("--json", file, "--markdown", document)
    rows = [{"what": "a", "kept": True}, {"what": "b", "kept": kept}]
    assert told(wanted, rows) == status
    out = capsys.readouterr().out
    assert out.startswith(f"`python -m benchmarks.some --json {file} --markdown {document}`, ")
    assert out.splitlines()[-1] == f"| b | { {True: 'yes', None: '', False: 'NO'}[kept] } |"
    assert document.read_text() == f"# Speed\n<!-- some -->\n{out}<!-- /some -->\nEnd\n"
    assert json.loads(file.read_text())["some"] == rows


@pytest.mark.parametrize("equals", [True, False])
def test_no_password_of_a_database_is_reported(equals, tmp_path):
    url = "postgresql://ada:pass/w@rd@host/name?password=pass/w@rd"
    given = [f"--url={url}"] if equals else ["--url", url]
    wanted = asked(*given)
    assert wanted.url == url
    assert "w@rd" not in wanted.command
    assert "host" not in wanted.command


@pytest.mark.parametrize("name", ALL)
def test_every_benchmark_says_at_once_which_file_it_cannot_write(name, tmp_path):
    for given, says in (
        (("--json", tmp_path / "none" / "x"), f"there is no folder {tmp_path / 'none'}"),
        (("--markdown", tmp_path / "none.md"), f"none.md has no place for {name}"),
    ):
        command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, given)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert says in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", [*ALL, "peer", "browser", "soak"])
def test_the_document_has_a_place_for_every_table(name):
    assert has_place(ROOT / "docs/performance.md", name)


def test_tables_say_what_was_never_seen_and_json_has_null_for_it(tmp_path):
    rows = [{"what": "a", "p95, s": 0.12345, "kept": True}]
    rows.append({"what": "b", "p95, s": math.inf, "kept": False})
    assert markdown(rows).splitlines() == [
        "| what | p95, s | kept |",
        "| --- | ---: | --- |",
        "| a | 0.123 | yes |",
        "| b | never | NO |",
    ]
    assert markdown([{"ratio": None}, {"ratio": 2.0}, {"ratio": None}]).splitlines() == [
        "| ratio |",
        "| ---: |",
        "|  |",
        "| 2 |",
        "|  |",
    ]
    dump(tmp_path / "figures.json", "command", live=rows)
    found = json.loads((tmp_path / "figures.json").read_text())
    assert [row["p95, s"] for row in found["live"]] == [0.12345, None]


def test_a_document_without_a_place_stays_as_it_is(tmp_path):
    document = tmp_path / "performance.md"
    document.write_text("<!-- live -->\nno end")
    with pytest.raises(ValueError, match="has no place for live"):
        rewrite(document, "live", "new")
    assert document.read_text() == "<!-- live -->\nno end"
