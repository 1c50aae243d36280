"""Compare: one picture under every scheme and several keys, side by side. Needs no seat."""

from ui import compare

compare.page()
