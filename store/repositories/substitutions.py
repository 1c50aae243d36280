"""Key swaps: keys that interceptors show to senders instead of receivers' keys.

At most one is in force for each receiver. An ended one is kept, to tell what was sealed under its
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
    picture,
    picture_recipient,
    substitution,
    substitution_signer,
)
from store.values import Signer, Substitution


class Substitutions(Repository):
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
    ) -> Substitution:
        """Shows this key instead of the receiver's from now on.

        Raises:
            NameTaken: one is in force for this receiver already.
        """
        row = self._connection.execute(
            self._insert(substitution)
            .values(
                channel_id=channel_id,
                receiver_id=receiver_id,
                interceptor_id=interceptor_id,
                started_at=at,
                public_key=public_key,
                fingerprint=fingerprint,
                locked_key=locked_key,
            )
            .on_conflict_do_nothing(
                index_elements=[substitution.c.receiver_id], index_where=IN_FORCE
            )
            .returning(*substitution.c)
        ).one_or_none()
        if row is None:
            raise NameTaken
        return Substitution(**row._mapping)

    def in_channel(self, channel_id: int) -> list[Substitution]:
        """All of the channel, ended ones too, the oldest first."""
        return self._listed(substitution.c.channel_id == channel_id)

    def in_force(self, receiver_id: int) -> Substitution | None:
        """The one that hides this receiver's key now; None when its true key is shown."""
        found = self._listed(substitution.c.receiver_id == receiver_id, IN_FORCE)
        return found[0] if found else None

    def waiting(self, interceptor_id: int) -> list[tuple[int, str]]:
        """What was sealed under this seat's keys and not yet sealed again, oldest first.

        Returns:
            Id of the key swap and the picture's public id. What was discovered waits no more.
        """
        relayed = and_(
            intervention.c.picture_id == picture.c.id,
            intervention.c.receiver_id == substitution.c.receiver_id,
        )
        rows = self._connection.execute(
            select(substitution.c.id, picture.c.public_id)
            .join(
                picture_recipient,
                and_(
                    picture_recipient.c.seat_id == substitution.c.receiver_id,
                    picture_recipient.c.fingerprint == substitution.c.fingerprint,
                ),
            )
            .join(picture, picture.c.id == picture_recipient.c.picture_id)
            .outerjoin(intervention, relayed)
            .where(
                substitution.c.interceptor_id == interceptor_id,
                substitution.c.discovered_at.is_(None),
                picture.c.damaged_at.is_(None),
                intervention.c.id.is_(None),
            )
            .order_by(picture.c.id)
        )
        return [(number, public_id) for number, public_id in rows]

    def read_count(self, substitution_id: int) -> int:
        """How many pictures its interceptor has read."""
        relayed = select(func.count()).where(intervention.c.substitution_id == substitution_id)
        return self._connection.scalars(relayed).one()

    def end(self, substitution_id: int, at: datetime) -> None:
        """Shows the receiver's true key again; the first time counts."""
        self._connection.execute(
            update(substitution)
            .where(substitution.c.id == substitution_id, IN_FORCE)
            .values(ended_at=at)
        )

    def mark_discovered(self, substitution_id: int, at: datetime) -> None:
        """Notes that two people found out; the first time counts."""
        self._connection.execute(
            update(substitution)
            .where(substitution.c.id == substitution_id, substitution.c.discovered_at.is_(None))
            .values(discovered_at=at)
        )

    def add_signer(self, new: Signer) -> Signer:
        """Keeps the key that signs instead of a sender's; the first one stays, and is given."""
        self._connection.execute(
            self._insert(substitution_signer)
            .values(**asdict(new))
            .on_conflict_do_nothing(index_elements=["substitution_id", "sender_id"])
        )
        kept = self.signer(new.substitution_id, new.sender_id)
        return new if kept is None else kept

    def signer(self, substitution_id: int, sender_id: int) -> Signer | None:
        """The key that signs instead of this sender's; None before there is one."""
        found = self.signers(substitution_id, substitution_signer.c.sender_id == sender_id)
        return found[0] if found else None

    def signers(self, substitution_id: int, *conditions: ColumnElement[bool]) -> list[Signer]:
        """All keys that sign instead of senders', by sender."""
        rows = self._connection.execute(
            select(substitution_signer)
            .where(substitution_signer.c.substitution_id == substitution_id, *conditions)
            .order_by(substitution_signer.c.sender_id)
        )
        return [Signer(**row._mapping) for row in rows]

    def _listed(self, *conditions: ColumnElement[bool]) -> list[Substitution]:
        rows = self._connection.execute(
            select(substitution).where(*conditions).order_by(substitution.c.id)
        )
        return [Substitution(**row._mapping) for row in rows]
