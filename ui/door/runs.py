"""A run's last messages reach the browser before the next run begins.

When a fragment's tick comes just after a page's run has ended, Streamlit starts a new runner and
ignores what the old one has still in the event loop's queue: the end of the page, and the word
that it has ended (`AppSession.request_rerun` describes it). The browser then keeps half a page
until the next whole run. Here the new runner begins after those messages.

A run that begins also drops what the last one has drawn and not sent yet. With it Streamlit drops
the address that the browser has just asked for to send a file to, and the file is lost without a
word. Here that answer stays. And a fragment's run drops what was drawn of that fragment, but not
what was drawn of one inside it: the browser is then sent elements whose place it does not know, and
shows nothing any more. Here a fragment's run drops nothing.
"""

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData

_create = AppSession._create_scriptrunner
_clear = ForwardMsgQueue.clear
_waiting: dict[AppSession, list[RerunData]] = {}  # what is asked for meanwhile, in that order


def hear_runs_out() -> None:
    """Changes Streamlit's sessions accordingly; once is enough, twice does no harm."""
    AppSession._create_scriptrunner = _create_in_turn  # type: ignore[assignment,method-assign]
    ForwardMsgQueue.clear = _clear_for_a_page  # type: ignore[assignment,method-assign]


def _create_in_turn(session: AppSession, request: RerunData) -> None:
    if session in _waiting:
        _waiting[session].append(request)
    elif session._scriptrunner is None:
        _create(session, request)
    else:
        _waiting[session] = [request]
        # A runner queues all its messages before it refuses a request, so they come first.
        session._event_loop.call_soon_threadsafe(_begin, session)


def _begin(session: AppSession) -> None:
    first, *others = _waiting.pop(session)
    if session._state == AppSessionState.SHUTDOWN_REQUESTED:
        return
    _create(session, first)
    for request in others:
        runner = session._scriptrunner
        if runner is None or not runner.request_rerun(request):
            _create_in_turn(session, request)


def _clear_for_a_page(
    queue: ForwardMsgQueue,
    retain_lifecycle_msgs: bool = False,
    fragment_ids_this_run: list[str] | None = None,
) -> None:
    if fragment_ids_this_run is not None:
        queue._delta_index_map = {}  # what comes now comes after what is there
        return
    answers = [one for one in queue._queue if one.WhichOneof("type") == "file_urls_response"]
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if retain_lifecycle_msgs:  # else what was in the queue has been sent
        queue._queue += [one for one in answers if not any(one is kept for kept in queue._queue)]
