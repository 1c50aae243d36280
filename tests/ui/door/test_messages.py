"""Each message of a browser is taken, passed over or refused; nothing else can come of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from ui.door import settings
from ui.door.messages import Refused, read_message

WIDGET = "$$ID-0123456789abcdef-caption"


def unknown(_widget: str) -> None:
    return None


def rerun(**values) -> BackMsg:
    message = BackMsg()
    message.rerun_script.query_string = "channel=ABCDE-FGHJK"
    message.rerun_script.widget_states.widgets.append(WidgetState(id=WIDGET, **values))
    return message


def read(message: BackMsg, session: str = "s", kind_of=unknown) -> BackMsg | None:
    return read_message(message.SerializeToString(), session, kind_of)


def refusal(message: BackMsg | bytes, session: str = "s", kind_of=unknown) -> Refused:
    data = message if isinstance(message, bytes) else message.SerializeToString()
    with pytest.raises(Refused) as caught:
        read_message(data, session, kind_of)
    return caught.value


TAKEN = [
    {"trigger_value": True},
    {"bool_value": False},
    {"double_value": 3.5},
    {"int_value": 3},
    {"string_value": "a caption"},
    {"json_value": json.dumps({"seats": json.dumps({"seats": [{"key": "K"}], "tab": {}})})},
    {"json_trigger_value": "[]"},
    {},
]


@pytest.mark.parametrize("values", TAKEN, ids=str)
def test_what_our_widgets_send_is_taken_unchanged(values):
    message = rerun(**values)
    assert read(message) == message


def test_a_field_of_numbers_takes_whole_ones():
    """Streamlit's number field is known as one of fractions, and sends what it holds."""
    message = rerun(int_value=3)
    assert read(message, kind_of=lambda _widget: "double_value") == message
    refusal(message, kind_of=lambda _widget: "string_value")


def test_a_folder_of_two_thousand_files_is_taken():
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add(id=WIDGET)
    for number in range(2000):
        info = widget.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = "f" * 36, f"holiday/{number}.png", 270_000
        info.file_urls.upload_url = info.file_urls.delete_url = f"/_stcore/{'u' * 80}"
    assert read(message) == message


@pytest.mark.parametrize("kind", [field.name for field in WidgetState.DESCRIPTOR.fields[1:]])
def test_a_kind_is_taken_only_where_the_page_has_it(kind):
    """Kinds that Streamlit adds later included: nobody has to think of them."""
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add(id=WIDGET)
    value = getattr(widget, kind)
    if isinstance(value, str):
        setattr(widget, kind, "[]")
    elif hasattr(value, "SetInParent"):
        value.SetInParent()
    else:
        setattr(widget, kind, value)
    assert widget.WhichOneof("value") == kind
    other = "string_value" if kind != "string_value" else "bool_value"
    refusal(message, kind_of=lambda _widget: other)
    never = {
        "arrow_value",
        "bytes_value",
        "chat_input_value",
        "double_array_value",
        "int_array_value",
        "string_trigger_value",
    }
    if kind in never:
        refusal(message, kind_of=lambda _widget: kind)
    else:
        assert read(message, kind_of=lambda _widget: kind) == message


def test_an_arrow_value_is_named_in_the_refusal():
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add(id=WIDGET)
    widget.arrow_value.data = b"\xff\xff\xff\xff"
    assert "Arrow" in refusal(message).reason


def test_sizes_have_limits():
    assert refusal(bytes(settings.MESSAGE_BYTES + 1)).code == 1009
    refusal(rerun(string_value="x" * (settings.VALUE_BYTES + 1)))
    refusal(rerun(json_value=json.dumps("x" * settings.VALUE_BYTES)))
    long_address = rerun()
    long_address.rerun_script.query_string = "x" * (settings.QUERY_BYTES + 1)
    refusal(long_address)
    many = BackMsg()
    for number in range(settings.WIDGETS + 1):
        many.rerun_script.widget_states.widgets.add(id=f"{WIDGET}{number}", bool_value=True)
    refusal(many)


def test_lists_have_lengths():
    """Each entry takes two bytes on the way, and a hundred times as many here."""
    picked, files, hashes = BackMsg(), BackMsg(), BackMsg()
    picked.rerun_script.widget_states.widgets.add(id=WIDGET).string_array_value.data.extend(
        ["x"] * (settings.ENTRIES + 1)
    )
    uploader = files.rerun_script.widget_states.widgets.add(id=WIDGET).file_uploader_state_value
    for _ in range(settings.ENTRIES + 1):
        uploader.uploaded_file_info.add()
    hashes.rerun_script.cached_message_hashes.extend(["h"] * (settings.ENTRIES + 1))
    for message in (picked, files, hashes):
        assert "too long" in refusal(message).reason


@pytest.mark.parametrize("text", ["", "{", "NaN,", "[" * 5000 + "]" * 5000, "[" * 30 + "]" * 30])
def test_anything_but_plain_json_is_refused(text):
    refusal(rerun(json_value=text))


@pytest.mark.parametrize("name", ["memory_known", "visitor", "", "feed_first_run"])
def test_a_value_cannot_name_our_own_state(name):
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add(id=name, string_value="x")
    refusal(message)


def test_a_page_asks_for_few_places_and_only_in_its_own_session():
    message = BackMsg()
    message.file_urls_request.session_id = "mine"
    message.file_urls_request.file_names.append("a.png")
    assert read(message, "mine") == message
    refusal(message, "yours")
    refusal(message, "")
    message.file_urls_request.file_names.extend(["a.png"] * settings.FILES_NAMED)
    refusal(message, "mine")


@pytest.mark.parametrize(
    "kind", ["clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"]
)
def test_what_no_page_needs_is_passed_over(kind):
    assert read(BackMsg(**{kind: True})) is None
    assert read(BackMsg()) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        message = read_message(data, "s", unknown)
    except Refused as refused:
        message, code = None, refused.code
    else:
        code = 1008
    assert code in (1002, 1008, 1009)
    assert message is None or message.WhichOneof("type") is not None


@given(st.data())
def test_a_changed_message_is_read_or_refused(data):
    whole = rerun(json_value='{"seats": null}').SerializeToString()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + 1 :]
    try:
        message = read_message(changed, "s", unknown)
    except Refused:
        return
    for widget in message.rerun_script.widget_states.widgets if message else ():
        assert widget.WhichOneof("value") != "arrow_value"
