"""Every download is exact, also for two sessions at once and files that differ in one sample."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from exchange import Exchange, KeyChoice
from rsa_core import KeyPair
from tests.browser.test_story import send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser


def test_two_large_ciphertexts_that_differ_in_one_byte_are_not_mixed_up(visitor):
    """Streamlit names media over 1 MiB after samples of it; the file name tells ours apart."""
    first = photograph(900, 600)
    second = first.copy()
    second[200, 300, 1] ^= 1
    ada, bob = visitor(), visitor()
    key = ada.create_channel("Twins", "Classroom")
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    eves = [visitor(), visitor()]
    for number, eve in enumerate(eves):
        eve.go(f"/?channel={key}")
        eve.take_seat(f"Eve {number}", "Interceptor")
    expect(ada.page.get_by_text("People here: 4")).to_be_visible()
    for name, pixels in (("one.png", first), ("two.png", second)):
        send(ada, {name: encoded(pixels)}, scheme="textbook-pixels (insecure)")
        for eve in eves:  # the first capture is on the screen before the second one comes
            expect(eve.page.get_by_text("Envelope of capture 1")).to_be_visible()
    for number, eve in enumerate(eves, start=1):
        eve.select("Capture", f"{number} · textbook-pixels")
        expect(eve.page.get_by_text(f"Envelope of capture {number}")).to_be_visible()
    got = [eve.download("Download ciphertext") for eve in eves]
    for name, data in got:
        assert len(data) > 1_100_000
        assert hashlib.sha256(data).hexdigest()[:12] in name
    one, two = (np.frombuffer(data, np.uint8) for _, data in got)
    assert np.count_nonzero(one != two) == 1


def resident(server) -> int:
    """Bytes of memory that the server has now."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def test_the_largest_ciphertext_arrives_when_it_is_asked_for_and_not_before(visitor, server):
    """48 MB: the page is quick without them, they are exact, and nothing of them is at /media."""
    eve = visitor()
    asked = []
    eve.page.on("request", lambda request: asked.append(request.url))
    key = eve.create_channel("Large", "Private")
    eve.take_seat("Eve", "Interceptor")
    rng = np.random.default_rng(5)
    picture = encoded(rng.integers(0, 256, (4000, 4000, 3), np.uint8), "PNG", compress_level=0)
    exchange = Exchange.at(f"sqlite:///{server.database}")
    try:
        ada = exchange.lobby.take_seat(key, name="Ada", role="sender")
        home = KeyChoice("public", pem=KeyPair.generate(2048).public.pem())
        bob = exchange.lobby.take_seat(key, name="Bob", role="receiver", keys=home)
        sent = exchange.sender.send(
            ada,
            picture,
            file_name="large.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission="1",
        )
        expect(eve.button("Download ciphertext")).to_be_visible()
        before, started = resident(server), time.monotonic()
        name, data = eve.download("Download ciphertext")
        took = time.monotonic() - started
        print(
            f"\n{len(data)} bytes saved in {took:.2f} s, server +{resident(server) - before} bytes"
        )
        stored = exchange.receiver.envelope(bob, sent).data
    finally:
        exchange.close()
    assert data == stored
    assert len(data) > 48_000_000
    assert hashlib.sha256(data).hexdigest()[:12] in name
    assert took < 20
    assert [url for url in asked if url.startswith(f"{server.url}/media/")] == []
