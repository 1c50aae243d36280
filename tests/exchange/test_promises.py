"""What the database never holds, what purging never touches, and what tampering never passes."""

import dataclasses
import inspect
import secrets
import sqlite3
from dataclasses import dataclass
from operator import attrgetter

import pytest
from Crypto.PublicKey import RSA

from exchange import ExchangeError, SeatGone, Tampered, Unavailable
from rsa_core import KeyPair, PublicKey, open_bytes, seal_bytes
from store import NewPicture
from store.repositories.pictures import Pictures
from tests.conftest import encoded, photograph
from tests.exchange.conftest import Room
from tests.store import making


def test_creating_a_channel_purges_the_expired_one_and_no_other(open_room, clock, png):
    old, live = open_room(keep_for="1 hour"), open_room(keep_for="24 hours")
    for room in (old, live):
        room.sit("Ada", "sender")
        room.sit("Bob", "receiver")
        room.picture = room.send("Ada", png, "Bob")
    clock.forward(minutes=50)
    live.exchange.cleaning.purge()
    clock.forward(minutes=15)
    before = live.exchange.member.news(live.seats["Bob"], 0).events
    open_room()
    assert live.exchange.receiver.open(live.seats["Bob"], live.picture.id).file == png
    after = live.exchange.member.news(live.seats["Bob"], 0).events
    assert [event.kind for event in after[len(before) :]] == ["opened"]
    with live.store.read() as unit:
        assert unit.channels.get(1) is None
        assert unit.pictures.in_channel(1) == []


def test_the_database_holds_nothing_secret(tmp_path, room, classroom):
    """Markers of what must not be at rest: searched in the file, its WAL and what lies beside."""
    picture = encoded(photograph(50, 50), "BMP")  # uncompressed: its bytes are its pixels
    markers = {
        "plaintext": picture[2000:2032],
        "file name": b"holiday-in-rome",
        "caption": b"Trevi",
    }
    for scene in (room, classroom):
        scheme = "textbook-pixels" if scene is classroom else "hybrid"
        sent = scene.send(
            "Ada", picture, "Bob", scheme=scheme, file_name="holiday-in-rome.bmp", caption="Trevi"
        )
        scene.exchange.receiver.open(scene.seats["Bob"], sent.id)
        markers |= {
            f"key {scene.key}": scene.key.encode(),
            f"plain key {scene.key}": scene.key.replace("-", "").encode(),
            f"ticket {scene.ticket}": scene.ticket.encode(),
        }
        for name, seat in scene.seats.items():
            markers[f"token of {name}"] = seat.token.encode()
    pair = room.exchange.receiver.keys.export(room.seats["Bob"], "")
    markers["private key"] = b"PRIVATE KEY"
    secret = RSA.import_key(pair)
    for number in (secret.d, secret.p, secret.q):
        markers[f"private integer {number % 97}"] = number.to_bytes(256, "big").lstrip(b"\0")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    everything = b"".join(path.read_bytes() for path in files)
    assert len(everything) > len(picture)
    assert {name for name, marker in markers.items() if marker in everything} == set()
    # The search itself bites: what is there in clear is found.
    assert b"Ada" in everything


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE picture SET public_id = CASE public_id WHEN :one THEN :two ELSE :one END",
        "UPDATE picture_chunk SET data = zeroblob(length(data))",
        "UPDATE picture_record SET details = zeroblob(length(details))",
        "UPDATE picture SET scheme = 'textbook-pixels'",
    ],
)
def test_rows_changed_behind_the_stores_back_are_not_shown(room, png, jpeg, tmp_path, change):
    names = {"one": room.send("Ada", png, "Bob").id, "two": room.send("Ada", jpeg, "Bob").id}
    db = sqlite3.connect(tmp_path / "channels.db")
    if "CASE" in change:  # the column is unique, so the swap goes through a third name
        db.execute("UPDATE picture SET public_id = 'x' WHERE public_id = ?", (names["one"],))
        db.execute("UPDATE picture SET public_id = :one WHERE public_id = :two", names)
        db.execute("UPDATE picture SET public_id = :two WHERE public_id = 'x'", names)
    else:
        db.execute(change)
    db.commit()
    db.close()
    for picture_id in names.values():
        with pytest.raises((Tampered, Unavailable)):
            room.exchange.receiver.open(room.seats["Bob"], picture_id)


