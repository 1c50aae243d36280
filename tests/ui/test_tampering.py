"""The Tamper tab, the owner's switch, and verifying, under AppTest."""

import time

import pytest

from tests.conftest import encoded, photograph
from tests.ui.test_laboratory import choose, press, texts
from tests.ui.test_pages import page_of


class Lesson:
    """A classroom channel that Ada owns, with two textbook pictures to Bob."""

    def __init__(self, exchange, kind="classroom"):
        self.exchange = exchange
        self.room = exchange.lobby.create_channel(name="", kind=kind, keep_for="24 hours")
        self.seats = {
            name: exchange.lobby.take_seat(
                self.room.key,
                name=name,
                role=role,
                owner_ticket=self.room.owner_ticket if name == "Ada" else "",
            )
            for name, role in (("Ada", "sender"), ("Bob", "receiver"), ("Eve", "interceptor"))
        }

    def send(self, seed, scheme):
        return self.exchange.sender.send(
            self.seats["Ada"],
            encoded(photograph(40, 30, seed)),
            file_name=f"{seed}.png",
            scheme=scheme,
            recipients=(self.seats["Bob"].id,),
            submission=str(seed),
        )

    def allow(self):
        self.exchange.owner.set_rules(self.seats["Ada"], tampering=True)

    def page(self, name, tab="Tamper"):
        """The page of this seat, with the tab open, or the panel for verifying."""
        seat = self.seats[name]
        at = page_of(seat, self.room.key)
        at.session_state[f"tab_{seat.id}"] = tab
        at.session_state[f"compare_panel_{seat.id}"] = True
        return at.run()


@pytest.fixture
def lesson(exchange):
    return Lesson(exchange)


def labels(elements):
    return [one.label for one in elements]


def errors(at) -> str:
    return "\n".join(one.value for one in at.error)


def test_the_owner_allows_it_by_a_switch_that_private_channels_lack(exchange, lesson):
    at = lesson.page("Ada")
    switch = next(one for one in at.toggle if one.label == "Interceptors may tamper")
    assert not switch.value
    switch.set_value(True).run()
    assert exchange.lobby.resume(lesson.seats["Ada"].token).channel.tampering
    private = Lesson(exchange, "private").page("Ada")
    assert "Lock the channel: nobody new comes in" in labels(private.toggle)
    assert "Interceptors may tamper" not in labels(private.toggle)


def test_without_permission_the_tab_says_who_has_to_give_it(lesson):
    lesson.send(1, "textbook-pixels")
    at = lesson.page("Eve")
    assert "Its owner can allow them" in texts(at)
    assert not {"Interfere", "Swap key"} & set(labels(at.button))


def test_every_kind_is_offered_and_done(lesson):
    for seed in (1, 2):
        lesson.send(seed, "textbook-pixels")
    lesson.allow()
    at = lesson.page("Eve")
    eve = lesson.seats["Eve"]
    for kind, words in (
        ("multiply", "Multiplied every residue by 2^e"),
        ("flip", "Flipped one bit of each residue in a square in the middle"),
        ("swap", "Has changed places with capture 1"),
        ("replay", "Replaced by capture 1"),
        ("drop", "Dropped, at"),
    ):
        choose(at, "What to do", kind)
        press(at, "Interfere")
        assert not at.exception
        assert words in texts(at), kind
        assert "by you" in texts(at)
        done = {one.kind for one in lesson.exchange.wire.tampering.interventions(eve)}
        assert done == {kind}
    assert "Nothing arrives." in texts(at)
    press(at, "Let it pass unchanged")
    assert "Unchanged." in texts(at)
    assert lesson.exchange.wire.tampering.interventions(eve) == ()


def test_what_cannot_be_done_gets_a_sentence(lesson):
    lesson.send(1, "hybrid")
    lesson.allow()
    at = lesson.page("Eve")
    for kind, words in (("swap", "no other capture"), ("replay", "no earlier capture")):
        choose(at, "What to do", kind)
        assert words in texts(at)
        assert "Interfere" not in labels(at.button)


def test_before_and_after_are_shown(lesson):
    lesson.send(1, "hybrid")
    lesson.allow()
    at = lesson.page("Eve")
    choose(at, "What to do", "flip")
    press(at, "Interfere")
    assert "1 of " in texts(at)
    assert "The ciphertext before" in texts(at)
    assert "The ciphertext after" in texts(at)


def test_what_was_done_rests_when_the_owner_forbids_it(lesson):
    sent = lesson.send(1, "textbook-pixels")
    lesson.allow()
    lesson.exchange.wire.tampering.multiply(lesson.seats["Eve"], sent)
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    assert "It rests" in texts(lesson.page("Eve"))


