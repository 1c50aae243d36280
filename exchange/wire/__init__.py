"""The wire: all that an adversary does to a channel, behind one seam.

Rooms know the seam alone (`honest`); `tapped` is its other half, and what interceptors do with it.
"""

from exchange.wire.honest import Arrival, Exposed, Wire, WireOf

__all__ = ["Arrival", "Exposed", "Wire", "WireOf"]
