"""The README's own command, on a machine that has never seen Streamlit."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_first_start_asks_for_nothing_and_serves(tmp_path):
    """With a screen, as on a teacher's laptop; nobody types anything into the terminal."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "bin").mkdir()
    environment = {
        "PATH": str(tmp_path / "bin"),  # without a browser to open
        "HOME": str(tmp_path),
        "DISPLAY": ":99",
        "BROWSER": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'channels.db'}",
        "PYTHONUNBUFFERED": "1",
        **{name: os.environ[name] for name in ("TMPDIR",) if name in os.environ},
    }
    command = [sys.executable, "-m", "streamlit", "run", "Home.py"]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port)]
    log = tmp_path / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, *options, "--server.headless", "false"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert answers(f"http://127.0.0.1:{port}/_stcore/health"), log.read_text()
    finally:
        process.kill()
        process.communicate(timeout=10)
    assert "email" not in log.read_text().lower()


def answers(url: str) -> bool:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).read()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
