"""Sender: choose pictures and recipients, encrypt, send, and see who opened them."""

from ui import sender

sender.page()
