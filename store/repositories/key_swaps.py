"""Key swaps: keys that interceptors show to senders instead of receivers' keys.

At most one is in force for each receiver. An ended one is kept, to find what was sealed under its
key and what was signed again with a false signature.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update

from store.errors import NameTaken
from store.repositories.base import Repository
from store.schema import (
    IN_FORCE,
    intervention,
    key_swap,
    key_swap_signer,
    picture,
    picture_recipient,
)
from store.values import KeySwapRow, Signer


class KeySwaps(Repository):
    """Adds, finds and ends key swaps; keeps the keys that sign instead of senders'."""

    def add(
        self,
        *,
        channel_id: int,
        receiver_id: int,
        interceptor_id: int,
        at: datetime,
        public_key: bytes,
        fingerprint: bytes,
        locked_key: bytes,
    ) -> KeySwapRow:
        """Shows this key instead of the receiver's from now on.

        Raises:
            NameTaken: one is in force for this receiver already.
        """
        row = self._connection.execute(
            self._insert(key_swap)
            .values(
                channel_id=channel_id,
                receiver_id=receiver_id,
                interceptor_id=interceptor_id,
                started_at=at,
                public_key=public_key,
                fingerprint=fingerprint,
                locked_key=locked_key,
            )
            .on_conflict_do_nothing(index_elements=[key_swap.c.receiver_id], index_where=IN_FORCE)
            .returning(*key_swap.c)
        ).one_or_none()
        if row is None:
            raise NameTaken
        return KeySwapRow(**row._mapping)

    def in_channel(self, channel_id: int) -> list[KeySwapRow]:
        """All of the channel, ended ones too, the oldest first."""
        return self._listed(key_swap.c.channel_id == channel_id)

    def in_force(self, receiver_id: int) -> KeySwapRow | None:
        """The one that hides this receiver's key now; None when its true key is shown."""
        found = self._listed(key_swap.c.receiver_id == receiver_id, IN_FORCE)
        return found[0] if found else None

    def waiting(self, interceptor_id: int) -> list[tuple[int, str]]:
        """What was sealed under this seat's keys and not yet sealed again, oldest first.

        Returns:
            Id of the key swap and the picture's public id. What was discovered waits no more.
        """
        relayed = and_(
            intervention.c.picture_id == picture.c.id,
            intervention.c.receiver_id == key_swap.c.receiver_id,
        )
        rows = self._connection.execute(
            select(key_swap.c.id, picture.c.public_id)
            .join(
                picture_recipient,
                and_(
                    picture_recipient.c.seat_id == key_swap.c.receiver_id,
                    picture_recipient.c.fingerprint == key_swap.c.fingerprint,
                ),
            )
            .join(picture, picture.c.id == picture_recipient.c.picture_id)
            .outerjoin(intervention, relayed)
            .where(
                key_swap.c.interceptor_id == interceptor_id,
                key_swap.c.discovered_at.is_(None),
                picture.c.damaged_at.is_(None),
                intervention.c.id.is_(None),
            )
            .order_by(picture.c.id)
        )
        return [(number, public_id) for number, public_id in rows]

    def read_count(self, key_swap_id: int) -> int:
        """How many pictures its interceptor has read."""
        relayed = select(func.count()).where(intervention.c.key_swap_id == key_swap_id)
        return self._connection.scalars(relayed).one()

    def end(self, key_swap_id: int, at: datetime) -> None:
        """Shows the receiver's true key again; the first time counts."""
        self._connection.execute(
            update(key_swap).where(key_swap.c.id == key_swap_id, IN_FORCE).values(ended_at=at)
        )

    def mark_discovered(self, key_swap_id: int, at: datetime) -> None:
        """Notes that two people found out; the first time counts."""
        self._connection.execute(
            update(key_swap)
            .where(key_swap.c.id == key_swap_id, key_swap.c.discovered_at.is_(None))
            .values(discovered_at=at)
        )

    def add_signer(self, new: Signer) -> Signer:
        """Keeps the key that signs instead of a sender's; the first one stays, and is given."""
        self._connection.execute(
            self._insert(key_swap_signer)
            .values(**asdict(new))
            .on_conflict_do_nothing(index_elements=["key_swap_id", "sender_id"])
        )
        kept = self.signer(new.key_swap_id, new.sender_id)
        return new if kept is None else kept

    def signer(self, key_swap_id: int, sender_id: int) -> Signer | None:
        """The key that signs instead of this sender's; None before there is one."""
        found = self.signers(key_swap_id, key_swap_signer.c.sender_id == sender_id)
        return found[0] if found else None

    def signers(self, key_swap_id: int, *conditions: ColumnElement[bool]) -> list[Signer]:
        """All keys that sign instead of senders', by sender."""
        rows = self._connection.execute(
            select(key_swap_signer)
            .where(key_swap_signer.c.key_swap_id == key_swap_id, *conditions)
            .order_by(key_swap_signer.c.sender_id)
        )
        return [Signer(**row._mapping) for row in rows]

    def _listed(self, *conditions: ColumnElement[bool]) -> list[KeySwapRow]:
        rows = self._connection.execute(select(key_swap).where(*conditions).order_by(key_swap.c.id))
        return [KeySwapRow(**row._mapping) for row in rows]
