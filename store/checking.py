"""What an operator asks a store: is everything whole, and how much of what is there.

The databases' own checks see broken pages and indexes. They do not see a flipped bit, a chunk in
the wrong place or a row that was changed; reading each picture and comparing it does.
"""

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
        problems: what the database says against itself.
    """

    pictures: int
    damaged: tuple[StoredPicture, ...]
    problems: tuple[str, ...]


def check(store: Store, at: datetime) -> Findings:
    """Reads everything; marks damaged pictures and leaves the others alone.

    Others can go on meanwhile: each picture is read in a unit of its own.
    """
    problems = store.problems()
    damaged: list[StoredPicture] = []
    pictures = last = 0
    while True:
        with store.read() as unit:
            batch = unit.pictures.after(last, limit=_BATCH)
        if not batch:
            problems += _damaged_interventions(store)
            return Findings(pictures, tuple(damaged), tuple(problems))
        for found in batch:
            pictures += 1
            if not _is_whole(store, found):
                damaged.append(found)
                with store.write() as unit:
                    unit.pictures.mark_damaged(found.channel_id, found.public_id, at)
        last = batch[-1].id


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
            **store.sizes(),
        }


def _damaged_interventions(store: Store) -> list[str]:
    """One line for each whose bytes or records are not what was given; each read by itself."""
    found: list[str] = []
    last = 0
    while True:
        with store.read() as unit:
            batch = unit.interventions.after(last, limit=_BATCH)
        if not batch:
            return found
        for number in batch:
            try:
                with store.read() as unit:
                    unit.interventions.content(number)
                    unit.interventions.records(number)
            except (PictureDamaged, StoreDamaged):
                found.append(f"intervention {number} is damaged")
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
