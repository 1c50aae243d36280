"""What an operator asks a store: is everything whole, and how much is there.

The databases' own checks see broken pages and indexes. They do not see a flipped bit, a chunk in
the wrong place or a row that was changed; reading each picture and comparing it does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from store.errors import PictureDamaged, PictureMissing, StoreDamaged
from store.opening import Store
from store.values import StoredPicture

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a check.

    Attributes:
        pictures: how many were read.
        damaged: those whose bytes or records are not what was given; they are marked now.
        problems: what the database's own checks report, damaged interventions, and a total of
            bytes that was wrong; it is right now.
    """

    pictures: int
    damaged: tuple[StoredPicture, ...]
    problems: tuple[str, ...]


def check(store: Store, at: datetime) -> Findings:
    """Reads everything, each in a separate unit while others go on; marks damaged pictures."""
    problems = store.problems()
    pictures, damaged = 0, []
    for picture in _pictures(store):
        pictures += 1
        if not _is_whole(store, picture):
            damaged.append(picture)
            with store.write() as unit:
                unit.pictures.mark_damaged(picture.channel_id, picture.public_id, at)
    for number in _interventions(store):
        try:
            with store.read() as unit:
                unit.interventions.content(number)
                unit.interventions.records(number)
        except (PictureDamaged, StoreDamaged):
            problems.append(f"intervention {number} is damaged")
        except PictureMissing:
            pass  # taken back meanwhile
    with store.read() as unit:
        error = unit.ledger.error()
    if error:
        problems.append(f"the total of bytes was wrong by {error:+}; it is right now")
        with store.write() as unit:
            unit.ledger.correct()
    return Findings(pictures, tuple(damaged), tuple(problems))


def statistics(store: Store, now: datetime) -> dict[str, int]:
    """Numbers for the operator, by name; nothing that people typed."""
    with store.read() as unit:
        return {
            "channels": unit.channels.count(),
            "open channels": unit.channels.count(open_at=now),
            "seats held": unit.seats.count(),
            "pictures": unit.pictures.count(),
            "picture bytes": unit.pictures.total_bytes(),
            "damaged pictures": unit.pictures.count_damaged(),
            "interventions": unit.interventions.count(),
            "intervention bytes": unit.interventions.total_bytes(),
            "finding bytes": unit.findings.total_bytes(),
            **store.sizes(),
        }


def _pictures(store: Store) -> Iterator[StoredPicture]:
    last = 0
    while True:
        with store.read() as unit:
            batch = unit.pictures.after(last, limit=_BATCH)
        yield from batch
        if not batch:
            return
        last = batch[-1].id


def _interventions(store: Store) -> Iterator[int]:
    last = 0
    while True:
        with store.read() as unit:
            batch = unit.interventions.after(last, limit=_BATCH)
        yield from batch
        if not batch:
            return
        last = batch[-1]


def _is_whole(store: Store, found: StoredPicture) -> bool:
    try:
        with store.read() as unit:
            unit.pictures.content(found.channel_id, found.public_id)
            unit.pictures.records(found.channel_id, found.public_id)
    except (PictureDamaged, StoreDamaged):
        return False
    except PictureMissing:
        with store.read() as unit:
            # Removed meanwhile, or its records alone are gone.
            return unit.pictures.get(found.channel_id, found.public_id) is None
    return True
