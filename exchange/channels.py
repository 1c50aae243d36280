"""Creating channels, and looking in with the key."""

import secrets

import store
from exchange.cleaning import Cleaning
from exchange.desk import channel_view, token_hash
from exchange.errors import InputRefused, Unavailable
from exchange.texts import channel_name
from exchange.values import CHANNEL_KINDS, KEEP_FOR, Lobby, NewChannel
from rsa_core.turns import NOBODY, Visitor

_PURGE_SECONDS = 5.0  # what is left then goes with the next cleaning
_KEY_TRIES = 8  # two of 2**50 keys meet about never; a loop without an end would be worse


class Channels(Cleaning):
    """The lobby's acts."""

    def create_channel(
        self, *, name: str, kind: str, keep_for: str, visitor: Visitor = NOBODY
    ) -> NewChannel:
        """Makes a channel with a fresh key, and purges the channels that have expired.

        Args:
            name: a label for people; may be empty.
            kind: "private" or "classroom".
            keep_for: one of `KEEP_FOR`.
            visitor: who asks.

        Raises:
            TooManyTries: this address has made many channels.
            InputRefused: a name that is too long, an unknown kind or duration.
        """
        if kind not in CHANNEL_KINDS or keep_for not in KEEP_FOR:
            raise InputRefused("Choose the channel's kind and how long to keep it from the lists.")
        label = channel_name(name)
        ticket = secrets.token_urlsafe(24)
        now = self._clock()
        with self._writing() as unit:
            slow = self._admission.before_channel(unit, visitor, now)
        if slow:
            self._admission.slow_down()
        self.purge(seconds=_PURGE_SECONDS)
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

    def join(self, key: str, visitor: Visitor = NOBODY) -> Lobby:
        """Tries a channel key that somebody typed or followed.

        Raises:
            NotAdmitted: no open channel has this key.
            TooManyTries: this session or address has tried too many wrong ones.
        """
        with self._writing() as unit:
            slow = self._admission.before_key(unit, visitor, self._clock())
        if slow:
            self._admission.slow_down()
        lobby = self.look_in(key)
        with self._writing() as unit:
            self._admission.after_right_key(unit, visitor)
        return lobby

    def look_in(self, key: str) -> Lobby:
        """The channel of a key that `join` found right before: who is there now.

        Raises:
            NotAdmitted: no open channel has this key.
        """
        with self._reading() as unit:
            channel = self._admit(unit, key)
            seats = unit.seats.in_channel(channel.id)
        people = tuple(self._person(seat, channel) for seat in seats)
        return Lobby(channel_view(channel), people)
