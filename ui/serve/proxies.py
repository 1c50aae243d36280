"""The proxy before the processes: which one is installed, and its configuration."""

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

COOKIE = "rsa_images_node"
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/sbin")  # not in every PATH


@dataclass(frozen=True, slots=True)
class Node:
    """One process of the application.

    Attributes:
        name: in the proxy's configuration, and in the cookie of HAProxy and nginx.
        port: on 127.0.0.1.
    """

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Proxy:
    """A kind of proxy.

    Attributes:
        title: its name for people.
        template: of its configuration, a file beside this one.
        options: before and after the configuration's name on its command line.
    """

    title: str
    template: str
    options: tuple[tuple[str, ...], tuple[str, ...]]

    def command(self, program: str, config: Path) -> list[str]:
        """What runs it in the foreground."""
        before, after = self.options
        return [program, *before, str(config), *after]


PROXIES = {
    "haproxy": Proxy("HAProxy", "haproxy.cfg", (("-db", "-f"), ())),
    "nginx": Proxy("nginx", "nginx.conf", (("-c",), ())),
    "caddy": Proxy("Caddy", "Caddyfile", (("run", "--config"), ("--adapter", "caddyfile"))),
}


def find(wanted: str = "") -> tuple[str, str] | None:
    """Name and program of the wanted proxy, or of the first that is installed; None for none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])
    for name in [wanted] if wanted else PROXIES:
        if program := shutil.which(name, path=path):
            return name, program
    return None


def write(
    name: str, folder: Path, nodes: Sequence[Node], *, address: str, port: int, base: str
) -> Path:
    """Writes the configuration into the folder; visitors come to this address and port.

    `base` is the prefix of every path, such as "/school", or "".
    """
    template = (Path(__file__).parent / PROXIES[name].template).read_text("utf-8")
    made = jinja2.Template(template, undefined=jinja2.StrictUndefined).render(
        nodes=nodes,
        address=f"[{address}]" if ":" in address else address,
        port=port,
        base=base,
        folder=folder,
        cookie=COOKIE,
        secret=secrets.token_hex(16),
    )
    target = folder / PROXIES[name].template
    target.write_text(made + "\n", "utf-8")
    return target
