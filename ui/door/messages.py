"""What a WebSocket message of a browser may hold.

Streamlit parses a message, then believes it: a widget's value goes to the code of that widget
whatever its type. `read_message` is in front of that. It knows nothing of connections.
"""

import json
from collections.abc import Callable

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from ui.door import settings

KindOf = Callable[[str], str | None]

# What the widgets of our pages send. Above all not `arrow_value`: Streamlit hands it to pyarrow
# unchecked, which may end the process.
_KINDS = frozenset(
    {
        "trigger_value",
        "bool_value",
        "double_value",
        "int_value",
        "string_value",
        "string_array_value",
        "json_value",
        "json_trigger_value",
        "file_uploader_state_value",
    }
)
_TAKEN = frozenset({"rerun_script", "stop_script", "file_urls_request", "app_heartbeat"})
# A field for whole numbers sends these; Streamlit knows it as one for numbers of any kind.
_WHOLE = {"int_value": "double_value"}
_LISTS = frozenset({"string_array_value", "file_uploader_state_value"})
_WIDGET = "$$"  # how Streamlit's own names begin; anything else could name our session state


class Refused(Exception):  # noqa: N818  (an answer, not a fault)
    """The message goes no further, and its connection is closed.

    Attributes:
        reason: constant words for the journal.
        code: WebSocket close code, RFC 6455 section 7.4.1.
    """

    def __init__(self, reason: str, code: int = 1008) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def read_message(data: bytes, session: str, kind_of: KindOf) -> BackMsg | None:
    """Parses one message and checks all of it.

    Args:
        data: what the browser sent.
        session: id of the connection's session; "" before it is known.
        kind_of: the value kind of a widget that the session's page has, by widget id; None for
            a widget that it does not know.

    Returns:
        The message; None for one that does no harm and that no page of ours needs.

    Raises:
        Refused: it is too large, cannot be read, or holds what none of our pages sends.
    """
    if len(data) > settings.MESSAGE_BYTES:
        raise Refused("a message that is too large", 1009)
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise Refused("a message that cannot be read", 1002) from None
    kind = message.WhichOneof("type")
    if kind not in _TAKEN:
        return None
    if kind == "rerun_script":
        _check_rerun(message, kind_of)
    elif kind == "file_urls_request":
        _check_places(message, session)
    return message


def _check_rerun(message: BackMsg, kind_of: KindOf) -> None:
    client = message.rerun_script
    if len(client.query_string) > settings.QUERY_BYTES:
        raise Refused("an address that is too long")
    if len(client.widget_states.widgets) > settings.WIDGETS:
        raise Refused("a message with too many widgets")
    if len(client.cached_message_hashes) > settings.ENTRIES:
        raise Refused("a list that is too long")
    for widget in client.widget_states.widgets:
        _check_widget(widget, kind_of)


def _check_widget(widget: WidgetState, kind_of: KindOf) -> None:
    kind = widget.WhichOneof("value")
    if kind is None:
        return
    if kind == "arrow_value":
        raise Refused("a message with an Arrow value")
    if kind not in _KINDS:
        raise Refused("a kind of value that no page has")
    if not widget.id.startswith(_WIDGET):
        raise Refused("a value for something that is not a widget")
    if kind not in _LISTS and widget.ByteSize() > settings.VALUE_BYTES:
        raise Refused("a value that is too large")
    if kind in _LISTS and _entries(widget) > settings.ENTRIES:
        raise Refused("a list that is too long")
    known = kind_of(widget.id)
    if known is not None and known not in (kind, _WHOLE.get(kind)):
        raise Refused("a value of another kind than its widget's")
    if kind in ("json_value", "json_trigger_value"):
        _check_json(getattr(widget, kind))


def _entries(widget: WidgetState) -> int:
    if widget.WhichOneof("value") == "string_array_value":
        return len(widget.string_array_value.data)
    return len(widget.file_uploader_state_value.uploaded_file_info)


def _check_json(text: str) -> None:
    """JSON that Streamlit can read, and no deeper than our components send it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("a value that is not JSON") from None
    level = [value]
    for _ in range(settings.JSON_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise Refused("a value that is nested too deeply")


def _check_places(message: BackMsg, session: str) -> None:
    request = message.file_urls_request
    if not session or request.session_id != session:
        raise Refused("a request to upload in another session")
    if len(request.file_names) > settings.FILES_NAMED:
        raise Refused("a request to upload too many files")
