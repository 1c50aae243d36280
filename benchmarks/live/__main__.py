"""How soon open pages see what was sent, and what they cost; push and ticks in turn.

    python -m benchmarks.live                     everything, about an hour and a half
    python -m benchmarks.live --sessions 100 --modes push --store sqlite --processes 1
    python -m benchmarks.live --peer 100          against a Flask-SocketIO application
    python -m benchmarks.live --browser           two pages of a real Chromium
    python -m benchmarks.live --soak 10           does memory grow?

Prints Markdown tables; exit status 1 when a promise is missed. Pages are raw sessions of
Streamlit's protocol; "seen" is when the picture's element has come. `docs/performance.md` says how
to read it.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.live import lasting
from benchmarks.live.measure import Figures, Plan, in_turn
from benchmarks.reports import Row, dump, report, rewrite

SESSIONS = (10, 50, 100, 200, 500)
# (processes, pages): most seconds to p50, to p95, and percent of a core while nothing happens
PROMISES = {
    (1, 100): (0.3, 0.8, 5.0),
    (2, 200): (0.3, 0.8, None),
    (2, 500): (None, 3.0, None),
}


def main() -> int:
    """Measures what was asked for; gives the exit status."""
    wanted = _arguments()
    command = " ".join(["python -m benchmarks.live", *sys.argv[1:]])
    tables: dict[str, list[Row]] = {}
    if wanted.soak:
        tables["soak"] = asyncio.run(lasting.soaked(wanted.soak, *(wanted.sessions or [100])[:1]))
    elif wanted.browser:
        from benchmarks.live import browser  # noqa: PLC0415  (needs Playwright)

        tables["browser"] = browser.rows(wanted.rounds * wanted.sends)
    elif wanted.peer:
        from benchmarks.live import rival  # noqa: PLC0415  (needs Flask)

        tables["peer"] = asyncio.run(rival.rows(wanted.peer, _plan(wanted)))
    else:
        tables["live"] = [line(figures) for figures in _everything(wanted)]
    text = report(command, *tables.values())
    sys.stdout.write(text + "\n")
    if wanted.json:
        dump(wanted.json, command, **tables)
    if wanted.markdown:
        for name in tables:
            rewrite(wanted.markdown, name, text)
    return int(any(row.get("kept") is False for rows in tables.values() for row in rows))


def line(figures: Figures) -> Row:
    """One row of the table, with what was promised for it."""
    p50, p95, p99 = (figures.percentile(percent) for percent in (50, 95, 99))
    idle = 100 * _mean(figures.idle)
    missed = sum(wait == float("inf") for wait in figures.waits)
    promise, kept = "", None
    limits = PROMISES.get((max(1, figures.processes), figures.pages))
    if limits is not None and figures.mode == "push":
        named = zip(("p50", "p95", "idle"), (p50, p95, idle), limits, strict=True)
        asked = [(name, found, most) for name, found, most in named if most is not None]
        promise = ", ".join(f"{name} ≤ {most:g}" for name, _, most in asked) + ", none missed"
        kept = all(found <= most for _, found, most in asked) and not missed + figures.faults
    return {
        "store": figures.store,
        "processes": "1, not pinned" if not figures.processes else str(figures.processes),
        "pages": figures.pages,
        "news by": figures.mode,
        "p50, s": p50,
        "p95, s": p95,
        "p99, s": p99,
        "missed": missed + figures.faults,
        "idle, % of a core": idle,
        "ms of a core per page and picture": 1000 * _mean(figures.busy),
        "MB per page": figures.memory / 2**20,
        "generator, % of a core": 100 * _mean(figures.generator),
        "promise": promise,
        "kept": kept,
    }


def _everything(wanted: argparse.Namespace) -> list[Figures]:
    found: list[Figures] = []
    for store in wanted.store:
        for processes in wanted.processes:
            for pages in wanted.sessions or SESSIONS:
                sys.stderr.write(f"{store}, {processes or 'plain'}, {pages} pages ...\n")
                setting = in_turn(store, processes, pages, wanted.modes, _plan(wanted))
                found += asyncio.run(setting)
    return found


def _plan(wanted: argparse.Namespace) -> Plan:
    return Plan(wanted.rounds, wanted.idle, wanted.sends)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    numbers = lambda text: [int(word) for word in text.split(",")]  # noqa: E731
    words = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--sessions", type=numbers, metavar="N,N", help="pages")
    parser.add_argument("--modes", type=words, default=["push", "ticks"], help="push,ticks")
    parser.add_argument("--store", type=words, default=["sqlite", "postgresql"])
    parser.add_argument(
        "--processes",
        type=lambda text: [0 if word == "plain" else int(word) for word in text.split(",")],
        default=[0, 1, 2],
        metavar="plain,1,2",
        help="plain: one, as README starts it; numbers: so many, each pinned to a core",
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often the ways take turns")
    parser.add_argument("--sends", type=int, default=5, help="pictures in each turn")
    parser.add_argument("--idle", type=float, default=10, metavar="SECONDS")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--soak", type=float, metavar="MINUTES")
    only.add_argument("--browser", action="store_true")
    only.add_argument("--peer", type=numbers, metavar="N,N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
