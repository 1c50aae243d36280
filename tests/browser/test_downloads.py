"""Every download is exact, also for two sessions at once and files that differ in one sample."""

import hashlib

import numpy as np
import pytest
from playwright.sync_api import expect

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
