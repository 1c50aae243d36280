"""Interceptor: every ciphertext of the channel, and nothing else."""

from ui import interceptor

interceptor.page()
