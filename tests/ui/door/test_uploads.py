"""Uploads that wait here: their places, their quotas, and who gives way."""

import asyncio
from collections import Counter
from contextlib import ExitStack

import pytest

from tests.loops import run_apart
from ui.door import settings
from ui.door.sessions import Page
from ui.door.settings import MB, Settings
from ui.door.uploads import UploadRefused, Uploads, in_time, is_upload, thrown_away

LIMITS = Settings(uploads=100 * MB, uploads_per_address=80 * MB, uploads_per_session=40 * MB)


class Waiting:
    """Stands for Streamlit's store of uploads: sessions with what they hold."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.stored: Counter[str] = Counter()

    def join(self, session: str, address: str, stored: int = 0) -> None:
        self.pages[session] = Page(address)
        self.pages[session].give(["file"])
        self.stored[session] = stored

    def get(self, session):
        return self.pages.get(session)

    def held(self):
        arriving = {
            name: sum(one.size for one in page.arriving) for name, page in self.pages.items()
        }
        return Counter({name: self.stored[name] + arriving[name] for name in self.pages})

    def drop_uploads(self, session):
        self.stored[session] = 0
        for one in self.pages[session].arriving:
            one.dropped.set()


@pytest.fixture
def waiting():
    return Waiting()


def put(session: str, size: int | None, file: str = "file") -> dict:
    headers = [] if size is None else [(b"content-length", str(size).encode())]
    return {"path": f"/_stcore/upload_file/{session}/{file}", "headers": headers}


def status(waiting, scope) -> int:
    """200, or that of the refusal."""
    try:
        with Uploads(waiting, LIMITS).place(scope, ""):
            return 200
    except UploadRefused as refused:
        return refused.status


def test_a_place_is_given_to_ones_own_page_only(waiting):
    waiting.join("ada", "a")
    assert status(waiting, put("ada", 1)) == 200
    assert status(waiting, put("ada", 1, "invented")) == 400
    assert status(waiting, put("nobody", 1)) == 400
    assert status(waiting, put("ada", None)) == 411
    assert not waiting.pages["ada"].arriving


def test_only_the_newest_places_are_kept():
    page = Page("a")
    page.give(str(number) for number in range(settings.FILES_NAMED + 5))
    assert "4" not in page.places
    assert "5" in page.places


def test_each_quota_holds_and_counts_what_is_still_arriving(waiting):
    waiting.join("ada", "school", stored=30 * MB)
    assert status(waiting, put("ada", 11 * MB)) == 413
    uploads = Uploads(waiting, LIMITS)
    with uploads.place(put("ada", 9 * MB), ""):
        assert status(waiting, put("ada", 9 * MB)) == 413
    assert status(waiting, put("ada", 9 * MB)) == 200
    waiting.join("bob", "school", stored=35 * MB)
    waiting.join("eve", "school")
    assert status(waiting, put("eve", 16 * MB)) == 413
    assert status(waiting, put("eve", 14 * MB)) == 200


def test_the_address_that_holds_most_gives_way(waiting):
    """A stranger who fills the server locks nobody out."""
    waiting.join("eve 1", "stranger", stored=40 * MB)
    waiting.join("eve 2", "stranger", stored=39 * MB)
    waiting.join("bob", "school", stored=15 * MB)
    waiting.join("ada", "home")
    assert status(waiting, put("ada", 20 * MB)) == 200
    assert waiting.stored == {"eve 1": 0, "eve 2": 39 * MB, "bob": 15 * MB, "ada": 0}


def test_what_is_still_arriving_gives_way_too(waiting):
    waiting.join("eve", "stranger")
    waiting.join("eve 2", "stranger")
    waiting.join("ada", "home")
    uploads = Uploads(waiting, LIMITS)
    with (
        uploads.place(put("eve", 40 * MB), "") as first,
        uploads.place(put("eve 2", 39 * MB), "") as second,
        uploads.place(put("ada", 30 * MB), ""),
    ):
        assert (first.dropped.is_set(), second.dropped.is_set()) == (True, False)


def test_the_address_that_holds_most_is_refused_and_others_lose_nothing(waiting):
    waiting.join("eve", "stranger", stored=40 * MB)
    waiting.join("eve 2", "stranger", stored=25 * MB)
    waiting.join("bob", "school", stored=30 * MB)
    assert status(waiting, put("eve 2", 14 * MB)) == 413
    assert waiting.stored["bob"] == 30 * MB


def test_one_page_sends_a_few_at_once(waiting):
    waiting.join("ada", "a")
    uploads = Uploads(waiting, LIMITS)
    with ExitStack() as stack:
        for _ in range(settings.UPLOADS_OPEN):
            stack.enter_context(uploads.place(put("ada", 1), ""))
        assert status(waiting, put("ada", 1)) == 429
    assert status(waiting, put("ada", 1)) == 200


def test_a_body_that_falls_silent_ends(monkeypatch):
    monkeypatch.setattr(settings, "BODY_SILENCE", 0.05)

    async def told():
        parts = asyncio.Queue()
        parts.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
        receive = in_time(parts.get)
        return [await receive(), await receive()]

    first, second = run_apart(told())
    assert first["body"] == b"x"
    assert second == {"type": "http.disconnect"}


def test_a_body_that_was_dropped_ends_at_once():
    async def told():
        dropped = asyncio.Event()
        receive = in_time(asyncio.Queue().get, dropped)
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        dropped.set()
        return await asyncio.wait_for(waiting, 1)

    assert run_apart(told()) == {"type": "http.disconnect"}


def test_a_slow_body_ends_too(monkeypatch):
    monkeypatch.setattr(settings, "ANSWER_WITHIN", 0.1)

    async def drops():
        async def drop():
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b"x", "more_body": True}

        receive, parts = in_time(drop), 0
        while (await receive())["type"] == "http.request":
            parts += 1
        return parts

    assert 0 < run_apart(drops()) <= 6


def test_a_refused_body_is_read_so_far_and_no_further():
    async def read(parts: int) -> int:
        seen = 0

        async def receive():
            nonlocal seen
            seen += 1
            return {"type": "http.request", "body": bytes(MB), "more_body": seen < parts}

        await thrown_away(receive)
        return seen

    assert run_apart(read(3)) == 3
    assert run_apart(read(10_000)) == settings.THROWN_AWAY // MB


def test_places_are_known_below_a_prefix_too():
    assert is_upload("/_stcore/upload_file/s/f", "")
    assert is_upload("/app/_stcore/upload_file/s/f", "/app")
    assert not is_upload("/_stcore/upload_file/s/f/g", "")
    assert not is_upload("/x/_stcore/upload_file/s/f", "")
