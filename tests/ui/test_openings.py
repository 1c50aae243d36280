"""What the inbox shows of a picture whose openings are counted, and what leaves the server how."""

import os
from contextlib import closing

import pytest
from streamlit.testing.v1 import AppTest

from exchange import KeyChoice
from store import open_store
from tests.ui.test_lasting import press, shows
from tests.ui.test_pages import page_of, sit

HIDDEN = "Preview, name and caption stay hidden until you open it: openings are counted."


@pytest.fixture
def scene(exchange, channel, png):
    """Ada sends under a rule to Bob, and to Pia, whose key is at home; gives both pages."""

    def send(rule: str, key_pool):
        bob = sit(exchange, channel, "Bob", "receiver")
        home = KeyChoice("public", pem=key_pool[3].public.pem())
        pia = exchange.lobby.take_seat(channel.key, name="Pia", role="receiver", keys=home)
        ada = sit(exchange, channel, "Ada", "sender")
        sent = exchange.sender.send(
            ada,
            png,
            file_name="passport.png",
            scheme="hybrid",
            recipients=(bob.id, pia.id),
            submission="1",
            caption="my number is 12345",
            remove_after=rule,
        )
        return ada, sent, page_of(bob, channel.key), page_of(pia, channel.key)

    return send


def words(at: AppTest) -> str:
    kinds = (at.text, at.caption, at.markdown, at.info, at.error)
    return "\n".join(element.value for kind in kinds for element in kind)


def pictures(at: AppTest) -> int:
    return len(at.get("image"))


@pytest.mark.parametrize("rule", ["the first opening", "3 openings", "everyone has opened it"])
def test_nothing_of_it_is_on_the_page_before_it_is_opened(scene, key_pool, png, rule):
    _, _, bob, pia = scene(rule, key_pool)
    for at in (bob, pia):
        assert pictures(at) == 0
        assert "passport" not in words(at)
        assert "12345" not in words(at)
    assert HIDDEN in words(bob)
    press(bob, "Open")
    assert shows(bob, png)
    assert "my number is 12345" in words(bob)
    assert HIDDEN not in words(bob)


def test_where_openings_are_not_counted_preview_and_caption_are_there_at_once(scene, key_pool):
    _, _, bob, _ = scene("the channel ends", key_pool)
    assert pictures(bob) == 1
    assert "my number is 12345" in words(bob)
    assert HIDDEN not in words(bob)


def test_the_ciphertext_is_taken_by_a_press_and_not_by_looking(
    exchange,
    scene,
    key_pool,
):
    ada, sent, _, pia = scene("3 openings", key_pool)

    def openings():
        with closing(open_store(os.environ["DATABASE_URL"])) as store, store.read() as unit:
            return unit.pictures.get(1, sent).openings

    (toggle,) = [one for one in pia.toggle if one.label == "Offer the ciphertext"]
    toggle.set_value(True).run()
    pia.run()
    assert "Downloading the ciphertext counts as an opening." in words(pia)
    assert openings() == 0
    button = f"save_cipher_{sent}"
    pia.session_state[f"wanted_{button}"] = True  # as the browser says it
    pia.run()
    for _ in range(3):  # drawn again, it is the same file, until the browser has it
        _, name, data = pia.session_state[f"sending_{button}"]
        assert name.startswith("ciphertext-")
        assert len(data) == exchange.sender.sent(ada)[0].size
        pia.run()
    assert openings() == 1
    assert [one.name for one in exchange.sender.sent(ada)[0].receipts if one.opened_at] == ["Pia"]


def test_a_refusal_is_shown_at_the_button(exchange, scene, key_pool):
    _, sent, bob, pia = scene("the first opening", key_pool)
    next(one for one in pia.toggle if one.label == "Offer the ciphertext").set_value(True).run()
    press(bob, "Open")
    pia.session_state[f"wanted_save_cipher_{sent}"] = True
    pia.run()
    assert "as often as its sender allowed" in "\n".join(error.value for error in pia.error)
    assert not pia.exception


def _page_with_media():
    import streamlit as st

    st.download_button("Download", b"ciphertext")


def test_looking_for_media_finds_them(media, puts_media):
    """The control of what `conftest` proves for every other test of pages."""
    AppTest.from_function(_page_with_media).run()
    assert len(media) == 1
    assert "/media/" in media[0]