@dataclass
class Forger:
    """A person who runs the server and writes any rows, but has no keys."""

    room: Room
    original: NewPicture

    def post(self, **changes) -> str:
        new = dataclasses.replace(self.original, submission=secrets.token_hex(4), **changes)
        with self.room.store.write() as unit:
            return unit.pictures.add(new).public_id


@pytest.fixture
def forger(room, png, monkeypatch):
    """Has seen one honest picture from Ada to Bob and Cy, which has since been removed."""
    seen = []
    add = Pictures.add
    monkeypatch.setattr(Pictures, "add", lambda self, new: seen.append(new) or add(self, new))
    room.send("Ada", png, "Bob", "Cy")
    with room.store.write() as unit:
        making.delete_pictures(unit, seen[0].channel_id)
    return Forger(room, seen[0])


def test_the_forgers_faithful_copy_opens(forger, png):
    """The tests below bite: without a change, what the forger posts is the honest picture."""
    picture_id = forger.post()
    assert forger.room.exchange.receiver.open(forger.room.seats["Bob"], picture_id).file == png


def test_a_replay_under_another_id_is_refused(forger):
    assert_refused(forger, forger.post(public_id="f" * 32))


def test_a_picture_moved_to_another_channel_is_refused(forger, open_room):
    other = open_room()
    other.sit("Ada", "sender")
    other.sit("Bob", "receiver")
    with other.store.read() as unit:
        seats = {s.public_id: s for s in unit.seats.in_channel(2)}
    bob = seats[other.seats["Bob"].id]
    forger.post(
        channel_id=2,
        sender_id=seats[other.seats["Ada"].id].id,
        recipients=((bob.id, forger.original.recipients[0][1]),),
    )
    with pytest.raises(Tampered):
        other.exchange.receiver.open(other.seats["Bob"], forger.original.public_id)


def test_another_scheme_name_is_refused(forger):
    assert_refused(forger, forger.post(scheme="textbook-pixels"))


@pytest.mark.parametrize("part", ["content", "details", "manifest", "signature"])
@pytest.mark.parametrize("at", [0, 0.5, -1])
def test_a_flipped_byte_anywhere_is_refused(forger, part, at):
    blob = bytearray(getattr(forger.original, part))
    blob[int(at * len(blob)) if at == 0.5 else at] ^= 1
    assert_refused(forger, forger.post(**{part: bytes(blob)}))


def test_a_picture_sealed_by_someone_else_is_refused(forger, key_pool, jpeg):
    """Anyone can seal for Bob; only Ada can sign for Ada."""
    bob = PublicKey.from_der(seat_row(forger.room, "Bob").public_key)
    assert_refused(forger, forger.post(content=seal_bytes(jpeg, [bob]).envelope))


def test_a_picture_under_another_name_is_refused(forger):
    """Zed claims Ada's signed picture as Zed's own."""
    forger.room.sit("Zed", "sender")
    assert_refused(forger, forger.post(sender_id=seat_row(forger.room, "Zed").id))


def test_forwarding_to_someone_it_was_not_meant_for_is_refused(forger):
    """Bob may open it, so Bob could seal it again for Dan; Dan sees that Ada did not."""
    room = forger.room
    dan = room.sit("Dan", "receiver")
    bob = unlocked(room, "Bob")
    opened = open_bytes(forger.original.content, bob)
    details = open_bytes(forger.original.details, bob)
    key = PublicKey.from_der(seat_row(room, "Dan").public_key)
    picture_id = forger.post(
        content=seal_bytes(opened.data, [key]).envelope,
        details=seal_bytes(details.data, [key]).envelope,
        recipients=((seat_row(room, "Dan").id, key.fingerprint),),
    )
    with pytest.raises(Tampered):
        room.exchange.receiver.open(dan, picture_id)


