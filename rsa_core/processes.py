"""Work in processes that can be ended, with progress and with limits of time and memory.

A `Child` is a fresh interpreter, or a copy of this process, that builds one function and then
answers calls of it:

    to the child      (memory, make, setup), then for each call (seconds, arguments)
    from the child    ("told", value) as often as it likes, then ("done", result) or
                      ("raised", error)

Each is a pickle on the child's standard input or output, so secrets never stand on a command line.
Functions travel by name; what comes back is data (`_Answers`). `multiprocessing` and what builds on
it hand our environment on, or run the parent's `__main__` again, which under Streamlit is a page.
"""

import ctypes
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rsa_core import cores
from rsa_core.copying import Copy, can_copy

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Why = Literal["died", "too slow", "stopped"]

TICK = 0.05  # seconds between two looks at clocks and flags
GRACE = 5.0  # seconds a child has to clean up after SIGTERM
_SPARE = 2.0  # seconds of processor time beyond a call's limit
_START = "from rsa_core.processes import serve; serve()"
_SIEVE = "/tmp/siqs"  # noqa: S108  (the sieve's own choice; see `_note_files`)
_PR_SET_PDEATHSIG = 1
_ENVIRONMENT = (
    *("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMPDIR"),
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
)
# Each thread of a linear algebra library would reserve memory that a child's limit counts.
_ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# For each process one thread that lives as long as the process: prctl(2) ends a child together
# with the thread that started it.
_starters: dict[int, "ThreadPoolExecutor"] = {}

_ARRAYS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
}


class EndedError(Exception):
    """A child ended without an answer; `why` says whether we ended it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Child:
    """One interpreter with pipes; `end` it in the end."""

    def __init__(
        self,
        make: Callable[..., Any],
        *setup: object,
        memory: int | None = None,
        quiet: bool = True,
        copied: bool = False,
    ) -> None:
        """Starts it; there `make(*setup)`, picklable, returns the function that `call` calls.

        `memory` is the bytes it may take beyond what it has when `make` has returned. `quiet` drops
        its error output: libraries quote files there. `copied`: as a copy of this process where
        that is possible, which starts at once and knows all our secrets.
        """
        self._unsent: tuple[object, ...] = ((memory, make, setup),)
        self.killed: Why | None = None
        self._files: set[str] = set()
        self.process: subprocess.Popen[bytes] | Copy
        if copied and can_copy():
            self.process = Copy(serve)
            return
        self.process = _starter().submit(_start, quiet).result()

    def call(
        self,
        *arguments: object,
        seconds: float | None = None,
        hear: Callable[[Any], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Any:  # noqa: ANN401  (what the function returns)
        """Calls the child's function with picklable arguments, and waits for its result.

        The child is ended after `seconds`, or when `stop`, asked in another thread 20 times a
        second, says so. `hear` gets what the child `tell`s, in this thread.

        Raises:
            EndedError: the child has ended.
            Exception: what the function raised.
        """
        over = threading.Event()
        watch = None
        if seconds is not None or stop is not None:
            watch = threading.Thread(target=self._watch, args=(over, seconds, stop), daemon=True)
            watch.start()
            if seconds is not None and seconds <= 0:
                watch.join()  # a quick child must not win the race
        try:
            for message in (*self._unsent, (seconds, arguments)):
                _write(self.process.stdin, message)
            self._unsent = ()
            while (answer := _Answers(self.process.stdout).load())[0] == "told":  # type: ignore[arg-type]
                if hear is not None:
                    hear(answer[1])
        except (OSError, EOFError, pickle.UnpicklingError):
            raise EndedError(self.killed or "died") from None
        finally:
            over.set()
            if watch is not None:
                watch.join()  # afterwards `killed` is final
        kind, value = answer
        if kind == "raised":
            try:
                raise value
            finally:
                del answer, value  # else this frame keeps the arguments until the collector comes
        return value

    def terminate(self) -> None:
        """Ends it at once, unless it handles SIGTERM to clean up first."""
        self._note_files()
        self.process.terminate()

    def end(self) -> None:
        """Ends it, waits until it is gone, and removes what it left behind."""
        self.terminate()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # unwritten data has lost its reader
                pipe.close()  # type: ignore[union-attr]
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for name in self._files:
            Path(name).unlink(missing_ok=True)

    def _watch(
        self, over: threading.Event, seconds: float | None, stop: Callable[[], bool] | None
    ) -> None:
        end = time.monotonic() + (threading.TIMEOUT_MAX if seconds is None else seconds)
        while not over.wait(max(0.0, min(TICK, end - time.monotonic()))):
            self._note_files()
            late = time.monotonic() >= end
            if late or (stop is not None and stop()):
                self.killed = "too slow" if late else "stopped"
                self.process.kill()
                return

    def _note_files(self) -> None:
        """FLINT's sieve writes to /tmp/siqs?????? whatever TMPDIR says; a killed one leaves it."""
        with suppress(OSError):  # no /proc, or no process any more
            for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
                if (name := str(link.readlink())).startswith(_SIEVE):
                    self._files.add(name)