def test_the_receivers_page_follows_what_arrives(lesson):
    """A remembered refusal is forgotten as soon as something else arrives."""
    sent = lesson.send(1, "hybrid")
    lesson.allow()
    at = lesson.page("Bob")
    assert "1.png" in texts(at)
    lesson.exchange.wire.tampering.flip(lesson.seats["Eve"], sent)
    at.run()
    press(at, "Open")
    assert "Refused" in errors(at)
    assert not at.toast or all("changed on" not in toast.value for toast in at.toast)
    lesson.exchange.wire.tampering.let_pass(lesson.seats["Eve"], sent)
    at.run()
    assert "Refused" not in errors(at)
    press(at, "Open")
    assert "byte for byte" in "\n".join(one.value for one in at.success)
    lesson.exchange.wire.tampering.drop(lesson.seats["Eve"], sent)
    at.run()
    assert "was removed from the channel" in texts(at)  # what was opened stays open
    press(at, "Close")
    assert "1.png" not in texts(at)


def comes(at, words):
    """A page that was open a while ago relays in the background: looks until it is seen."""
    end = time.monotonic() + 20
    while words not in texts(at.run()):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_an_interceptors_page_relays_and_shows_what_it_has_read(lesson):
    lesson.send(1, "textbook-pixels")
    lesson.allow()
    at = lesson.page("Eve")
    press(at, "Swap key")
    assert "senders are shown your key instead of Bob's" in texts(at)
    lesson.send(2, "hybrid")
    comes(lesson.page("Bob"), "2.png")
    at.run()
    assert "read a picture sealed for their key, and passed it on" in texts(at)
    assert "byte for byte. Only verifying safety numbers can reveal it" in texts(at)
    press(at, "Give the true key back")
    assert "senders were shown your key" in texts(at)
    press(at, "Swap key")  # Bob can be chosen again
    assert lesson.exchange.wire.keys.swapped(lesson.seats["Eve"])[-1].ended_at is None


def test_of_a_textbook_picture_only_what_was_under_the_key_is_read(lesson):
    lesson.allow()
    lesson.exchange.wire.keys.swap(lesson.seats["Eve"], lesson.seats["Bob"].id)
    lesson.send(1, "textbook-pixels")
    at = lesson.page("Eve")
    comes(at, "1.png")
    assert "under a classroom key: see Attacks" in texts(at)


def test_a_removed_interceptor_is_noticed_where_something_was_held_up(lesson):
    lesson.allow()
    lesson.exchange.wire.keys.swap(lesson.seats["Eve"], lesson.seats["Bob"].id)
    lesson.send(1, "hybrid")
    bob = lesson.page("Bob")
    assert "a key that is not yours" not in texts(bob)
    lesson.exchange.owner.remove_seat(lesson.seats["Ada"], lesson.seats["Eve"].id)
    bob.run()
    assert "a key that is not yours" in texts(bob)


def test_both_find_out_by_comparing(lesson):
    lesson.allow()
    lesson.exchange.wire.keys.swap(lesson.seats["Eve"], lesson.seats["Bob"].id)
    lesson.send(1, "hybrid")
    lesson.exchange.wire.relaying.relay(lesson.seats["Eve"])
    ada, bob = lesson.page("Ada"), lesson.page("Bob")
    press(bob, "Open")
    assert not bob.error
    own = lesson.exchange.member.safety.contacts(lesson.seats["Bob"]).own_number
    assert own in texts(bob)
    assert own not in texts(ada)
    field = next(t for t in ada.text_input if t.label == "Number that was read to you")
    field.set_value(own).run()
    press(ada, "Compare")
    bob.run()
    for at, other in ((ada, "Bob"), (bob, "Ada")):
        assert "somebody stood between the two of you" in errors(at)
        assert f"Eve had swapped the keys between you and {other}" in texts(at)
        assert "has read 1 picture." in texts(at)
    assert own in texts(ada)
    field = next(t for t in ada.text_input if t.label == "Number that was read to you")
    assert field.value == ""
    field.set_value(own).run()
    press(ada, "Compare")
    assert not ada.error
    assert "You have verified this number." in "\n".join(one.value for one in ada.success)
    assert "is settled" in texts(ada)


def test_a_press_is_about_the_number_that_was_on_the_screen(lesson):
    """A key that changes between the look and the press is not marked as verified."""
    lesson.send(1, "hybrid")
    lesson.allow()
    ada = lesson.page("Ada")
    lesson.exchange.wire.keys.swap(lesson.seats["Eve"], lesson.seats["Bob"].id)
    press(ada, "The numbers are the same")
    assert "number has changed" in "\n".join(one.value for one in ada.warning)
    assert not lesson.exchange.member.safety.contacts(lesson.seats["Ada"]).people[0].compared


def test_the_receiver_compares_beside_the_picture(lesson):
    lesson.send(1, "hybrid")
    bob = lesson.page("Bob")
    press(bob, "Open")
    beside = [b for b in bob.button if b.label == "The numbers are the same"][-1]
    beside.click().run()
    assert "Verified: you have checked this number." in texts(bob)


def test_differing_numbers_in_a_private_channel_are_an_alarm_too(exchange):
    lesson = Lesson(exchange, "private")
    at = lesson.page("Ada")
    press(at, "The numbers differ")
    assert "Send nothing more until you know why" in errors(at)
    assert "the server or the connection may be lying" in texts(at)
    assert "Alarm" in errors(lesson.page("Bob"))
    lesson.send(1, "hybrid")
    assert "Tamper" not in [tab.label for tab in lesson.page("Eve", "Statistics").tabs]
