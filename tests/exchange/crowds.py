"""Many callers in separate processes: one act, all at the same moment."""

import multiprocessing
import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from exchange import Exchange, ExchangeError

PEPPER = b"p" * 32
PROCESSES, THREADS = 2, 12
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.exchange.crowds"])


@dataclass(frozen=True)
class Act:
    """One call of an act of `Exchange`, once for each number.

    Attributes:
        name: of the act, such as "sender.send".
        same: arguments that are the same for all.
        own: arguments of which each call takes the one of its number.
    """

    name: str
    same: dict[str, Any]
    own: dict[str, list[Any]] = field(default_factory=dict)


def at_once(url: str, act: Act) -> Counter[str]:
    """24 calls at once, in 2 processes; how many went well, and why the others did not."""
    answers, barrier = FORKS.Queue(), FORKS.Barrier(PROCESSES)
    processes = [
        FORKS.Process(target=_crowd, args=(url, act, first * THREADS, barrier, answers))
        for first in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [answer for _ in processes for answer in answers.get(timeout=120)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert len(found) == PROCESSES * THREADS
    return Counter(found)


def _crowd(url: str, act: Act, first: int, barrier: Any, answers: Any) -> None:
    exchange = Exchange.at(url, pepper=PEPPER)
    together = threading.Barrier(THREADS)
    found: list[str] = []

    def one(number: int) -> None:
        own = {name: values[number] for name, values in act.own.items()}
        together.wait()
        try:
            attrgetter(act.name)(exchange)(**act.same, **own)
        except ExchangeError as error:
            found.append(str(error))
        except Exception as error:  # reported to the test, which expects none
            found.append(f"{os.getpid()}: {error!r}")
        else:
            found.append("ok")

    threads = [threading.Thread(target=one, args=(first + n,)) for n in range(THREADS)]
    barrier.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    exchange.close()
    answers.put(found)
