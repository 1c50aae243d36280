"""The operator's tool: python -m store [--url URL] check | stats | backup FILE | restore FILE.

The URL is that of --url, else DATABASE_URL, else sqlite:///data/channels.db. The pepper is the
one beside a SQLite file, else STORE_PEPPER. Exit status: 0 all is well, 1 something was found or
refused, 2 wrong usage.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from store.checking import check, statistics
from store.errors import StoreError
from store.opening import Store, open_store, restore_store

_DEFAULT_URL = "sqlite:///data/channels.db"


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (StoreError, OSError) as error:
        # An OSError shows the operator's own path, which is what went wrong with it.
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m store", description="Looks after a store.")
    parser.add_argument("--url", default=os.environ.get("DATABASE_URL", _DEFAULT_URL))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="read everything, mark damaged pictures, correct the total")
    commands.add_parser("stats", help="how much of what is there")
    backup = commands.add_parser("backup", help="copy a SQLite store while it is in use")
    backup.add_argument("file", type=Path)
    restore = commands.add_parser("restore", help="put a backup in place of a SQLite store")
    restore.add_argument("file", type=Path)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.command == "restore":
        aside = restore_store(options.url, options.file)
        _say("restored" if aside is None else f"restored; the file before is kept in {aside}")
        return 0
    pepper = os.environ.get("STORE_PEPPER")
    store = open_store(options.url, pepper=pepper.encode() if pepper else None, create=False)
    try:
        if options.command == "backup":
            store.back_up(options.file)
            _say("backed up; the pepper is not in the backup, keep a copy of it elsewhere")
            return 0
        return _check(store) if options.command == "check" else _stats(store)
    finally:
        store.close()


def _check(store: Store) -> int:
    findings = check(store, datetime.now(UTC))
    for problem in findings.problems:
        _say(f"database: {problem}")
    for picture in findings.damaged:
        _say(f"damaged: picture {picture.public_id} in channel {picture.channel_id}")
    _say(f"{findings.pictures} pictures read, {len(findings.damaged)} damaged")
    return 1 if findings.damaged or findings.problems else 0


def _stats(store: Store) -> int:
    for name, number in statistics(store, datetime.now(UTC)).items():
        _say(f"{name}: {number}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
