"""Decoding in a process that can be ended, because nothing else can stop a decoder.

Each call of `decoding` is done by a child that is kept warm, and that is killed when it has not
answered after `SECONDS`, or needs more than `MEMORY`: the picture is then refused, and another
child takes its place. A child that lost its parent in the middle is ended by its own limit of
processor time.

A few children work at the same time. Whoever waits is let in by turns: first an address that has
fewest at work, then a session, then who came first; and the last place is kept for an address
that has none. So nobody's slow pictures hold somebody else's up. Who asks is told by `asked_by`
or `on_behalf_of`; a program that says nothing is one asker.

    to the child      name of the call and its arguments as JSON, then the file
    from the child    what came of it as JSON, then samples or a file; each a frame of `children`
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import IO, Any

import numpy as np

from rsa_core import children
from rsa_core.children import Child
from rsa_core.errors import DecodingError, PictureError

SECONDS = 5.0  # for one call
MEMORY = 1 << 30  # bytes of a child
PLACES = 4  # children at work
WARM = 2  # children that are kept for the next

_START = "from rsa_core.apart import serve; serve()"
_SLOW = "The picture takes too long to decode: save it again, smaller or as another kind."
_LARGE = "The picture takes too much memory to decode: make it smaller."

_asker: ContextVar[tuple[str, str]] = ContextVar("asker", default=("", ""))


def asked_by(address: str, session: str) -> None:
    """Says who asks for what this thread (or task) decodes from now on."""
    _asker.set((address, session))


@contextmanager
def on_behalf_of(address: str, session: str) -> Iterator[None]:
    """Says who asks for what is decoded inside."""
    before = _asker.set((address, session))
    try:
        yield
    finally:
        _asker.reset(before)


def check(data: bytes) -> tuple[str, int, int, int]:
    """`decoding.check`, in a child."""
    name, width, height, frames = _call("check", data)[0]
    return str(name), int(width), int(height), int(frames)


def pixels(data: bytes, name: str) -> Any:  # noqa: ANN401  (`decoding.Pixels`; that imports Pillow)
    """`decoding.pixels`, in a child."""
    (dtype, shape), samples = _call("pixels", data, name)
    return np.frombuffer(samples, dtype).reshape(shape)


def thumbnail(data: bytes, name: str, side: int) -> bytes:
    """`decoding.thumbnail`, in a child."""
    return bytes(_call("thumbnail", data, name, side)[1])


def view_png(data: bytes, name: str, side: int | None) -> bytes:
    """`decoding.view_png`, in a child."""
    return bytes(_call("view_png", data, name, side)[1])


def says_where(data: bytes) -> bool:
    """`decoding.says_where`, in a child."""
    return bool(_call("says_where", data)[0])


class _Pool:
    """The children of one process, and who waits for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, str]] = deque()
        self._working: Counter[tuple[str, str]] = Counter()
        self._idle: list[Child] = []

    def call(self, request: bytes, data: bytes) -> tuple[Any, bytearray]:
        """One call, when its turn has come.

        Raises:
            PictureError: the child said so.
            DecodingError: it had to be ended.
        """
        asker = _asker.get()
        self._take_place(asker)
        child = sound = None
        try:
            child = self._a_child()
            answer = _answer_of(child, request, data)
            sound = child
        except DecodingError:
            raise
        except PictureError:  # which it said itself, and can go on
            sound = child
            raise
        finally:
            if sound is None and child is not None:
                children.end(child)
            self._give_place(asker, sound)
        return answer

    def end(self) -> None:
        """Ends the children that wait for work."""
        with self._changed:
            idle, self._idle = self._idle, []
        for child in idle:
            children.end(child)

    def _take_place(self, asker: tuple[str, str]) -> None:
        with self._changed:
            self._waiting.append(asker)
            while not (self._is_free_for(asker) and self._next() == asker):
                self._changed.wait()
            self._waiting.remove(asker)
            self._working[asker] += 1
            self._changed.notify_all()

    def _give_place(self, asker: tuple[str, str], child: Child | None) -> None:
        with self._changed:
            self._working[asker] -= 1
            self._working += Counter()  # drops those at zero
            if child is not None and len(self._idle) < WARM:
                self._idle.append(child)
                child = None
            self._changed.notify_all()
        if child is not None:
            children.end(child)

    def _next(self) -> tuple[str, str] | None:
        """Who of those that may be let in is let in first."""
        able = [one for one in self._waiting if self._is_free_for(one)]
        return min(able, key=lambda one: (self._of(one[0]), self._working[one]), default=None)

    def _is_free_for(self, asker: tuple[str, str]) -> bool:
        free = PLACES - self._working.total()
        return free > 1 or (free == 1 and self._of(asker[0]) == 0)

    def _of(self, address: str) -> int:
        return sum(number for one, number in self._working.items() if one[0] == address)

    def _a_child(self) -> Child:
        with self._changed:
            if self._idle:
                return self._idle.pop()
        # Libraries write there what a file makes them say.
        return children.start(_START, errors=subprocess.DEVNULL)


