"""What an operator asks a store: is everything whole, and how much of what is there.

The databases' own checks see broken pages and indexes. They do not see a flipped bit, a chunk in
the wrong place or a row that was changed; reading each image and comparing it does.
"""

from dataclasses import dataclass
from datetime import datetime

from store.errors import ImageDamaged, ImageMissing, StoreDamaged
from store.opening import Store
from store.values import StoredImage

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a check.

    Attributes:
        images: how many were read.
        damaged: those whose bytes or records are not what was given; they are marked now.
        problems: what the database says against itself.
    """

    images: int
    damaged: tuple[StoredImage, ...]
    problems: tuple[str, ...]


def check(store: Store, at: datetime) -> Findings:
    """Reads everything; marks damaged images and leaves the others alone.

    Others can go on meanwhile: each image is read in a unit of its own.
    """
    problems = store.problems()
    damaged: list[StoredImage] = []
    images = last = 0
    while True:
        with store.read() as unit:
            batch = unit.images.after(last, limit=_BATCH)
        if not batch:
            problems += _damaged_interventions(store)
            return Findings(images, tuple(damaged), tuple(problems))
        for found in batch:
            images += 1
            if not _is_whole(store, found):
                damaged.append(found)
                with store.write() as unit:
                    unit.images.mark_damaged(found.channel_id, found.public_id, at)
        last = batch[-1].id


def statistics(store: Store, now: datetime) -> dict[str, int]:
    """Numbers for the operator, by name; nothing that people typed."""
    with store.read() as unit:
        return {
            "channels": unit.channels.count(),
            "open channels": unit.channels.count(open_at=now),
            "seats held": unit.seats.count(),
            "images": unit.images.count(),
            "image bytes": unit.images.total_bytes(),
            "damaged images": unit.images.count_damaged(),
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
            except (ImageDamaged, StoreDamaged):
                found.append(f"intervention {number} is damaged")
        last = batch[-1]


def _is_whole(store: Store, found: StoredImage) -> bool:
    try:
        with store.read() as unit:
            unit.images.content(found.channel_id, found.public_id)
            unit.images.records(found.channel_id, found.public_id)
    except (ImageDamaged, StoreDamaged):
        return False
    except ImageMissing:
        with store.read() as unit:
            # Removed meanwhile, or its records alone are gone.
            return unit.images.get(found.channel_id, found.public_id) is None
    return True
