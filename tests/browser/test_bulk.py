"""Many pictures at once: a zip and a folder in, one zip out, and work that can be stopped."""

import csv
import io
import time
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import as_upload
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(visitor):
    """Ada sends to Bob in a classroom channel."""
    ada, bob = visitor(), visitor()
    key = ada.create_channel("Bulk", "Classroom")
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    return ada, bob


def test_a_zip_goes_in_and_a_zip_comes_out(pair):
    ada, bob = pair
    pictures = {f"trip/{n}.png": encoded(photograph(30 + n, 20)) for n in range(4)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in pictures.items():
            made.writestr(name, data)
        made.writestr("trip/notes.txt", b"not a picture")
        made.writestr("../climbs.png", next(iter(pictures.values())))
        made.writestr("=cmd.png", b"")
    ada.upload([as_upload("trip.zip", out.getvalue())])
    expect(ada.page.get_by_test_id("stFileUploader").get_by_text("trip.zip")).to_be_visible()
    ada.button("Encrypt and send").click()
    expect(ada.page.get_by_text("4 pictures sent")).to_be_visible()
    for name in ("trip/notes.txt", "../climbs.png", "=cmd.png"):
        expect(ada.page.get_by_text(f"Not sent: {name}")).to_be_visible()
    ada.page.get_by_text("Result for each file").click()
    _, manifest = ada.download("Download manifest")
    rows = list(csv.DictReader(io.StringIO(manifest.decode())))
    assert [row["outcome"] == "sent" for row in rows] == [True] * 4 + [False] * 3
    assert rows[-1]["name"] == "'=cmd.png"

    expect(bob.page.get_by_text("3.png", exact=True)).to_be_visible()
    bob.page.get_by_text("Open several into one zip file").click()
    bob.select("Selection", "Select all")
    bob.page.keyboard.press("Escape")
    bob.button("Prepare zip file").click()
    _, archive = bob.download("Download zip file")
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert sorted(opened.read(name) for name in opened.namelist()) == sorted(pictures.values())


def test_a_folder_is_sent_whole(pair, tmp_path):
    ada, bob = pair
    folder = tmp_path / "holiday"
    (folder / "day 2").mkdir(parents=True)
    (folder / "a.png").write_bytes(encoded(photograph(20, 20)))
    (folder / "day 2" / "b.png").write_bytes(encoded(photograph(21, 20)))
    ada.page.get_by_text("Choose a whole folder").click()
    expect(ada.page.locator("input[type=file][webkitdirectory]")).to_have_count(1)
    ada.page.locator("input[type=file]").set_input_files(folder)
    expect(ada.page.get_by_test_id("stFileUploader").get_by_text("b.png")).to_be_visible()
    ada.button("Encrypt and send").click()
    expect(ada.page.get_by_text("2 pictures sent")).to_be_visible()
    for name in ("a.png", "b.png"):
        expect(bob.page.get_by_text(name, exact=True)).to_be_visible()


def test_slow_work_shows_progress_and_can_be_cancelled(pair):
    ada, bob = pair
    ada.upload([as_upload("slow.png", encoded(photograph(900, 700)))])
    expect(ada.page.get_by_test_id("stFileUploader").get_by_text("slow.png")).to_be_visible()
    ada.page.get_by_role("radiogroup", name="Scheme").get_by_text("oaep-blocks").click()
    ada.button("Encrypt and send").click()
    expect(ada.page.get_by_text("Encrypting 1 of 1")).to_be_visible()
    pressed = time.monotonic()
    ada.button("Cancel").click()
    expect(ada.page.get_by_text("Encrypting 1 of 1")).to_have_count(0)
    print(f"cancelled after {time.monotonic() - pressed:.2f} s")
    expect(ada.page.get_by_text("Nothing sent yet")).to_be_visible()
    expect(bob.page.get_by_text("Nothing has arrived yet")).to_be_visible()
