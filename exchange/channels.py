"""Creating channels, looking in with the key, and cleaning up what has expired."""

import secrets

import store
from exchange.desk import Desk, channel_view, token_hash
from exchange.errors import InputRefused, Unavailable
from exchange.texts import channel_name
from exchange.values import CHANNEL_KINDS, KEEP_FOR, Lobby, NewChannel

_KEY_TRIES = 8  # two of 2**50 keys meet about never; a loop without an end would be worse


class Channels(Desk):
    """The lobby's acts."""

    def create_channel(self, *, name: str, kind: str, keep_for: str) -> NewChannel:
        """Makes a channel with a fresh key, and purges the channels that have expired.

        Args:
            name: a label for people; may be empty.
            kind: "private" or "classroom".
            keep_for: one of `KEEP_FOR`.

        Raises:
            InputRefused: a name that is too long, an unknown kind or duration.
        """
        if kind not in CHANNEL_KINDS or keep_for not in KEEP_FOR:
            raise InputRefused("Choose the channel's kind and how long to keep it from the lists.")
        label = channel_name(name)
        ticket = secrets.token_urlsafe(24)
        now = self._clock()
        self.purge()
        for _ in range(_KEY_TRIES):
            key = store.new_channel_key()
            try:
                with self._writing() as unit:
                    channel = unit.channels.add(
                        public_id=secrets.token_hex(16),
                        key_digest=self._store.key_digest(key),
                        name=label,
                        kind=kind,
                        created_at=now,
                        expires_at=now + KEEP_FOR[keep_for],
                        owner_ticket_hash=token_hash(ticket),
                    )
                    unit.events.add(channel.id, "created", now)
            except store.DuplicateKey:
                continue
            return NewChannel(channel_view(channel), key, ticket)
        raise Unavailable("No free channel key was found. Please try again.")

    def join(self, key: str) -> Lobby:
        """Looks into the channel that this key opens, before a seat is taken.

        Raises:
            NotAdmitted: no open channel has this key.
        """
        with self._reading() as unit:
            channel = self._admit(unit, key)
            seats = unit.seats.in_channel(channel.id)
        people = tuple(self._person(seat, channel) for seat in seats)
        return Lobby(channel_view(channel), people)

    def purge(self) -> int:
        """Removes the images of expired and closed channels, and of no other.

        Returns:
            The number of images removed; what was purged is an event of its channel.
        """
        now = self._clock()
        removed = 0
        with self._writing() as unit:
            for channel in unit.channels.expired(now):
                count = unit.images.purge(channel.id)
                unit.channels.mark_purged(channel.id, now)
                unit.events.add(channel.id, "purged", now, detail=str(count))
                removed += count
        if removed:
            self._store.compact()
        return removed
