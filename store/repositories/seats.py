"""Seats: taken under a name, found by the hash of their token, given up."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, func, or_, select, update

from store.errors import NameTaken
from store.repositories.base import Repository
from store.repositories.channels import COLUMNS as CHANNEL_COLUMNS
from store.schema import (
    HELD,
    IN_FORCE,
    attack,
    channel,
    finding,
    key_swap,
    key_swap_signer,
    picture,
    picture_recipient,
    seat,
    seat_record,
)
from store.values import ChannelRow, SeatRow

_COLUMNS = tuple(seat.c[field.name] for field in fields(SeatRow))

# Built once: every act begins with it, and every tick of every page.
_ASKING = (
    select(*_COLUMNS, *CHANNEL_COLUMNS)
    .join(channel, channel.c.id == seat.c.channel_id)
    .where(seat.c.token_hash == bindparam("token_hash"))
)
# For every open page of a process, at each change: little of each, then all of a few.
_NEWEST = (
    select(seat.c.token_hash, channel.c.last_seq)
    .join(channel, channel.c.id == seat.c.channel_id)
    .where(
        seat.c.token_hash.in_(bindparam("token_hashes", expanding=True)),
        HELD,
        channel.c.closed_at.is_(None),
        channel.c.expires_at > bindparam("at"),
    )
)
_ALL_ASKING = (
    select(seat.c.token_hash, *_COLUMNS, *CHANNEL_COLUMNS)
    .join(channel, channel.c.id == seat.c.channel_id)
    .where(seat.c.token_hash.in_(bindparam("token_hashes", expanding=True)))
)


class Seats(Repository):
    """Adds and finds seats."""

    def add(
        self,
        *,
        channel_id: int,
        public_id: str,
        name: str,
        name_key: str,
        role: str,
        token_hash: bytes,
        joined_at: datetime,
        public_key: bytes | None = None,
        locked_key: bytes | None = None,
        classroom_public_key: bytes | None = None,
        locked_classroom_key: bytes | None = None,
        waiting: bool = False,
    ) -> SeatRow:
        """Takes a seat. `name_key` is the form of the name in which equal names are equal.

        Raises:
            NameTaken: a seat of this role that has not left has the same `name_key`.
            StoreRefused: there is no such channel, or the token or id exists already.
        """
        row = self._connection.execute(
            self._insert(seat)
            .values(
                channel_id=channel_id,
                public_id=public_id,
                name=name,
                name_key=name_key,
                role=role,
                token_hash=token_hash,
                joined_at=joined_at,
                last_seen_at=joined_at,
                public_key=public_key,
                locked_key=locked_key,
                classroom_public_key=classroom_public_key,
                locked_classroom_key=locked_classroom_key,
                waiting=waiting,
            )
            .on_conflict_do_nothing(
                index_elements=[seat.c.channel_id, seat.c.role, seat.c.name_key],
                index_where=HELD,
            )
            .returning(*_COLUMNS)
        ).one_or_none()
        if row is None:
            raise NameTaken
        return SeatRow(*row)

    def asking(self, token_hash: bytes) -> tuple[SeatRow, ChannelRow] | None:
        """The seat with this token, even one that was left, and its channel, in one look.

        In a unit that writes, acts in the channel wait for this one from here on.
        """
        if self._writes:
            held = select(seat.c.channel_id).where(seat.c.token_hash == token_hash)
            channel_id = self._connection.scalar(held)
            if channel_id is not None:
                self._hold(channel_id)
        row = self._connection.execute(_ASKING, {"token_hash": token_hash}).one_or_none()
        if row is None:
            return None
        return SeatRow(*row[: len(_COLUMNS)]), ChannelRow(*row[len(_COLUMNS) :])

    def newest(self, token_hashes: Collection[bytes], at: datetime) -> dict[bytes, int]:
        """Number of the newest event in the channel of each seat, by the hash of its token.

        Those that are held in a channel which is open at `at`.
        """
        if not token_hashes:
            return {}
        asked = {"token_hashes": list(token_hashes), "at": at}
        return {row[0]: row[1] for row in self._connection.execute(_NEWEST, asked)}

    def all_asking(
        self, token_hashes: Collection[bytes]
    ) -> dict[bytes, tuple[SeatRow, ChannelRow]]:
        """Those of these seats that there are, by the hash of their token, each with its channel.

        It only reads: acts in the channels do not wait.
        """
        if not token_hashes:
            return {}
        rows = self._connection.execute(_ALL_ASKING, {"token_hashes": list(token_hashes)})
        split = 1 + len(_COLUMNS)
        return {row[0]: (SeatRow(*row[1:split]), ChannelRow(*row[split:])) for row in rows}

    def get(self, seat_id: int) -> SeatRow | None:
        """The seat with this id; None when there is none."""
        row = self._connection.execute(select(*_COLUMNS).where(seat.c.id == seat_id)).one_or_none()
        return None if row is None else SeatRow(*row)

    def by_ids(self, seat_ids: Collection[int]) -> dict[int, SeatRow]:
        """The seats with these ids, those that left among them."""
        if not seat_ids:
            return {}
        rows = self._connection.execute(select(*_COLUMNS).where(seat.c.id.in_(seat_ids)))
        return {found.id: found for found in (SeatRow(*row) for row in rows)}

    def in_channel(self, channel_id: int, *, with_left: bool = False) -> list[SeatRow]:
        """The channel's seats in the order of joining; those that left only when asked for."""
        statement = select(*_COLUMNS).where(seat.c.channel_id == channel_id)
        if not with_left:
            statement = statement.where(HELD)
        rows = self._connection.execute(statement.order_by(seat.c.joined_at, seat.c.id))
        return [SeatRow(*row) for row in rows]

    def left_with_pictures(self, channel_id: int) -> list[SeatRow]:
        """Seats that were left while a picture that they sent or got is still in the channel."""
        sent = exists().where(picture.c.sender_id == seat.c.id)
        got = exists().where(picture_recipient.c.seat_id == seat.c.id)
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(seat.c.channel_id == channel_id, ~HELD, or_(sent, got))
            .order_by(seat.c.id)
        )
        return [SeatRow(*row) for row in rows]

    def count(self) -> int:
        """Number of seats in all channels that have not been left."""
        return self._connection.scalars(select(func.count()).where(HELD)).one()

    def approve(self, seat_id: int) -> None:
        """Lets in a seat that was waiting."""
        self._set(seat_id, waiting=False)

    def touch(self, seen: Mapping[int, datetime]) -> None:
        """Notes when people were there last, by the ids of their seats."""
        statement = (
            update(seat).where(seat.c.id == bindparam("one")).values(last_seen_at=bindparam("at"))
        )
        # Always in the same order: two servers that do this at once would block one another.
        self._connection.execute(
            statement, [{"one": seat_id, "at": seen[seat_id]} for seat_id in sorted(seen)]
        )

    def leave(self, seat_id: int, at: datetime) -> None:
        """Gives the seat up; its name is free again. The first time counts.

        What only the seat's token could open goes at once: findings, attack, sealed record, the
        private halves of its keys and of those it showed instead of others'. Key swaps by it and
        against it end. The name and the public keys stay until the channel ends: pictures are
        checked and shown with them.
        """
        self._connection.execute(delete(finding).where(finding.c.seat_id == seat_id))
        self._connection.execute(delete(attack).where(attack.c.seat_id == seat_id))
        self._connection.execute(delete(seat_record).where(seat_record.c.seat_id == seat_id))
        own = key_swap.c.interceptor_id == seat_id
        theirs = or_(own, key_swap.c.receiver_id == seat_id)
        self._connection.execute(update(key_swap).where(theirs, IN_FORCE).values(ended_at=at))
        self._connection.execute(update(key_swap).where(own).values(locked_key=b""))
        signers = key_swap_signer.c.key_swap_id.in_(select(key_swap.c.id).where(own))
        self._connection.execute(update(key_swap_signer).where(signers).values(locked_key=b""))
        self._connection.execute(
            update(seat)
            .where(seat.c.id == seat_id, HELD)
            .values(left_at=at, locked_key=None, locked_classroom_key=None)
        )

    def set_classroom_keys(
        self, seat_id: int, *, public_key: bytes | None, locked_key: bytes | None
    ) -> None:
        """Replaces the classroom key."""
        self._set(seat_id, classroom_public_key=public_key, locked_classroom_key=locked_key)

    def _set(self, seat_id: int, **values: object) -> None:
        self._connection.execute(update(seat).where(seat.c.id == seat_id).values(**values))
