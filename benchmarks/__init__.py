"""What was promised about speed and memory, measured: `python -m benchmarks.crypto`."""
