"""A picture goes to receivers who came later: from one who has it, and from its sender."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import open_and_download, send

pytestmark = pytest.mark.browser

LATE = "it was sent before you joined"


def test_who_came_later_gets_it_from_a_receiver_and_from_its_sender(visitor, png):
    ada, bob, dan, eli = (visitor() for _ in range(4))
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    send(ada, {"one.png": png})
    bob.button("Open").click()
    expect(bob.button("Download original")).to_be_visible()
    expect(bob.button("Share")).to_have_count(0)  # everyone has it

    dan.go(f"/?channel={key}")
    dan.take_seat("Dan", "Receiver")
    expect(dan.page.get_by_text(LATE)).to_be_visible()
    bob.button("Share").click()
    assert open_and_download(dan, "one.png")[1] == png
    dan.button("Open").click()
    expect(dan.page.get_by_text("Shared with you by")).to_be_visible()
    expect(bob.button("Share")).to_have_count(0)

    eli.go(f"/?channel={key}")
    eli.take_seat("Eli", "Receiver")
    expect(eli.page.get_by_text(LATE)).to_be_visible()
    expect(dan.button("Share")).to_have_count(0)  # whom Ada did not choose vouches for nobody
    ada.page.get_by_text("Share earlier pictures").click()
    ada.button("Share").click()
    expect(ada.page.get_by_text("Share earlier pictures")).to_have_count(0)
    assert open_and_download(eli, "one.png")[1] == png
    expect(ada.page.get_by_text("Eli: opened", exact=False)).to_be_visible()
    assert bob.download("Download original")[1] == png
