"""Receiver: the inbox, and the pictures that this seat's key opens."""

from ui import receiver

receiver.page()