class _Answers(pickle.Unpickler):
    """Builds our own values and arrays only: a picture that takes a child over gets no further."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        """As in the base class, where the name is harmless."""
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        if "." not in name and module.partition(".")[0] in ("builtins", "rsa_core"):
            found = super().find_class(module, name)
            if isinstance(found, type) and (module != "builtins" or issubclass(found, Exception)):
                return found
        raise pickle.UnpicklingError(f"a child answers with {module}.{name}")


def in_child(
    work: Callable[..., Any],
    *arguments: object,
    memory: int,
    seconds: float,
    hear: Callable[[Any], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Any:  # noqa: ANN401  (what the function returns)
    """One call in a child that ends with it; arguments and errors as of `Child.call`."""
    child = Child(partial, work, *arguments, memory=memory)
    try:
        return child.call(seconds=seconds, hear=hear, stop=stop)
    finally:
        child.end()


def serve() -> None:
    """The child's whole life."""
    cores.use_all()  # in a copy; a fresh interpreter was started so
    _deafen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    die_with_parent(signal.SIGKILL)
    _limit("RLIMIT_CORE", 0)  # a crash would leave pictures and keys on the disk
    with suppress(EOFError, OSError):  # the parent has no more work, or is gone
        memory, make, setup = pickle.load(sys.stdin.buffer)  # noqa: S301  (our parent's)
        work = make(*setup)
        if memory is not None:
            _limit_memory(memory)
        while True:
            seconds, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  (our parent's)
            if seconds is not None:  # for a child whose parent was killed, and with it the watch
                _limit("RLIMIT_CPU", int(sum(os.times()[:2]) + seconds + _SPARE) + 1)
            try:
                answer = "done", work(*arguments)
            except Exception as error:
                answer = "raised", error
            _write(sys.stdout.buffer, answer)
    os._exit(0)


def tell(value: object) -> None:
    """In a child: passes something picklable to the `hear` of the call under way."""
    _write(sys.stdout.buffer, ("told", value))


def die_with_parent(number: int) -> None:
    """In a child: gets this signal when the parent ends, even in the middle of a FLINT call."""
    with suppress(OSError, AttributeError, TypeError):  # only Linux has it: prctl(2)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _write(pipe: Any, message: object) -> None:  # noqa: ANN401  (a binary pipe)
    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _starter() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (slow, and not for copies)

    return _starters.setdefault(os.getpid(), ThreadPoolExecutor(1, initializer=_deafen))


def _deafen() -> None:
    """In the thread that starts children: what a terminal sends is the parent's to hear.

    They inherit it, and so it holds from their first moment.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))


def _limit_memory(more: int) -> None:
    with suppress(OSError):  # no /proc
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        _limit("RLIMIT_DATA", pages * os.sysconf("SC_PAGE_SIZE") + more)


def _limit(what: str, most: int) -> None:
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return
    name = getattr(resource, what)
    with suppress(OSError, ValueError):
        resource.setrlimit(name, (most, resource.getrlimit(name)[1]))


def _start(quiet: bool) -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    needed = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    cores.use_all()  # this thread; its children inherit it
    return subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
        [sys.executable, "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        env={**needed, **_ALONE, "PYTHONPATH": path},
    )
