"""How soon open pages see what was sent, and what they cost: `python -m benchmarks.live`."""