def assert_refused(forger, picture_id):
    with pytest.raises(Tampered):
        forger.room.exchange.receiver.open(forger.room.seats["Bob"], picture_id)
    last = forger.room.exchange.member.news(forger.room.seats["Eve"], 0).events[-1]
    assert (last.kind, last.who) == ("refused", "Bob")


def seat_row(room, name):
    with room.store.read() as unit:
        return next(s for s in unit.seats.in_channel(1) if s.name == name)


def unlocked(room, name):
    return KeyPair.from_pem(room.exchange.receiver.keys.export(room.seats[name], ""))


def test_the_idor_sweep_finds_nothing(open_room, png):
    """Every public act that takes a seat, with a stranger's seat and ids of another channel.

    The acts are found by introspection: a new one is swept without editing this test.
    """
    here, there = open_room("classroom"), open_room("classroom")
    for room in (here, there):
        for name, role in (("A", "sender"), ("B", "receiver"), ("E", "interceptor")):
            room.sit(name, role)
    theirs = there.send("A", png, "B")
    treasure = (png, there.exchange.receiver.envelope(there.seats["B"], theirs.id).data)
    answers = {}
    for name, act in seat_acts(here.exchange):
        takes_id = [
            p
            for p in inspect.signature(act).parameters
            if p in ("picture_id", "person_id", "other_id")
        ]
        for role in "ABE":
            for target in (theirs.id, there.seats["A"].id, "0" * 32):
                got = attempt(here, role, name, target)
                assert not any(secret in repr(got).encode() for secret in treasure)
                if takes_id:
                    assert isinstance(got, ExchangeError), (name, role)
                    answers.setdefault((name, role), set()).add(str(got))
    # Foreign ids and invented ids get the same answer.
    assert {key: len(said) for key, said in answers.items() if len(said) != 1} == {}
    assert len(there.exchange.member.news(there.seats["E"], 0).events) == 5  # nothing left a trace


ROOMS = [
    "lobby",
    "member",
    "owner",
    "sender",
    "receiver",
    "interceptor",
    "interceptor.attacks",
    "wire",
]


def seat_acts(exchange):
    """The acts of every room whose first argument is a seat, such as "sender.send"."""
    for room in ROOMS:
        for name, act in inspect.getmembers(attrgetter(room)(exchange), inspect.ismethod):
            if not name.startswith("_") and "seat" in inspect.signature(act).parameters:
                yield f"{room}.{name}", act


def attempt(room, role, name, target):
    """Calls one act with a seat of this room and an id of another; leaving is not swept."""
    if name == "lobby.leave":
        return None
    fill = {
        "seat": room.seats[role],
        "picture_id": target,
        "person_id": target,
        "other_id": target,
        "safety_number": "00000",
        "seq": 0,
        "passphrase": "",
        "choice": None,
        "attack": "codebook",
        "key": room.key,
        "data": b"",
        "file_name": "a.png",
        "scheme": "hybrid",
        "recipients": (target,),
        "submission": "s",
        "keep_for": "1 hour",
    }
    act = attrgetter(name)(room.exchange)
    parameters = inspect.signature(act).parameters
    given = {p: fill[p] for p in parameters if p in fill}
    missing = [
        p
        for p, spec in parameters.items()
        if p not in given and spec.default is inspect.Parameter.empty
    ]
    assert missing == [], f"teach the sweep to fill {missing} of {name}"
    try:
        return act(**given)
    except ExchangeError as error:
        return error


def test_an_invented_seat_opens_nothing(room):
    forged = dataclasses.replace(room.seats["Bob"], token="A" * 32)
    for name, _act in seat_acts(room.exchange):
        fake = type(room)(room.exchange, room.key, "", {"A": forged})
        got = attempt(fake, "A", name, "0" * 32)
        if name == "lobby.leave":
            continue
        assert isinstance(got, SeatGone), name
