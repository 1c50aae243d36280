"""A new runner begins after the old one's messages, and no request overtakes another."""

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from tests.loops import run_apart
from ui.door import runs


class Runner:
    def __init__(self, asked, *, ended=False) -> None:
        self.asked, self.ended = asked, ended

    def request_rerun(self, request) -> bool:
        if not self.ended:
            self.asked.append(request)
        return not self.ended


class Session(SimpleNamespace):
    __hash__ = object.__hash__


@pytest.fixture
def turns(monkeypatch):
    """Asks a session whose runner has ended; gives all that happens, in its order."""
    happened = []

    def create(session, request):
        happened.append(("a new runner", request))
        session._scriptrunner = Runner(happened)

    monkeypatch.setattr(runs, "_create", create)

    def turns(ask, state=AppSessionState.APP_NOT_RUNNING):
        async def story():
            loop = asyncio.get_running_loop()
            session = Session(
                _event_loop=loop, _state=state, _scriptrunner=Runner(happened, ended=True)
            )
            loop.call_soon(happened.append, "the last message")
            ask(session)
            for _ in range(3):
                await asyncio.sleep(0)

        run_apart(story())
        return happened

    return turns


def test_the_old_runners_messages_come_first(turns):
    assert turns(lambda session: runs._create_in_turn(session, "tick")) == [
        "the last message",
        ("a new runner", "tick"),
    ]


def test_a_click_behind_a_tick_stays_behind_it(turns):
    """What a tick says of the widgets is older, and would undo the click."""

    def ask(session):
        runs._create_in_turn(session, "tick")
        session._scriptrunner = None  # so does `AppSession.request_rerun` for a whole page
        runs._create_in_turn(session, "click")

    assert turns(ask)[1:] == [("a new runner", "tick"), "click"]


def test_a_session_that_was_closed_meanwhile_runs_no_more(turns):
    found = turns(lambda one: runs._create_in_turn(one, "tick"), AppSessionState.SHUTDOWN_REQUESTED)
    assert found == ["the last message"]
    assert runs._waiting == {}


def drawn(fragment: str, *path: int) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path[:] = path
    message.delta.fragment_id = fragment
    message.delta.new_element.text.body = fragment
    return message


def test_where_a_file_is_to_go_is_not_forgotten_when_a_page_begins():
    """Streamlit forgets it, and the file that somebody has just chosen is lost without a word."""
    runs.hear_runs_out()
    queue = ForwardMsgQueue()
    queue.enqueue(drawn("", 0, 0))
    queue.enqueue(answer := ForwardMsg())
    answer.file_urls_response.response_id = "1"
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.flush() == [answer]
    assert queue.is_empty()


@pytest.mark.parametrize("runs_now", [["outer"], ["inner"], ["outer", "inner"], ["another"]])
def test_a_fragment_that_runs_takes_nothing_back(runs_now):
    """Streamlit keeps what is inside, without the container that it stands in."""
    runs.hear_runs_out()
    queue = ForwardMsgQueue()
    ended = ForwardMsg()
    ended.script_finished = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    before = [drawn("outer", 0, 1), drawn("inner", 0, 1, 0), drawn("", 0, 2), ended]
    for message in before:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=runs_now)
    after = [drawn("outer", 0, 1), drawn("inner", 0, 1, 0)]
    for message in after:
        queue.enqueue(message)
    assert queue.flush() == before + after