_pools: dict[int, _Pool] = {}
_lock = threading.Lock()


def _pool() -> _Pool:
    """This process's own: after a fork, what the parent has is the parent's."""
    with _lock:
        pid = os.getpid()
        if pid not in _pools:
            _pools.clear()
            _pools[pid] = _Pool()
            atexit.register(_pools[pid].end)
        return _pools[pid]


def _call(name: str, data: bytes, *arguments: object) -> tuple[Any, bytearray]:
    return _pool().call(json.dumps([name, *arguments]).encode(), data)


def _answer_of(child: Child, request: bytes, data: bytes) -> tuple[Any, bytearray]:
    over = threading.Event()

    def end() -> None:
        over.set()
        child.kill()

    watch = threading.Timer(SECONDS, end)
    watch.daemon = True
    watch.start()
    head = part = None
    try:
        with suppress(OSError):  # it was ended while we wrote
            to_child, from_child = children.pipes(child)
            children.write_frame(to_child, request)
            children.write_frame(to_child, data)
            head = children.read_frame(from_child)
            part = children.read_frame(from_child)
    finally:
        watch.cancel()
    if head is None or part is None:
        raise DecodingError(_SLOW if over.is_set() else _LARGE)
    kind, value = json.loads(bytes(head))
    if kind == "too large":
        raise DecodingError(_LARGE)
    if kind == "refused":
        raise PictureError(value)
    return value, part


def serve() -> None:
    """The child's whole life."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    _be_modest()
    from rsa_core import decoding  # noqa: PLC0415  (Pillow, in children only)

    while (request := children.read_frame(source)) is not None:
        data = children.read_frame(source)
        if data is None:
            return
        _spend_no_more_than(SECONDS)
        name, *arguments = json.loads(bytes(request))
        _do(getattr(decoding, name), [bytes(data), *arguments], out)


def _do(work: Any, arguments: list[Any], out: IO[bytes]) -> None:  # noqa: ANN401  (of `decoding`)
    value: Any
    kind, part = "done", b""
    try:
        value = work(*arguments)
    except PictureError as error:
        kind, value = "refused", str(error)
    except MemoryError:
        kind, value = "too large", None
    if isinstance(value, bytes):
        value, part = None, value
    elif isinstance(value, np.ndarray):
        value, part = (value.dtype.str, value.shape), value.tobytes()
    children.write_frame(out, json.dumps([kind, value]).encode())
    children.write_frame(out, part)


def _be_modest() -> None:
    """Ends with Ctrl-C of the parent only, and lets a picture that is too large fail in here."""
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit("RLIMIT_DATA", MEMORY)
    _limit("RLIMIT_CORE", 0)  # what a crash would leave on the disk is the picture


def _spend_no_more_than(seconds: float) -> None:
    """For a child whose parent was killed, and with it the watch."""
    spent = sum(os.times()[:2])
    _limit("RLIMIT_CPU", int(spent + seconds) + 2)


def _limit(what: str, most: int) -> None:
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return
    name = getattr(resource, what)
    with suppress(OSError, ValueError):
        resource.setrlimit(name, (most, resource.getrlimit(name)[1]))
