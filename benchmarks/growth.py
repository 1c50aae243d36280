"""What the acts that people wait for cost in a store that holds more and more of other channels.

    python -m benchmarks.growth              SQLite, then PostgreSQL where it is installed; minutes
    python -m benchmarks.growth --url URL    this database alone, in files or schemas of the sizes
    python -m benchmarks.growth --markdown docs/performance.md

Exit status 1 when an act takes over 1.5 times as long in the largest store as in one of 1,000
pictures (the smallest, where there is none of that size), or longer than is promised. The stores of
all sizes take turns, so that whatever else the machine does falls on all of them alike. A store has
ten events for each picture. Acts are those of `Exchange`, with nothing kept from earlier ones.
"""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy import make_url

from benchmarks.filling import EVENTS, PICTURES, fill
from benchmarks.measuring import medians
from benchmarks.reports import Row, arguments_of, told
from exchange import Exchange, KeyChoice, Limits
from rsa_core import KeyPair, png_of
from store import Store, normalise_url, open_store
from tests.store.servers import Server, programs

SIZES = (100, 1_000, 10_000, 100_000)
FROM = 1_000  # pictures in the store that the largest one is compared with
TIMES = 1.5
PROMISED = {  # milliseconds, on any machine
    "tick": 5.0,
    "inbox": 30.0,
    "captures": 30.0,
    "sent": 30.0,
    "send": 150.0,
    "create": 150.0,
    "sweep": 30.0,
}
OWN_PICTURES = 10  # in the channel whose acts are measured
_FEWER = {"send", "create"}
_PEPPER = b"a pepper for benchmarks, 32 bytes"


@dataclass(frozen=True, slots=True)
class Figure:
    """One act on one database.

    Attributes:
        database: "SQLite" or "PostgreSQL".
        act: a name of `PROMISED`.
        milliseconds: median for each number of pictures.
        times: how many times as long the largest store takes.
        promised: milliseconds that no store may exceed.
    """

    database: str
    act: str
    milliseconds: dict[int, float]
    times: float
    promised: float

    @property
    def kept(self) -> bool:
        """Whether both promises are."""
        return self.times <= TIMES and max(self.milliseconds.values()) <= self.promised


class Channel:
    """A channel with some pictures in a filled store, and the acts of its people."""

    def __init__(self, store: Store, key: KeyPair) -> None:
        self._store = store
        # Who creates many channels would have to wait.
        self._exchange = Exchange(store, sleep=lambda _: None, limits=Limits(channels=10**6))
        self._picture = png_of(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
        lobby, channel = self._exchange.lobby, self.create()
        keys = KeyChoice("private", pem=key.pem())
        self._receiver = lobby.take_seat(channel, name="Bob", role="receiver", keys=keys)
        self._interceptor = lobby.take_seat(channel, name="Eve", role="interceptor")
        self._sender = lobby.take_seat(channel, name="Ada", role="sender")
        for _ in range(OWN_PICTURES):
            self.send()
        self._seq = self._exchange.member.newest(self._receiver.token)

    def acts(self) -> dict[str, Callable[[], object]]:
        """What is measured, by name."""
        exchange = self._exchange
        return {
            "tick": lambda: exchange.member.news(self._receiver, self._seq),
            "inbox": lambda: exchange.receiver.inbox(self._receiver),
            # A new one each time: it keeps the list until the next event.
            "captures": lambda: Exchange(self._store).interceptor.captures(self._interceptor),
            "sent": lambda: exchange.sender.sent(self._sender),
            "send": self.send,
            "create": self.create,
            "sweep": exchange.cleaning.purge,
        }

    def send(self) -> None:
        """One small picture for one receiver."""
        self._exchange.sender.send(
            self._sender,
            self._picture,
            file_name="p.png",
            scheme="hybrid",
            recipients=(self._receiver.id,),
            submission=secrets.token_hex(8),
        )

    def create(self) -> str:
        """One more channel; its key."""
        lobby = self._exchange.lobby
        return lobby.create_channel(name="Probe", kind="private", keep_for="24 hours").key

    def close(self) -> None:
        """Closes the store."""
        self._exchange.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures everything; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--url", help="a database; SQLite and PostgreSQL when not given")
    parser.add_argument("--pictures", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument(
        "--repeats", type=int, default=100, help="of each act; of those that write, a quarter"
    )
    options = arguments_of(parser, arguments, lambda _: "growth")
    sizes = sorted({max(PICTURES, one) for one in options.pictures})
    figures: list[Figure] = []
    with ExitStack() as stack:
        for url in [options.url] if options.url else _databases(stack):
            figures += measured(url, sizes, options.repeats)
    return told(options, [row(one) for one in figures])


def measured(url: str, sizes: Sequence[int], repeats: int) -> Iterator[Figure]:
    """One figure for each act."""
    database = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    key = KeyPair.generate(2048)
    with ExitStack() as stack:
        channels = []
        for size in sizes:
            begun = time.perf_counter()
            place = stack.enter_context(_place(url, size))
            store = open_store(place, pepper=_PEPPER)
            fill(place, size)
            channels.append(Channel(store, key))
            stack.callback(channels[-1].close)
            took = time.perf_counter() - begun
            sys.stderr.write(f"{database}, {size:,} pictures: filled in {took:.0f} s\n")
        acts = [channel.acts() for channel in channels]
        for act, promised in PROMISED.items():
            times = repeats // 4 if act in _FEWER else repeats
            found = medians(max(1, times), *(one[act] for one in acts))
            by_size = {size: 1000 * took for size, took in zip(sizes, found, strict=True)}
            start = by_size.get(FROM, found[0] * 1000)
            yield Figure(database, act, by_size, by_size[sizes[-1]] / start, promised)


def row(figure: Figure) -> Row:
    """Medians in milliseconds, a column for each size."""
    return {
        "database": figure.database,
        "act, ms": figure.act,
        **{
            f"{size:,} pictures, {size // PICTURES * EVENTS:,} events": took
            for size, took in figure.milliseconds.items()
        },
        "times": figure.times,
        "promise": f"at most {TIMES:g} times, {figure.promised:g} ms",
        "kept": figure.kept,
    }


def _databases(stack: ExitStack) -> Iterator[str]:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    yield f"sqlite:///{folder}/growth.db"
    found = programs()
    if found is None:
        sys.stderr.write("PostgreSQL is not installed: left out\n")
        return
    server = Server(found, durable=True)
    stack.callback(server.remove)
    yield server.new_place("growth")


@contextmanager
def _place(url: str, size: int) -> Iterator[str]:
    """A place of its own for the store of this size, beside the one that the URL names."""
    parsed = make_url(normalise_url(url))
    name = f"growth_{size}_{secrets.token_hex(4)}"
    if parsed.drivername.startswith("sqlite"):
        beside = Path(str(parsed.database)).parent
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=beside) as folder:
            yield f"sqlite:///{folder}/{name}.db"
        return
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            made = parsed.update_query_dict({"options": f"-csearch_path={name}"})
            yield made.set(drivername="postgresql").render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


if __name__ == "__main__":
    sys.exit(main())
