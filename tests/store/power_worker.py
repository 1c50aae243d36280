"""Makes a store and sends pictures into it, while everything it does to the disk is recorded.

Arguments: folder, and another PRAGMA synchronous than the store's own. Each committed picture is
acknowledged by a line in the file `acknowledged` in the same folder, which is recorded like the
rest and so has its place in time.
"""

import os
import random
import sys
from pathlib import Path

from store import Limits, open_store
from store.database import sqlite_connections
from tests.store import making

PICTURES = 60


def main() -> None:
    folder, *synchronous = Path(sys.argv[1]), *sys.argv[2:]
    # A small log, so that checkpoints come often.
    changed = ("wal_autocheckpoint=40", *(f"synchronous={level}" for level in synchronous))
    sqlite_connections._EVERY_CONNECTION = (*sqlite_connections._EVERY_CONNECTION, *changed)
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT)
    store = open_store(
        f"sqlite:///{folder}/channels.db", pepper=making.PEPPER, limits=Limits(ballast=0)
    )
    _, sender, _ = making.room(store)
    chance = random.Random(7)
    for _ in range(PICTURES):
        sent = making.send(store, sender, content=chance.randbytes(chance.randrange(500, 40_000)))
        os.write(acknowledged, f"{sent.public_id} {sent.content[:16].hex()}\n".encode())
    os._exit(0)  # without the clean end that a loss of power does not allow


main()
