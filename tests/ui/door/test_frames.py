"""WebSocket frames: half messages end, small ones without number too, and there is always room."""

import pytest

from ui.door import frames, pacing, settings
from ui.door.frames import Frames


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(frames, "time", made)
    monkeypatch.setattr(pacing, "time", made)
    return made


class Protocol:
    """As much of uvicorn's protocol as is looked at; it is also its own transport and parser."""

    def __init__(self, peer: str) -> None:
        self.peer, self.closed, self.read_paused, self.handled = peer, False, False, 0
        self.transport = self.conn = self.reader = self
        self.buffer, self.frames, self.events = bytearray(), [], []

    def get_extra_info(self, _name):
        return (self.peer, 4711)

    def is_closing(self):
        return self.closed

    def abort(self):
        self.closed = True

    def handle_events(self):
        self.handled += len(self.events)
        self.events.clear()

    def connection_lost(self, _error):
        self.closed = True


@pytest.fixture
def connect(clock):
    watched = type("Watched", (Protocol,), {})
    ours = Frames(in_all=1000)
    ours.watch(watched)

    def connect(peer: str = "a") -> Protocol:
        return watched(peer)

    connect.look = ours.look
    return connect


def begin(line: Protocol, size: int) -> None:
    line.buffer.extend(bytes(size))
    line.handle_events()


def test_half_a_message_ends_and_a_whole_one_does_not(connect, clock):
    half, slow, whole = connect(), connect(), connect()
    begin(half, 10)
    begin(slow, 10)
    clock.now += settings.HEAD_WITHIN - 1
    begin(half, 10)
    slow.buffer.clear()
    slow.events.append("a message")
    slow.handle_events()
    whole.events.append("a message")
    whole.handle_events()
    clock.now += 2
    connect.look()
    assert (half.closed, slow.closed, whole.closed) == (True, False, False)


def test_the_address_that_has_begun_most_gives_way(connect):
    greedy = [connect("stranger") for _ in range(3)]
    pupil = connect("school")
    for line, size in zip(greedy, (300, 310, 100), strict=True):
        begin(line, size)
    begin(pupil, 290)
    assert [line.closed for line in (*greedy, pupil)] == [False] * 4
    begin(pupil, 50)
    assert [line.closed for line in (*greedy, pupil)] == [False, True, False, False]
    assert not greedy[1].buffer


def test_what_was_closed_counts_no_more(connect):
    for _ in range(5):
        line = connect()
        begin(line, 900)
        line.connection_lost(None)
    last = connect()
    begin(last, 1000)
    assert not last.closed


def test_what_waits_because_nobody_asked_for_it_is_not_the_browsers_fault(connect, clock):
    line = connect()
    line.read_paused = True
    begin(line, 2000)
    clock.now += settings.HEAD_WITHIN + 1
    connect.look()
    assert not line.closed


def test_small_frames_without_number_end_their_connection(connect, clock):
    quick, steady = connect(), connect()
    quick.events.extend(["a ping"] * (settings.FRAMES_AT_ONCE + 1))
    quick.handle_events()
    assert quick.closed
    assert quick.handled == 0
    for _ in range(100):
        clock.now += 1
        steady.events.extend(["a ping"] * int(settings.FRAMES_A_SECOND))
        steady.handle_events()
    assert not steady.closed
    assert steady.max_size == settings.READ_BYTES
