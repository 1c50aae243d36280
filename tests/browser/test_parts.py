"""News leaves alone what a person is doing: it draws the lists that it concerns, nothing else."""

import pytest
from playwright.sync_api import Locator, expect

from exchange import ATTACK_CHOICES
from tests.browser.conftest import Visitor
from tests.browser.test_story import send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser

NEW = 10  # pictures that arrive


def marked(found: Locator) -> Locator:
    """The same element of the page, found again only while it is that one."""
    expect(found).to_be_visible()
    found.evaluate("one => one.dataset.kept = 'kept'")
    return found.page.locator("[data-kept=kept]")


def join(visitor, key: str, name: str, role: str) -> Visitor:
    one = visitor()
    one.go(f"/?channel={key}")
    one.take_seat(name, role)
    return one


@pytest.mark.parametrize("line", ["socket", "ticks"])
def test_a_sender_goes_on_typing_and_choosing(visitor, line):
    ada = visitor() if line == "socket" else visitor().without_live_line()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    join(visitor, key, "Bob", "Receiver")
    zoe = join(visitor, key, "Zoe", "Sender")
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
    chosen = ada.page.get_by_test_id("stMultiSelect")
    expect(chosen.get_by_text("Bob")).to_be_visible()

    caption = ada.page.get_by_label("Caption")
    caption.press_sequentially("half a ")
    field = marked(caption)
    join(visitor, key, "Nora", "Receiver")
    expect(chosen.get_by_text("Nora")).to_be_visible()
    send(zoe, {"zoe.png": encoded(photograph(40, 30))})
    ada.page.keyboard.type("sentence")
    expect(field).to_have_value("half a sentence")
    expect(field).to_be_focused()

    ada.page.keyboard.press("Tab")
    chosen.get_by_role("button", name="Remove Bob").click()
    expect(chosen.get_by_text("Bob")).to_have_count(0)
    ada.unfold("Recipients")
    offered = ada.page.get_by_role("option").filter(has_text="Bob")
    expect(offered).to_be_visible()
    join(visitor, key, "Mia", "Receiver")
    expect(chosen.get_by_text("Mia")).to_be_visible()
    send(zoe, {"zwei.png": encoded(photograph(40, 31))})
    offered.click()
    expect(chosen.get_by_text("Bob")).to_be_visible()
    ada.page.keyboard.press("Escape")
    send(ada, {"ada.png": encoded(photograph(40, 32))})
    expect(ada.page.get_by_text("ada.png", exact=True)).to_be_visible()
    expect(ada.page.get_by_text("half a sentence", exact=True)).to_be_visible()


def test_a_receiver_keeps_an_open_picture_while_others_arrive(visitor, png):
    ada = visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob = join(visitor, key, "Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    send(ada, {"first.png": png})
    bob.button("Open").click()
    kept = marked(bob.button("Download original"))
    bob.page.get_by_text("Compare safety numbers").click()
    typed = bob.page.get_by_label("Number that was read to you")
    typed.press_sequentially("12345")
    new = {f"new-{n}.png": encoded(photograph(40, 30, n)) for n in range(NEW)}
    send(ada, new)
    for name in new:
        expect(bob.page.get_by_text(name, exact=True)).to_be_visible()
    expect(kept).to_be_visible()
    expect(typed).to_have_value("12345")
    expect(typed).to_be_focused()
    assert bob.download("Download original")[1] == png


def test_an_attack_runs_on_while_captures_come(visitor):
    ada = visitor()
    key = ada.create_channel(kind="Classroom")
    ada.take_seat("Ada", "Sender")
    bob = join(visitor, key, "Bob", "Receiver")
    bob.page.get_by_text("Your key").click()
    bob.select("Classroom key", "a new key of 1024 bits")
    bob.button("Use this classroom key").click()
    expect(bob.page.get_by_text("Your classroom key (insecure), 1024 bits")).to_be_visible()
    eve = join(visitor, key, "Eve", "Interceptor")
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
    send(ada, {"first.png": encoded(photograph(40, 30))}, "textbook-blocks")
    eve.page.get_by_role("tab", name="Attacks").click()
    eve.choose("Attack", ATTACK_CHOICES["factoring"].title)
    eve.button("Run attack").click()
    kept = marked(eve.button("Cancel"))
    send(ada, {f"new-{n}.png": encoded(photograph(40, 30, n)) for n in range(3)})
    eve.unfold("Capture")
    expect(eve.page.get_by_role("option")).to_have_count(4)
    eve.page.keyboard.press("Escape")
    expect(kept).to_be_visible()
    kept.click()
    expect(eve.button("Run attack")).to_be_enabled()
