"""The power fails at any moment: what was acknowledged is there, what is there is whole.

A worker's writes, syncs and renames are recorded in their order. From the record the disk is
rebuilt as it may have been at some moment. What was synced is on it. What was not is dropped, or
there in random sectors of 512 bytes, or there completely. Renames and deletions happen in order,
as on a journalling file system. A disk that lies about syncing is not in this model.
"""

import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from store import StoreError, open_store
from tests.store import making

POINTS = 200 if making.LONG else 30
SECTOR = 512


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no C compiler")
        pytest.skip("no C compiler for the recorder")
    library = tmp_path_factory.mktemp("recorder") / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"], check=True
    )
    return library


def record(recorder, folder, *synchronous):
    """Runs the worker; gives (kind, path, offset, bytes) for all that it did."""
    folder.mkdir()
    log = folder.with_name(folder.name + ".log")
    environment = os.environ | {
        "LD_PRELOAD": str(recorder),
        "RECORD_FOLDER": str(folder),
        "RECORD_LOG": str(log),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    worker = Path(__file__).with_name("power_worker.py")
    subprocess.run([sys.executable, worker, folder, *synchronous], env=environment, check=True)
    raw = log.read_bytes()
    acts, at = [], 0
    while at < len(raw):
        kind, length = struct.unpack_from("=cH", raw, at)
        at += 3
        path = raw[at : at + length].decode()
        at += length
        offset, size = struct.unpack_from("=qI", raw, at)
        at += 12
        acts.append((kind, path, offset, raw[at : at + size]))
        at += size
    return acts


class Disk:
    """Files as bytes; for each one what is not synced yet."""

    def __init__(self):
        self.synced, self.pending = {}, {}

    def act(self, kind, path, offset, data):
        if kind == b"S":
            self.settle(path, lambda: True)
        elif kind == b"R":
            target = data.decode()
            for state in (self.synced, self.pending):
                state.pop(target, None)
                if path in state:
                    state[target] = state.pop(path)
        elif kind == b"U":
            self.synced.pop(path, None)
            self.pending.pop(path, None)
        else:
            self.pending.setdefault(path, []).append((kind, offset, data))

    def settle(self, path, keep):
        """Carries out what is pending, sector by sector as `keep` says."""
        content = self.synced.setdefault(path, bytearray())
        for kind, offset, data in self.pending.pop(path, []):
            if kind == b"T":
                if keep():
                    del content[offset:]
                    content.extend(bytes(offset - len(content)))
                continue
            for start in range(0, len(data), SECTOR):
                if keep():
                    piece = data[start : start + SECTOR]
                    if len(content) < offset + start:
                        content.extend(bytes(offset + start - len(content)))
                    content[offset + start : offset + start + len(piece)] = piece

    def fail(self, keep):
        for path in list(self.pending):
            self.settle(path, keep)
        return self.synced


def acknowledged_by(acts):
    lines = b"".join(data for kind, path, _, data in acts if path.endswith("/acknowledged"))
    return dict(line.split() for line in lines.decode().splitlines())


def look(files, folder, acknowledged):
    """What a start after the failure finds: lost and torn pictures, and whether it starts."""
    folder.mkdir()
    for path, content in files.items():
        name = Path(path).name
        if not name.endswith("-shm"):  # it is memory, not a file
            (folder / name).write_bytes(content)
    try:
        store = open_store(f"sqlite:///{folder}/channels.db", pepper=making.PEPPER)
    except StoreError:
        return len(acknowledged), 0, 1
    lost = torn = 0
    with store.read() as unit:
        stored = unit.pictures.after(0, limit=1000)
        try:
            heads = {
                picture.public_id: unit.pictures.content(picture.channel_id, picture.public_id)[
                    :16
                ].hex()
                for picture in stored
            }
        except StoreError:
            heads, torn = {}, 1
    lost = sum(heads.get(public_id) != head for public_id, head in acknowledged.items())
    if stored:
        assert making.gapless(store, stored[0].channel_id) == len(stored)
    store.close()
    shutil.rmtree(folder)
    return lost, torn, 0


def replay(acts, tmp_path, seed):
    """(states that lose something, states with torn pictures, states that do not start) by disk."""
    chance = random.Random(seed)
    points = sorted(chance.sample(range(len(acts)), POINTS))  # the making of the file included
    behaviours = {
        "dropped": lambda: False,
        "random": lambda: chance.random() < 0.5,
        "all kept": lambda: True,
    }
    results = {}
    for name, keep in behaviours.items():
        found = []
        disk, done = Disk(), 0
        for n, point in enumerate(points):
            for act in acts[done:point]:
                disk.act(*act)
            done = point
            state = Disk()
            state.synced = {path: bytearray(data) for path, data in disk.synced.items()}
            state.pending = {path: list(writes) for path, writes in disk.pending.items()}
            files = state.fail(keep)
            folder = tmp_path / f"{name}-{n}"
            found.append(look(files, folder, acknowledged_by(acts[:point])))
        results[name] = tuple(sum(bool(one[n]) for one in found) for n in range(3))
    return results


def test_a_loss_of_power_loses_nothing_acknowledged(recorder, tmp_path, figure):
    acts = record(recorder, tmp_path / "own")
    assert len(acknowledged_by(acts)) == 60
    assert any(act[0] == b"W" and act[1].endswith("channels.db") for act in acts)  # checkpoints
    results = replay(acts, tmp_path, seed=1)
    figure(f"power loss, {POINTS} moments, as it is, (lost, torn, no start): {results}")
    assert set(results.values()) == {(0, 0, 0)}


def test_without_full_the_same_loss_of_power_loses_pictures(recorder, tmp_path, figure):
    """The control: the model notices what NORMAL leaves out."""
    acts = record(recorder, tmp_path / "normal", "NORMAL")
    results = replay(acts, tmp_path, seed=1)
    figure(f"power loss, {POINTS} moments, synchronous=NORMAL, (lost, torn, no start): {results}")
    assert results["dropped"][0] > POINTS / 5
    assert results["all kept"] == (0, 0, 0)
