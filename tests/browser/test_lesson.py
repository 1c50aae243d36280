"""The whole lesson in one channel: a codebook, a weak key, tampering, deceit, and its discovery.

Ada owns the channel and sends; Rita and Ron receive; Eve intercepts.
"""

import io
import re
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import TimeoutError, expect

from tests.browser.conftest import Visitor
from tests.browser.test_laboratory import recovered, run
from tests.browser.test_story import send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser

PIXELS = photograph(96, 72)
PICTURES = {
    name: encoded(photograph(96, 72, seed))
    for seed, name in enumerate(("lake.png", "hill.png", "wood.png", "road.png", "home.png"))
}


@dataclass
class Class:
    ada: Visitor
    rita: Visitor
    ron: Visitor
    eve: Visitor

    def everybody(self) -> tuple[Visitor, ...]:
        return self.ada, self.rita, self.ron, self.eve


def pixels_of(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def sit_down(visitor) -> Class:
    people = Class(*(visitor() for _ in range(4)))
    key = people.ada.create_channel("Lesson", "Classroom")
    people.ada.take_seat("Ada", "Sender")
    for one, name, role in (
        (people.rita, "Rita", "Receiver"),
        (people.ron, "Ron", "Receiver"),
        (people.eve, "Eve", "Interceptor"),
    ):
        one.go(f"/?channel={key}")
        one.take_seat(name, role)
    expect(people.ada.page.get_by_text("People here: 4")).to_be_visible()
    return people


def send_one(people: Class, name: str, scheme: str) -> None:
    people.ada.choose("Scheme", scheme)
    send(people.ada, {name: PICTURES[name]})


def card(receiver: Visitor, name: str):
    return receiver.page.locator('[class*="st-key-inbox_"]').filter(
        has=receiver.page.get_by_text(name, exact=True)
    )


def open_card(receiver: Visitor, name: str):
    found = card(receiver, name)
    found.get_by_role("button", name="Open", exact=True).click()
    return found


def opened_bytes(receiver: Visitor, name: str) -> bytes:
    """Opens a picture, saves it, closes it again."""
    open_card(receiver, name)
    expect(receiver.button("Download original")).to_be_visible()
    _, data = receiver.download("Download original")
    receiver.button("Close").click()
    expect(receiver.button("Download original")).to_have_count(0)
    return data


def tab(eve: Visitor, name: str) -> None:
    eve.page.get_by_role("tab", name=name).click()


def pick(one: Visitor, box: str, typed: str, option: str | re.Pattern[str]) -> None:
    """Chooses from a select box; a page that is drawn anew meanwhile closes the list."""
    field = one.page.get_by_role("combobox", name=box)
    for _ in range(8):
        field.scroll_into_view_if_needed()
        one.page.wait_for_timeout(300)  # scrolling closes the list
        field.click()
        field.fill(typed)
        try:
            one.page.get_by_role("option", name=option).first.click(timeout=3_000)
        except TimeoutError:
            field.press("Escape")
        else:
            return
    raise AssertionError(f"{box} does not offer {option}")


def take_capture(eve: Visitor, number: int) -> None:
    """Chooses a capture, as soon as it has arrived on this page too."""
    pick(eve, "Capture", f"{number} · ", re.compile(f"^{number} · "))
    tab(eve, "Ciphertext")
    expect(eve.page.get_by_text(f"Envelope of capture {number}:")).to_be_attached()


def interfere(eve: Visitor, capture: int, what: str, done: str) -> None:
    take_capture(eve, capture)
    tab(eve, "Tamper")
    eve.choose("What to do", what)
    expect(eve.button("Interfere")).to_be_enabled()
    eve.button("Interfere").click()
    expect(eve.page.get_by_text(re.compile(f"^{done}.* by you"))).to_be_visible()


def attack(eve: Visitor, capture: int, title: str) -> np.ndarray:
    take_capture(eve, capture)
    tab(eve, "Attacks")
    eve.choose("Attack", title)
    expect(eve.button("Run attack")).to_be_enabled()
    run(eve, "Broken in")
    expect(eve.page.get_by_role("img", name="The recovered picture")).to_be_visible()
    return recovered(eve)


def choose_small_key(receiver: Visitor, words: str) -> None:
    receiver.page.get_by_text("Your key", exact=True).click()
    pick(receiver, "Classroom key", words, words)
    receiver.button("Use this classroom key").click()
    expect(receiver.page.get_by_text("Your classroom key (insecure), 64 bits")).to_be_visible()
    receiver.page.get_by_text("Your key", exact=True).click()


def own_number(receiver: Visitor) -> str:
    receiver.page.get_by_text("Compare safety numbers", exact=True).click()
    panel = receiver.page.locator('[class*="st-key-compare_panel_"]')
    number = panel.locator("code").first
    expect(number).to_be_visible()
    text = number.inner_text().strip()
    receiver.page.get_by_text("Compare safety numbers", exact=True).click()
    return text


def type_number(sender: Visitor, number: str) -> None:
    """Rita has read it out; Ada types what she hears."""
    field = sender.page.get_by_label("Number that was read to you")
    if not field.is_visible():
        sender.page.get_by_text("Compare safety numbers", exact=True).click()
    field.fill(number)
    field.press("Tab")
    sender.button("Compare").click()


def test_the_whole_lesson(visitor, capsys):
    people = sit_down(visitor)
    ada, rita, ron, eve = people.everybody()

    # A codebook undoes textbook RSA, sample by sample.
    send_one(people, "lake.png", "textbook-pixels (insecure)")
    expect(card(rita, "lake.png")).to_be_visible()
    assert (attack(eve, 1, "Codebook") == pixels_of(PICTURES["lake.png"])).all()

    # A weak key is factored, and the picture drawn again.
    for receiver in (rita, ron):
        choose_small_key(receiver, "a new key of 64 bits")
    send_one(people, "hill.png", "textbook-blocks (insecure)")
    assert (attack(eve, 2, "Factor n") == pixels_of(PICTURES["hill.png"])).all()

    # Nothing is changed before the owner allows it.
    tab(eve, "Tamper")
    expect(eve.page.get_by_text("Interceptors may only look in this channel.")).to_be_visible()
    expect(eve.button("Interfere")).to_have_count(0)
    ada.page.get_by_text("Owner's controls", exact=True).click()
    ada.page.get_by_text("Interceptors may tamper", exact=True).click()
    expect(eve.page.get_by_role("radiogroup", name="What to do")).to_be_visible()

    # Textbook RSA accepts what was multiplied on its way.
    interfere(eve, 1, "Multiply", "Multiplied every residue by 2\\^e")
    altered = pixels_of(opened_bytes(rita, "lake.png"))
    wanted = np.minimum(pixels_of(PICTURES["lake.png"]).astype(int) * 2, 255)
    assert (altered == wanted).all()
    shown = open_card(ron, "lake.png")
    expect(shown.get_by_text("is insecure: anyone on the way could read")).to_be_visible()
    expect(shown.get_by_text("Refused")).to_have_count(0)
    ron.button("Close").click()

    # Hybrid refuses, and says what to do; the original is still there.
    send_one(people, "wood.png", "hybrid")
    expect(card(rita, "wood.png")).to_be_visible()
    interfere(eve, 3, "Multiply", "Multiplied the wrapped keys by 2\\^e")
    open_card(rita, "wood.png")
    expect(card(rita, "wood.png").get_by_text("Ask the sender to send it again")).to_be_visible()
    expect(rita.button("Download original")).to_have_count(0)
    eve.button("Let it pass unchanged").click()
    expect(eve.page.get_by_text("Unchanged.", exact=True)).to_be_visible()
    expect(card(rita, "wood.png").get_by_text("Refused")).to_have_count(0)
    assert opened_bytes(rita, "wood.png") == PICTURES["wood.png"]

    # A swapped key is not noticed by anybody.
    pick(eve, "Receiver", "Rita", "Rita")
    eve.button("Swap key").click()
    expect(eve.page.get_by_text("senders are shown your key instead of Rita's")).to_be_visible()
    send_one(people, "road.png", "hybrid")
    expect(card(rita, "road.png")).to_be_visible()
    assert opened_bytes(rita, "road.png") == PICTURES["road.png"]
    assert opened_bytes(ron, "road.png") == PICTURES["road.png"]
    expect(eve.page.get_by_text("Read under swapped keys")).to_be_visible()
    _, read = eve.download("Download picture that was read")
    assert read == PICTURES["road.png"]
    for person in (ada, rita, ron):
        expect(person.page.get_by_text("Alarm")).to_have_count(0)

    # Rita reads her number aloud, and both see the alarm.
    number = own_number(rita)
    assert len(number.replace(" ", "")) == 40
    type_number(ada, number)
    for person, other in ((ada, "Rita"), (rita, "Ada")):
        expect(
            person.page.get_by_text("Alarm: somebody stood between the two of you")
        ).to_be_visible()
        expect(
            person.page.get_by_text(f"Eve had swapped the keys between you and {other}")
        ).to_be_visible()
    expect(rita.page.get_by_text("forged the sender's signature")).to_be_visible()
    expect(eve.page.get_by_text(re.compile("^Found out at"))).to_be_visible()

    # The true keys are shown again: now the numbers agree, and pictures go straight.
    type_number(ada, number)
    expect(ada.page.get_by_text("is settled: you have verified again")).to_be_visible()
    send_one(people, "home.png", "hybrid")
    assert opened_bytes(rita, "home.png") == PICTURES["home.png"]
    expect(rita.page.get_by_text("Alarm: somebody stood between the two of you")).to_be_visible()

    # The event list has it all, for everybody.
    ron.page.reload()
    ron.in_seat("Receiver")
    ron.page.get_by_text("Events", exact=True).click()
    for words in (
        "Ada (sender) changed the rules (tampering on)",
        "Eve (interceptor) multiplied a picture on its way (capture 1: every residue by 2^e)",
        "Eve (interceptor) multiplied a picture on its way (capture 3: the wrapped keys by 2^e)",
        "Rita (receiver) received a tampered picture; it was refused",
        "Eve (interceptor) let a picture pass unchanged (capture 3)",
        "Eve (interceptor) replaced a receiver's key with their own (Rita)",
        "Ada (sender) raised the alarm (Eve had swapped Rita's key)",
    ):
        expect(ron.page.get_by_text(words)).to_be_visible()
