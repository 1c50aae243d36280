"""Files beside a database, and making what was done to files durable."""

import os
import shutil
from itertools import count
from pathlib import Path

# What belongs to one SQLite database: the log, and the log's index.
COMPANIONS = ("-wal", "-shm")


def beside(path: Path, suffix: str) -> Path:
    """The path with something after its name."""
    return path.with_name(path.name + suffix)


def sync_file(path: Path) -> None:
    """Makes the file's bytes durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes a rename durable; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def copy_aside(path: Path) -> Path:
    """Copies a database into a new folder beside it and moves its log there; gives the folder.

    The database itself stays, so that no start finds none and makes an empty one.
    """
    for n in count(1):
        folder = beside(path, f".aside-{n}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        break
    shutil.copy2(path, folder / path.name)
    sync_file(folder / path.name)
    for suffix in COMPANIONS:
        companion = beside(path, suffix)
        if companion.exists():
            companion.replace(folder / companion.name)
    sync_folder(folder)
    sync_folder(path.parent)
    return folder
