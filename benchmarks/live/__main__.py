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
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from picows import WSError

from benchmarks.live import lasting
from benchmarks.live.measure import Figures, Plan, in_turn
from benchmarks.reports import Row, arguments_of, told

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
    if wanted.table == "soak":
        rows = asyncio.run(lasting.soaked(wanted.soak, *(wanted.sessions or [100])[:1]))
    elif wanted.table == "browser":
        from benchmarks.live import browser  # noqa: PLC0415  (needs Chromium)

        rows = browser.rows(wanted.rounds * wanted.sends)
    elif wanted.table == "peer":
        from benchmarks.live import rival  # noqa: PLC0415  (needs Flask)

        rows = asyncio.run(rival.rows(wanted.peer, _plan(wanted)))
    else:
        rows = [line(figures) for figures in _everything(wanted)]
    return told(wanted, rows)


def line(figures: Figures) -> Row:
    """One row of the table, with what was promised for it."""
    p50, p95, p99 = (figures.percentile(percent) for percent in (50, 95, 99))
    idle = 100 * _mean(figures.idle)
    missed = sum(wait == math.inf for wait in figures.waits)
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
                try:
                    found += asyncio.run(setting)
                except (OSError, RuntimeError, WSError) as error:  # the rest is still measured
                    sys.stderr.write(f"not measured: {error!r}\n")
                    found += [
                        Figures(store, processes, pages, mode, [math.inf], faults=1)
                        for mode in wanted.modes
                    ]
    return found


def _plan(wanted: argparse.Namespace) -> Plan:
    return Plan(wanted.rounds, wanted.idle, wanted.sends)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", type=_numbers, metavar="N,N", help="pages")
    parser.add_argument("--modes", type=_among("push", "ticks"), default=["push", "ticks"])
    stores = ["sqlite", "postgresql"]
    parser.add_argument("--store", type=_among(*stores), default=stores)
    parser.add_argument(
        "--processes",
        type=lambda text: [0 if word == "plain" else _number(word) for word in text.split(",")],
        default=[0, 1, 2],
        metavar="plain,1,2",
        help="plain: one, as README starts it; numbers: so many, each pinned to a core",
    )
    parser.add_argument("--rounds", type=_number, default=2, help="how often the ways take turns")
    parser.add_argument("--sends", type=_number, default=5, help="pictures in each turn")
    parser.add_argument("--idle", type=_above("seconds"), default=10, metavar="SECONDS")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--soak", type=_above("minutes"), metavar="MINUTES")
    only.add_argument("--browser", action="store_true")
    only.add_argument("--peer", type=_numbers, metavar="N,N")
    return arguments_of(parser, None, _table)


def _table(wanted: argparse.Namespace) -> str:
    return next((name for name in ("soak", "browser", "peer") if getattr(wanted, name)), "live")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"give whole numbers from 1 on, not {text!r}")
    return int(text)


def _numbers(text: str) -> list[int]:
    return [_number(word) for word in text.split(",")]


def _above(unit: str) -> Callable[[str], float]:
    def positive(text: str) -> float:
        with suppress(ValueError):
            if 0 < float(text) < math.inf:
                return float(text)
        raise argparse.ArgumentTypeError(f"give {unit} above 0, not {text!r}")

    return positive


def _among(*choices: str) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        words = text.split(",")
        if not set(words) <= set(choices):
            raise argparse.ArgumentTypeError(f"choose from {', '.join(choices)}")
        return words

    return chosen


if __name__ == "__main__":
    raise SystemExit(main())
