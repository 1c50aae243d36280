"""Whose address a request counts for, and whether it comes from one of our own pages."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

ADDRESS_HEADER = "x-rsa-images-address"  # how pages learn whom a visitor counts as

Headers = list[tuple[bytes, bytes]]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def header(headers: Headers, name: bytes) -> str | None:
    """The header's last value; None without one."""
    found = [value for key, value in headers if key == name]
    return found[-1].decode("latin-1").strip() if found else None


def address_of(peer: str, headers: Headers, proxies: frozenset[str]) -> str:
    """The address that a request counts for.

    X-Forwarded-For counts only from a proxy that the operator names, and there only the entry
    that the nearest such proxy wrote: everything to its left came from the visitor.
    """
    return counted(_sender(peer, headers, proxies))


def is_proxy(peer: str, proxies: frozenset[str]) -> bool:
    """Whether the operator names this peer as a proxy."""
    return "*" in proxies or (plain(peer) or peer) in proxies


def counted(address: str) -> str:
    """What limits count an address as.

    One IPv6 host has the 2**64 addresses of its network at hand, so those are one. A link-local
    network is a whole LAN: there each address is one.
    """
    try:
        found = ipaddress.ip_address(plain(address) or "")
    except ValueError:
        return address
    if found.version == 6 and not found.is_link_local and not found.is_loopback:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def plain(entry: str) -> str | None:
    """An address without port, brackets, zone and IPv4-in-IPv6 form; None for anything else."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        found = ipaddress.ip_address(entry.partition("%")[0])
    except ValueError:
        return None
    inner = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(inner or found)


def _sender(peer: str, headers: Headers, proxies: frozenset[str]) -> str:
    if not is_proxy(peer, proxies):
        return peer
    lines = [value.decode("latin-1") for key, value in headers if key == b"x-forwarded-for"]
    for entry in reversed([part.strip() for part in ",".join(lines).split(",")]):
        address = plain(entry)
        if address is None:
            break
        if address not in proxies:
            return address
    return peer


def same_origin(headers: Headers, allowed: Iterable[str] = ()) -> bool:
    """Whether a request may come from where it says.

    Browsers always name the page that opens a WebSocket or changes something; anything that names
    none is not a browser.

    Args:
        headers: of the request, names in lower case.
        allowed: further origins, as "https://name".
    """
    origin = header(headers, b"origin")
    if origin is None:
        return True
    host = header(headers, b"host")
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        ours = urlsplit(f"//{host}")
        own_port = ours.port or _DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return False
    if host and parts.hostname and (parts.hostname, port) == (ours.hostname, own_port):
        return True
    return origin in allowed
