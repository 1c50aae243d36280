"""What is worked out once for all the pages of a channel, until the next event in it."""

from typing import Generic, TypeVar

import store

_CHANNELS = 1000  # held at most, here

Made = TypeVar("Made")


class HeldAtEvent(Generic[Made]):
    """One value for each channel, good as long as the channel's newest event is the same.

    For what no change can concern that is no event. Threads may share it: two that miss at the
    same time work out the same.
    """

    def __init__(self) -> None:
        """Holds nothing yet."""
        self._held: dict[int, tuple[int, Made]] = {}

    def get(self, channel: store.ChannelRow) -> Made | None:
        """What was put at the channel's newest event; None when nothing was."""
        last_seq, made = self._held.get(channel.id, (None, None))
        return made if last_seq == channel.last_seq else None

    def put(self, channel: store.ChannelRow, made: Made) -> Made:
        """Holds it, in the place of what was held for this channel; gives it back."""
        if len(self._held) >= _CHANNELS:
            self._held.clear()
        self._held[channel.id] = (channel.last_seq, made)
        return made
