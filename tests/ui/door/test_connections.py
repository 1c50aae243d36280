"""TCP connections: silence ends, and there is always room for a newcomer."""

import pytest

from ui.door import connections, settings
from ui.door.connections import Connections


class Cycle:
    response_complete = False


class Protocol:
    """As much of uvicorn's protocol as is looked at."""

    def __init__(self) -> None:
        self.cycle = None
        self.app_state = {}
        self.config = type("Config", (), {"ws_max_size": 0})()


class Transport:
    def __init__(self, protocol: Protocol, peer: str) -> None:
        self.protocol, self.peer, self.closed = protocol, peer, False

    def get_extra_info(self, _name):
        return (self.peer, 4711)

    def get_protocol(self):
        return self.protocol

    def is_closing(self):
        return self.closed

    def abort(self):
        self.closed = True


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(connections, "time", made)
    return made


@pytest.fixture
def ours(clock):
    return Connections(per_address=3, in_all=5, proxies=frozenset({"proxy"}))


def connect(ours: Connections, peer: str = "a", *, busy: bool = False) -> Transport:
    transport = Transport(Protocol(), peer)
    if busy:
        transport.protocol.cycle = Cycle()
    ours.add(transport.protocol, transport)
    return transport


def test_a_request_carries_who_is_really_at_the_other_end(ours):
    transport = connect(ours, "198.51.100.7")
    assert transport.protocol.app_state["peer"] == "198.51.100.7"
    assert transport.protocol.config.ws_max_size == settings.MESSAGE_BYTES


def test_silence_ends_and_work_goes_on(ours, clock):
    silent, busy, upgraded = connect(ours), connect(ours, busy=True), connect(ours)
    upgraded.protocol = Protocol()  # uvicorn gives a WebSocket its own protocol
    clock.now += 1
    ours.look()
    clock.now += settings.HEAD_WITHIN + 0.1
    ours.look()
    assert (silent.closed, busy.closed, upgraded.closed) == (True, False, False)
    busy.protocol.cycle.response_complete = True
    ours.look()
    clock.now += settings.HEAD_WITHIN - 1
    ours.look()
    assert not busy.closed
    clock.now += 2
    ours.look()
    assert busy.closed
    clock.now += 10 * settings.ANSWER_WITHIN
    ours.look()
    assert not upgraded.closed


def test_an_answer_that_nobody_reads_ends(ours, clock):
    busy = connect(ours, busy=True)
    ours.look()
    clock.now += settings.ANSWER_WITHIN + 1
    ours.look()
    assert busy.closed


def test_the_oldest_silent_one_gives_way(ours):
    busy, first, second = connect(ours, busy=True), connect(ours), connect(ours)
    newcomer = connect(ours)
    assert [one.closed for one in (busy, first, second, newcomer)] == [False, True, False, False]


def test_an_address_that_is_busy_everywhere_gets_no_more_and_others_do(ours):
    held = [connect(ours, busy=True) for _ in range(3)]
    assert connect(ours).closed
    assert not any(one.closed for one in held)
    assert not connect(ours, "b").closed


def test_the_server_has_a_ceiling_too(ours):
    held = [connect(ours, name, busy=True) for name in "abcde"]
    assert connect(ours, "f").closed
    held[0].closed = True
    ours.look()
    assert not connect(ours, "f").closed


def test_a_named_proxy_may_hold_as_many_as_there_are(ours):
    assert not any(connect(ours, "proxy", busy=True).closed for _ in range(5))


def test_watching_notices_every_connection(ours):
    class Server:
        def __init__(self):
            self.made = False
            vars(self).update(vars(Protocol()))

        def connection_made(self, transport):
            self.made = True

    ours.watch(Server)
    protocol = Server()
    protocol.connection_made(Transport(protocol, "a"))
    assert protocol.made
    assert protocol.app_state["peer"] == "a"
