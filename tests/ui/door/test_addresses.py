"""Whom a request counts for, and which pages may speak to us."""

import pytest

from ui.door.addresses import address_of, counted, same_origin

PROXY = frozenset({"127.0.0.1"})


def forwarded(*lines: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", line.encode()) for line in lines]


def test_without_a_named_proxy_nobody_can_say_who_they_are():
    assert address_of("127.0.0.1", forwarded("203.0.113.5"), frozenset()) == "127.0.0.1"
    assert address_of("198.51.100.7", forwarded("203.0.113.5"), PROXY) == "198.51.100.7"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["203.0.113.5"], "203.0.113.5"),
        (["6.6.6.6, 203.0.113.5"], "203.0.113.5"),
        (["6.6.6.6", "203.0.113.5"], "203.0.113.5"),
        (["203.0.113.5, 127.0.0.1"], "203.0.113.5"),
        (["203.0.113.5:4711"], "203.0.113.5"),
        (["[2001:db8::7]:4711"], "2001:db8::/64"),
        (["2001:db8::7"], "2001:db8::/64"),
        (["::ffff:203.0.113.5"], "203.0.113.5"),
        (["6.6.6.6, nonsense"], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
def test_a_named_proxys_own_entry_counts_and_no_earlier_one(lines, address):
    assert address_of("127.0.0.1", forwarded(*lines), PROXY) == address


def test_a_host_with_very_many_addresses_counts_once():
    assert counted("2001:db8::1") == counted("2001:db8::ffff:1:2:3") != counted("2001:db8:0:1::1")
    assert counted("fe80::1%eth0") == "fe80::1" != counted("fe80::2%eth0")
    assert counted("::1") == "::1"
    assert counted("::ffff:198.51.100.7") == counted("198.51.100.7") == "198.51.100.7"
    assert counted("") == ""


def test_a_proxy_is_known_in_either_form():
    assert address_of("::ffff:127.0.0.1", forwarded("203.0.113.5"), PROXY) == "203.0.113.5"


def test_a_star_trusts_every_peer():
    assert address_of("10.1.2.3", forwarded("203.0.113.5"), frozenset("*")) == "203.0.113.5"


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        (None, "192.168.1.20:8501", True),
        ("http://192.168.1.20:8501", "192.168.1.20:8501", True),
        ("https://school.example", "school.example", True),
        ("https://school.example", "school.example:443", True),
        ("HTTPS://School.Example", "school.example", True),
        ("http://[fe80::1]:8501", "[fe80::1]:8501", True),
        ("http://evil.example", "192.168.1.20:8501", False),
        ("http://192.168.1.20", "192.168.1.20:8501", False),
        ("http://192.168.1.20:8502", "192.168.1.20:8501", False),
        ("http://192.168.1.20:8501.evil.example", "192.168.1.20:8501", False),
        ("http://192.168.1.20:8501@evil.example", "192.168.1.20:8501", False),
        ("null", "192.168.1.20:8501", False),
        ("file://", "192.168.1.20:8501", False),
        ("chrome-extension://abc", "abc", False),
        ("http://x:notaport", "x", False),
        ("http://[", "[", False),
        ("", "", False),
        ("http://x", None, False),
    ],
)
def test_the_page_must_be_our_own(origin, host, ours):
    headers = [] if host is None else [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    assert same_origin(headers) is ours


def test_an_operator_can_name_further_pages():
    headers = [(b"host", b"inner:8501"), (b"origin", b"https://school.example")]
    assert not same_origin(headers)
    assert same_origin(headers, ["https://school.example"])
