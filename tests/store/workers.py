"""What other processes do in the tests: start, write, be killed.

They are forked from a server that has imported everything once, so that a hundred of them take
seconds. Each function here is one life.
"""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing

from store import open_store, versioning
from tests.store import making

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.store.workers"])


def opens(url, pepper, barrier, answers):
    """Opens and closes a store at the same moment as the others."""
    barrier.wait()
    try:
        open_store(url, pepper=pepper).close()
    except Exception as error:
        answers.put(repr(error))
    else:
        answers.put("ok")


def goes_up_and_dies(url, later, delay):
    """Opens a store under a program with later steps; a clock counts down to kill -9, if any."""
    versioning.FOLDERS.append(later)
    if delay is not None:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
    open_store(url, pepper=making.PEPPER)


def sends_until_killed(url, sender, acknowledge, sizes):
    """Stores one picture after the other; names each one through the pipe once it is committed."""
    store = open_store(url, pepper=making.PEPPER)
    n = 0
    while True:
        size = sizes[n % len(sizes)]
        n += 1
        sent = making.send(store, sender, [], content=os.urandom(size))
        acknowledge.send((sent.public_id, sent.content[:32], size))


def sends_some(url, sender, number, answers):
    """Stores `number` pictures; answers with their public ids."""
    store = open_store(url, pepper=making.PEPPER)
    answers.put([making.send(store, sender).public_id for _ in range(number)])
    store.close()


def holds_the_write_lock(path, seconds, ready):
    """A foreign program in the middle of a transaction; it knows nothing of our lock file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        ready.set()
        time.sleep(seconds)
        connection.execute("ROLLBACK")


def holds_the_lock_file(url, seconds, ready):
    """Another server of ours in the middle of a write."""
    store = open_store(url, pepper=making.PEPPER)
    with store.write():
        ready.set()
        time.sleep(seconds)
    store.close()
