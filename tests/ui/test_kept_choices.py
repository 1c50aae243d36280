"""What was picked from a list stays picked while the list grows or shrinks."""

import pytest

import ui.interceptor.captures
from tests.ui.test_lasting import press
from tests.ui.test_pages import page_of, sit


@pytest.fixture
def ada(exchange, channel):
    return sit(exchange, channel, "Ada", "sender")


@pytest.fixture
def bob(exchange, channel, ada):
    return sit(exchange, channel, "Bob", "receiver")


def send(exchange, ada, png, *receivers, name, **more):
    return exchange.sender.send(
        ada,
        png,
        file_name=name,
        scheme="hybrid",
        recipients=tuple(one.id for one in receivers),
        submission=name,
        **more,
    )


def field(at, label: str):
    found = [one for one in (*at.multiselect, *at.selectbox) if one.label == label]
    assert len(found) == 1, label
    return found[0]


def test_the_selection_for_a_zip_stays_when_pictures_come_and_go(exchange, channel, ada, bob, png):
    rule = "the first opening"
    first = send(exchange, ada, png, bob, name="1.png", remove_after=rule)
    second, third = (send(exchange, ada, png, bob, name=name) for name in ("2.png", "3.png"))
    at = page_of(bob, channel.key)
    field(at, "Selection").set_value([first, third]).run()
    fourth = send(exchange, ada, png, bob, name="4.png")
    at.run()
    assert field(at, "Selection").value == [first, third]
    exchange.receiver.open(bob, first)
    exchange.cleaning.purge()
    at.run()
    assert not at.exception
    assert field(at, "Selection").value == [third]
    field(at, "Selection").set_value([second, fourth]).run()
    assert field(at, "Selection").value == [second, fourth]


def test_what_is_to_be_shared_stays_when_one_more_is_sent(exchange, channel, ada, bob, png):
    first, second = (send(exchange, ada, png, bob, name=name) for name in ("1.png", "2.png"))
    dan, eli = (sit(exchange, channel, name, "receiver") for name in ("Dan", "Eli"))
    at = page_of(ada, channel.key)
    assert sorted(field(at, "Pictures to share").value) == sorted([first, second])
    field(at, "Pictures to share").set_value([first]).run()
    send(exchange, ada, png, bob, name="3.png")
    at.run()
    assert field(at, "Pictures to share").value == [first]
    other = eli if field(at, "Share with").value == dan.id else dan
    field(at, "Share with").set_value(other.id).run()
    assert not at.exception
    assert len(field(at, "Pictures to share").value) == 3  # for another person, all of them


def test_the_key_that_is_looked_at_stays_when_receivers_come(exchange, channel, ada, bob, png):
    cy = sit(exchange, channel, "Cy", "receiver")
    eve = sit(exchange, channel, "Eve", "interceptor")
    send(exchange, ada, png, bob, name="1.png")
    at = page_of(eve, channel.key)
    at.session_state[f"tab_{eve.id}"] = "Attacks"
    at.run()
    field(at, "Public key").select_index(1).run()
    chosen = field(at, "Public key").value
    sit(exchange, channel, "Dan", "receiver")
    at.run()
    assert not at.exception
    assert len(field(at, "Public key").options) == 3
    assert field(at, "Public key").value == chosen
    exchange.lobby.leave(cy)
    at.run()
    assert not at.exception


@pytest.fixture
def few_listed(monkeypatch):
    monkeypatch.setattr(ui.interceptor.captures, "_LISTED", 2)


@pytest.mark.usefixtures("few_listed")
def test_an_older_capture_stays_chosen_and_older_ones_are_listed_by_a_press(
    exchange, channel, ada, bob, png
):
    eve = sit(exchange, channel, "Eve", "interceptor")
    ids = [send(exchange, ada, png, bob, name=str(number)) for number in range(5)]
    at = page_of(eve, channel.key)
    assert len(field(at, "Capture").options) == 2
    assert field(at, "Capture").value == ids[4]
    press(at, "List older captures")
    assert len(field(at, "Capture").options) == 4
    field(at, "Capture").set_value(ids[1]).run()
    ids.append(send(exchange, ada, png, bob, name="5"))
    at.run()
    assert field(at, "Capture").value == ids[1]
    press(at, "List older captures")
    assert len(field(at, "Capture").options) == 6
    assert "List older captures" not in [button.label for button in at.button]
