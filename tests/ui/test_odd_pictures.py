"""What the pages say of pictures that are large, rare, or do not travel whole."""

import io

import pytest
from PIL import Image

import ui.frame.service
import ui.parts.files
from rsa_core.pictures import SUFFIXES
from tests.rsa_core.test_kinds import ODD_TIFF, PHONE
from tests.ui.test_pages import page_of, sit
from ui.sender import Order

FRAMES = "every frame or page but the first"


@pytest.fixture
def channel(exchange):
    return exchange.lobby.create_channel(name="Room", kind="classroom", keep_for="24 hours")


@pytest.fixture
def people(exchange, channel):
    return sit(exchange, channel, "Ada", "sender"), sit(exchange, channel, "Bob", "receiver")


@pytest.fixture
def animation():
    frames = [Image.new("L", (9, 9), shade) for shade in (10, 90, 200)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_a_sender_is_told_before_and_after_what_pixels_do_not_keep(people, channel, animation):
    ada, bob = people
    at = page_of(ada, channel.key)
    at.file_uploader[0].upload("dance.gif", animation, "image/gif").run()
    assert not at.warning
    at.radio(key=f"scheme_{ada.id}").set_value("textbook-pixels").run()
    assert [one.value for one in at.warning] == [f"textbook-pixels leaves out: {FRAMES}."]
    at.session_state[f"Sending_{ada.id}"].order = Order(
        "textbook-pixels", (bob.id,), "", "the channel ends"
    )
    at.run()
    assert [one.value for one in at.success] == ["1 picture sent."]
    assert f"Left out: {FRAMES}." in [one.value for one in at.info]
    assert "dance.gif" in [one.value for one in at.text]


def opened(exchange, channel, people, data, scheme="hybrid"):
    """The receiver's page with one picture open on it."""
    ada, bob = people
    exchange.sender.send(
        ada, data, file_name="a.png", scheme=scheme, recipients=(bob.id,), submission="1"
    )
    at = page_of(bob, channel.key)
    at.button(key=f"open_{exchange.receiver.inbox(bob)[0].id}").click().run()
    assert not at.exception
    return at


def test_a_receiver_is_told_what_did_not_travel(exchange, channel, people, animation):
    at = opened(exchange, channel, people, animation, "textbook-pixels")
    assert f"Not sent with this picture: {FRAMES}." in [one.value for one in at.info]
    assert not any("Not sent" in one.value for one in page_of(people[1], channel.key).info)


def test_a_picture_that_cannot_be_shown_can_be_downloaded(exchange, channel, people, monkeypatch):
    blocks, drawn = [], ui.parts.files._block
    monkeypatch.setattr(
        ui.parts.files, "_block", lambda *parts: blocks.append(parts) or drawn(*parts)
    )
    data = bytes.fromhex(ODD_TIFF)
    at = opened(exchange, channel, people, data)
    assert "No preview" in [one.value for one in at.caption]
    assert any("cannot be shown here" in one.value for one in at.info)
    assert not any("×" in one.value for one in at.caption), "its size is unknown"
    (about, file, view), *_ = blocks
    assert (file, view, about["view_mime"]) == (data, b"", "")


def test_a_converted_view_is_called_a_copy(exchange, channel, people):
    at = opened(exchange, channel, people, PHONE)
    assert any("a copy for the browser" in one.value for one in at.caption)
    assert any("64 × 48" in one.value for one in at.caption)


def test_the_pages_take_every_suffix(channel, people):
    at = page_of(people[0], channel.key)
    assert set(SUFFIXES) | {".zip"} == set(at.file_uploader[0].proto.type)
    at.switch_page("pages/compare.py").run()
    assert set(at.file_uploader[0].proto.type) == set(SUFFIXES)
