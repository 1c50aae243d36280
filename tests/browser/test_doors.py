"""Who is turned away at the door, and what is turned away at the uploader."""

import io
import zlib

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import as_upload, send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser


def png_chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def bomb() -> bytes:
    """A PNG of 20,000 × 20,000 pixels in a few kilobytes."""
    side = 20_000
    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("path", ["/sender", "/receiver", "/interceptor"])
@pytest.mark.parametrize("query", ["", "?channel=AAAAA-AAAAA", "?channel=%3Cb%3E"])
def test_a_deep_link_without_a_seat_says_so_and_leads_home(visitor, path, query):
    anybody = visitor()
    anybody.go(path + query)
    expect(anybody.page.get_by_text("Join a channel first")).to_be_visible()
    expect(anybody.button("Leave channel")).to_have_count(0)
    expect(anybody.page.locator("input, textarea, pre")).to_have_count(0)
    anybody.page.get_by_role("link", name="Go to the lobby").click()
    expect(anybody.page.get_by_role("heading", name="RSA image encryption")).to_be_visible()


def test_a_seat_opens_only_the_page_of_its_role(visitor):
    ada = visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    for path in ("/receiver", "/interceptor"):
        ada.go(f"{path}?channel={key}")
        expect(ada.page.get_by_text("Join a channel first")).to_be_visible()
    ada.go(f"/sender?channel={key}")
    ada.in_seat("Sender")
    ada.go("/sender?channel=AAAAA-AAAAA")
    expect(ada.page.get_by_text("Join a channel first")).to_be_visible()


def test_a_wrong_key_is_refused_in_the_lobby(visitor):
    anybody = visitor()
    for link in ("/?channel=AAAAA-AAAAA", "/"):
        anybody.go(link)
        anybody.page.get_by_label("Channel key").fill("ZZZZZ-ZZZZZ")
        anybody.button("Join channel").click()
        expect(anybody.page.get_by_text("No open channel has this key")).to_be_visible()
        expect(anybody.button("Enter channel")).to_have_count(0)


def test_a_name_with_markdown_is_refused(calls, watched):
    anybody = watched()
    anybody.create_channel()
    for name in ("![x](http://127.0.0.1:9/x)", "**bold**"):
        anybody.page.get_by_label("Your name").fill(name)
        anybody.button("Enter channel").click()
        expect(anybody.page.get_by_text("Please use only letters")).to_be_visible()
    assert calls.hosts == {calls.own}
    assert calls.proxy.wanted == []


def test_hostile_files_get_one_message_each_and_leave_nothing(visitor, server, tmp_path):
    ada, bob = visitor(), visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    good = encoded(photograph(40, 30))
    whole = encoded(photograph(200, 200), "JPEG")
    uploader = ada.page.get_by_test_id("stFileUploader")

    ada.upload([as_upload("evil.txt", b"hello")])
    expect(uploader.get_by_text("not allowed")).to_be_visible()
    ada.page.reload()
    ada.in_seat("Sender")
    large = tmp_path / "large.png"
    large.write_bytes(bytes(60_000_000))
    ada.upload([large])
    expect(uploader.get_by_text("50.0MB or smaller")).to_be_visible()
    ada.page.reload()
    ada.in_seat("Sender")

    bad = {
        "evil.png": b"hello",
        "cut.jpg": whole[: len(whole) // 2],
        "bomb.png": bomb(),
        "page.png": b"<html><script>alert(1)</script></html>",
    }
    files = [as_upload(name, data) for name, data in (bad | {"good.png": good}).items()]
    ada.upload(files)
    ada.button("Encrypt and send").click()
    expect(ada.page.get_by_text("1 picture sent")).to_be_visible()
    expect(ada.page.get_by_role("alert").filter(has_text="picture")).to_have_count(len(bad))
    for name in bad:
        expect(ada.page.get_by_text(f"Not sent: {name}")).to_be_visible()
    expect(ada.page.get_by_text("Bob: waiting")).to_have_count(1)
    expect(bob.page.get_by_text("good.png", exact=True)).to_be_visible()
    expect(bob.button("Open")).to_have_count(1)
    log = server.log.read_text()
    assert "Traceback" not in log
    assert not any(name in log for name in bad)


def test_a_file_whose_name_climbs_is_harmless(visitor, tmp_path):
    ada, bob = visitor(), visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    ada.upload([as_upload("../../x.png", encoded(photograph(9, 9)))])
    ada.page.wait_for_timeout(1500)
    ada.button("Encrypt and send").click()
    expect(ada.page.get_by_text("This file's name has a path in it")).to_be_visible()
    expect(ada.page.get_by_text("Nothing sent yet")).to_be_visible()


def test_what_is_typed_and_open_survives_the_live_feed(visitor, png):
    ada, bob = visitor(), visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    caption = ada.page.get_by_label("Caption")
    caption.press_sequentially("half a sen", delay=120)
    ada.page.get_by_text("Events", exact=True).click()
    events = ada.page.get_by_text("Bob (receiver) joined")
    expect(events).to_be_visible()
    eve = visitor()
    eve.go(f"/?channel={key}")
    eve.take_seat("Eve", "Interceptor")
    expect(ada.page.get_by_text("Eve (interceptor) joined")).to_be_visible()
    assert caption.input_value() == "half a sen"
    send(ada, {"one.png": png})
    bob.button("Open").click()
    expect(bob.button("Download original")).to_be_visible()
    send(ada, {"two.png": png})
    expect(bob.page.get_by_text("two.png", exact=True)).to_be_visible()
    expect(bob.button("Download original")).to_be_visible()
    picture = bob.page.get_by_role("img", name="The opened picture")
    assert picture.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [64, 48]
    assert io.BytesIO(png).getvalue() == bob.download("Download original")[1]
