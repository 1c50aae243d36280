"""Channels: made, found by the digest of their key, governed, ended."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update

from store.errors import DuplicateKey
from store.repositories.base import Repository
from store.schema import channel, seat
from store.values import ChannelRow

COLUMNS = tuple(channel.c[field.name] for field in fields(ChannelRow))


class Channels(Repository):
    """Adds and finds channels."""

    def add(
        self,
        *,
        public_id: str,
        key_digest: bytes,
        name: str,
        kind: str,
        created_at: datetime,
        expires_at: datetime,
        owner_ticket_hash: bytes,
    ) -> ChannelRow:
        """Makes a channel; the first seat to bring the ticket becomes its owner.

        Raises:
            DuplicateKey: another channel has this key.
        """
        row = self._connection.execute(
            self._insert(channel)
            .values(
                public_id=public_id,
                key_digest=key_digest,
                name=name,
                kind=kind,
                created_at=created_at,
                expires_at=expires_at,
                owner_ticket_hash=owner_ticket_hash,
            )
            .on_conflict_do_nothing(index_elements=[channel.c.key_digest])
            .returning(*COLUMNS)
        ).one_or_none()
        if row is None:
            raise DuplicateKey
        return ChannelRow(*row)

    def by_key(self, key_digest: bytes) -> ChannelRow | None:
        """The channel with this key, whatever its state; None when there is none."""
        return self._one(channel.c.key_digest == key_digest)

    def get(self, channel_id: int) -> ChannelRow | None:
        """The channel with this id; None when there is none."""
        return self._one(channel.c.id == channel_id)

    def claim_owner(self, channel_id: int, seat_id: int, owner_ticket_hash: bytes) -> bool:
        """Makes the seat the owner. True when the ticket fits and there was no owner."""
        of_this_channel = exists().where(seat.c.id == seat_id, seat.c.channel_id == channel_id)
        claimed = self._connection.execute(
            update(channel)
            .where(
                channel.c.id == channel_id,
                channel.c.owner_id.is_(None),
                channel.c.owner_ticket_hash == owner_ticket_hash,
                of_this_channel,
            )
            .values(owner_id=seat_id)
        )
        return claimed.rowcount == 1

    def set_rules(
        self,
        channel_id: int,
        *,
        locked: bool | None = None,
        approval: bool | None = None,
        interceptors: bool | None = None,
        tampering: bool | None = None,
    ) -> None:
        """Changes those rules of `ChannelRow` that are given."""
        rules = {
            "locked": locked,
            "approval": approval,
            "interceptors": interceptors,
            "tampering": tampering,
        }
        if given := {name: value for name, value in rules.items() if value is not None}:
            self._set(channel_id, **given)

    def change_key(self, channel_id: int, key_digest: bytes) -> None:
        """Gives the channel another key; the old one finds nothing from now on.

        Raises:
            DuplicateKey: another channel has this key.
        """
        other = select(channel.c.id).where(channel.c.key_digest == key_digest)
        if self._connection.scalar(other) not in (None, channel_id):
            raise DuplicateKey
        self._set(channel_id, key_digest=key_digest)

    def extend(self, channel_id: int, expires_at: datetime) -> None:
        """Moves the channel's end."""
        self._set(channel_id, expires_at=expires_at)

    def close(self, channel_id: int, at: datetime) -> None:
        """Ends the channel; the first time counts."""
        self._connection.execute(
            update(channel)
            .where(channel.c.id == channel_id, channel.c.closed_at.is_(None))
            .values(closed_at=at)
        )

    def count(self, *, open_at: datetime | None = None) -> int:
        """Number of channels; with a time, of those that are open then."""
        statement = select(func.count()).select_from(channel)
        if open_at is not None:
            statement = statement.where(
                channel.c.expires_at > open_at, channel.c.closed_at.is_(None)
            )
        return self._connection.scalars(statement).one()

    def _set(self, channel_id: int, **values: object) -> None:
        self._connection.execute(update(channel).where(channel.c.id == channel_id).values(**values))

    def _one(self, condition: ColumnElement[bool]) -> ChannelRow | None:
        statement = select(*COLUMNS).where(condition)
        if self._writes:
            statement = statement.with_for_update(key_share=True)  # as `_hold`, in one step
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else ChannelRow(*row)
