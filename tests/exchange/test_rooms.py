"""The shape that `docs/architecture.md` draws."""

import sys
from pathlib import Path

import exchange

FOLDER = Path(exchange.__file__).parent


def test_rooms_are_few_and_small():
    top = list(FOLDER.glob("*.py"))
    assert len(top) <= 17  # with `__init__`
    assert [folder.name for folder in FOLDER.iterdir() if (folder / "__init__.py").exists()] == [
        "wire"
    ]
    long = [p.name for p in FOLDER.rglob("*.py") if len(p.read_text().splitlines()) > 350]
    assert long == []


def test_only_errors_and_protocols_inherit():
    found = [
        line
        for path in FOLDER.rglob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith("class ") and "(" in line and path.name != "errors.py"
    ]
    protocols = ["class Own(Protocol):", "class Wire(Protocol):"]
    assert sorted(found) == ["class HeldAtEvent(Generic[Made]):", *protocols]


def test_an_honest_picture_passes_few_rooms_and_no_adversary(room, png):
    """From the press of Encrypt and send to the receipt."""
    passed = set()

    def note(frame, event, _argument):
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.split(".")[0] == "exchange":
            passed.add(name)

    ada, bob = room.seats["Ada"], room.seats["Bob"]
    sys.setprofile(note)
    try:
        picture_id = room.exchange.sender.send(
            ada, png, file_name="a.png", scheme="hybrid", recipients=(bob.id,), submission="1"
        )
        news = room.exchange.member.news(bob, 0)
        room.exchange.receiver.inbox(bob)
        room.exchange.receiver.details(bob, picture_id)
        got = room.exchange.receiver.open(bob, picture_id)
    finally:
        sys.setprofile(None)
    assert (got.file, news.events[-1].kind) == (png, "sent")
    assert {name for name in passed if ".wire" in name} == {"exchange.wire.honest"}
    assert len(passed) <= 11, sorted(passed)
