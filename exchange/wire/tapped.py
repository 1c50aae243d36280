"""The wires of all channels, and an interceptor's acts on those that can be tapped."""

from collections.abc import Sequence
from contextlib import suppress

import store
from exchange.desk import Act, Desk
from exchange.errors import ExchangeError
from exchange.values import Seat
from exchange.wire import arriving, keys
from exchange.wire.honest import Arrival, Exposed, choosing
from exchange.wire.relaying import Relaying
from exchange.wire.tampering import Tampering
from exchange.wire.told import told


class Wires:
    """One for every channel: `of`."""

    def __init__(self, desk: Desk) -> None:
        self.tampering = Tampering(desk)
        self.relaying = Relaying(desk)
        self.keys = keys.KeySwaps(desk, self.relaying)
        self.of = choosing(Tapped(self.relaying))


class Tapped:
    """The wire of a classroom channel."""

    def __init__(self, relaying: Relaying) -> None:
        self._relaying = relaying

    def keys_shown(self, act: Act) -> dict[int, bytes]:
        return keys.keys_shown(act)

    def arrivals(self, act: Act, pictures: Sequence[store.StoredPicture]) -> list[Arrival]:
        return arriving.arrivals(act, pictures)

    def told(self, act: Act, rows: list[store.EventRow]) -> list[store.EventRow]:
        return told(act, rows)

    def expose(self, act: Act, peer: store.SeatRow) -> Exposed | None:
        return keys.expose(act, peer)

    def was_false(
        self, act: Act, alarm: store.AlarmRow, other: store.SeatRow, fingerprint: bytes
    ) -> bool:
        return keys.was_false(act, alarm, other, fingerprint)

    def before_leaving(self, seat: Seat) -> None:
        if seat.role == "interceptor":
            with suppress(ExchangeError):
                self._relaying.relay(seat)
