"""Asks the package index whether every pin has a wheel for each Python and platform we name.

    python -m tests.wheels

Not a test: it needs the network, for metadata only. `make lock` is followed by it.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = (
    "x86_64-manylinux_2_28",  # Community Cloud, servers, most laptops
    "aarch64-manylinux_2_28",  # a Raspberry Pi in the classroom
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)


def missing(python: str, platform: str) -> str:
    """What the index lacks for this Python on this platform; "" when nothing."""
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    command = [str(uv), "pip", "compile", "constraints.txt", "--quiet", "--no-header"]
    command += ["--no-deps", "--only-binary", ":all:", "--no-python-downloads"]
    command += ["--python-version", python, "--python-platform", platform]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stderr.strip() if done.returncode else ""


def main() -> int:
    worst = 0
    for platform in PLATFORMS:
        for python in PYTHONS:
            lacking = missing(python, platform)
            print(f"{platform:24} {python}  {lacking or 'every pin has a wheel'}", flush=True)
            worst = max(worst, bool(lacking))
    return worst


if __name__ == "__main__":
    sys.exit(main())
