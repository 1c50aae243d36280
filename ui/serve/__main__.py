"""The command: `python -m ui.serve`."""

import argparse
import ipaddress
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rsa_core import cores
from ui.serve import proxies
from ui.serve.proxies import PROXIES
from ui.serve.server import Server, is_free
from ui.serve.telling import EVERY_ADDRESS, say

_NO_PROXY = (
    "No proxy is installed. Install HAProxy, nginx or Caddy (for example: apt-get install "
    "haproxy), or serve from one process: streamlit run Home.py"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is told to end; gives the exit status."""
    options = _options(arguments)
    proxy = proxies.find(options.proxy)
    if proxy is None:
        wanted = PROXIES[options.proxy].title if options.proxy else ""
        say(f"{wanted} is not installed." if wanted else _NO_PROXY)
        return 2
    if not is_free(options.address, options.port):
        say(f"Port {options.port} of {options.address} is taken. Choose another one with --port.")
        return 2
    with tempfile.TemporaryDirectory(prefix="rsa-images-") as folder:
        return Server(options, proxy, Path(folder)).run()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m ui.serve", description="Serves from several processes behind a proxy."
    )
    parser.add_argument("--processes", type=_number(1, 64), default=len(cores.ALL))
    parser.add_argument("--address", type=_address, default=EVERY_ADDRESS, help="default: all")
    parser.add_argument("--port", type=_number(1, 65535), default=8501)
    parser.add_argument(
        "--base-path", type=_base_path, default="", help="prefix of all paths: /school"
    )
    parser.add_argument(
        "--proxy", choices=list(PROXIES), default="", help="default: the first found"
    )
    parser.add_argument(
        "--drain",
        type=_number(0, 86_400),
        default=60,
        metavar="SECONDS",
        help="after SIGTERM, for open pages to close (default: 60)",
    )
    return parser.parse_args(arguments)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if re.fullmatch("[0-9]{1,6}", text) is None or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most:,} is needed")
        return int(text)

    return read


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise argparse.ArgumentTypeError("an address of this machine is needed") from None


def _base_path(text: str) -> str:
    path = text.strip("/")
    if path and re.fullmatch("[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", path) is None:
        raise argparse.ArgumentTypeError("letters, digits, - and _ are taken, such as /school")
    return f"/{path}" if path else ""


if __name__ == "__main__":
    sys.exit(main())
