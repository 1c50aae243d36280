"""Channel keys, seats and tokens: who comes in, who comes back, who stays out."""

import base64
import json
from operator import attrgetter

import pytest

from exchange import InputRefused, KeyChoice, NotAdmitted, SeatGone, WrongRole
from rsa_core import KeyPair


def test_a_seat_is_resumed_by_its_token(room):
    for seat in room.seats.values():
        assert room.exchange.lobby.resume(seat.token) == seat


def test_the_creators_first_seat_owns_the_channel(room):
    assert [name for name, seat in room.seats.items() if seat.owner] == ["Ada"]
    people = room.exchange.lobby.join(room.key).people
    assert [person.name for person in people if person.owner] == ["Ada"]


def test_a_seat_that_was_left_opens_nothing(room):
    bob = room.seats["Bob"]
    room.exchange.lobby.leave(bob)
    for act in (
        room.exchange.receiver.inbox,
        room.exchange.member.present,
        room.exchange.lobby.leave,
    ):
        with pytest.raises(SeatGone):
            act(bob)
    assert not any(p.name == "Bob" for p in room.exchange.lobby.join(room.key).people)


def test_each_role_may_do_only_its_own_acts(room):
    forbidden = {
        "Ada": ("receiver.inbox", "interceptor.captures", "receiver.keys.own"),
        "Bob": ("sender.sent", "interceptor.captures"),
        "Eve": ("receiver.inbox", "sender.sent", "receiver.keys.own"),
    }
    for name, acts in forbidden.items():
        for act in acts:
            with pytest.raises(WrongRole):
                attrgetter(act)(room.exchange)(room.seats[name])
    with pytest.raises(WrongRole, match="Only an interceptor can"):
        room.exchange.interceptor.captures(room.seats["Ada"])
    with pytest.raises(WrongRole, match="Only a receiver can"):
        room.exchange.receiver.inbox(room.seats["Ada"])


@pytest.mark.parametrize("key", ["", "AAAAA-AAAAA", "nonsense", "A" * 5000, "ключ"])
def test_wrong_keys_are_refused_alike(room, key):
    with pytest.raises(NotAdmitted) as wrong:
        room.exchange.lobby.join(key)
    assert str(wrong.value) == str(NotAdmitted())


def test_an_expired_channel_looks_like_an_unknown_one(room, clock):
    clock.forward(hours=25)
    with pytest.raises(NotAdmitted):
        room.exchange.lobby.join(room.key)
    with pytest.raises(SeatGone):
        room.exchange.lobby.resume(room.seats["Bob"].token)


def test_a_key_may_be_typed_carelessly(room):
    sloppy = f"  {room.key.lower().replace('-', ' ')} "
    assert room.exchange.lobby.join(sloppy).channel == room.exchange.lobby.join(room.key).channel


@pytest.mark.parametrize(
    "name",
    ["", "   ", "![x](http://h/x)", "**bold**", "a" * 25, "<b>", "two\nlines", "\u202eevil"],
)
def test_a_name_that_could_be_markup_or_nothing_is_refused(room, name):
    if name in {"two\nlines", "\u202eevil"}:  # invisible characters are dropped, not refused
        seat = room.sit(name, "sender")
        assert seat.name.isprintable()
        return
    with pytest.raises(InputRefused):
        room.sit(name, "sender")


def test_two_people_of_one_role_have_two_names(room):
    for name in ("bob", "BOB ", "B\u200bob"):
        with pytest.raises(InputRefused, match="name"):
            room.sit(name, "receiver")


def test_one_person_may_try_all_three_roles_under_one_name(open_room, png):
    room = open_room("classroom")
    for role in ("sender", "interceptor", "receiver"):
        own = [seat.token for seat in room.seats.values()]
        room.sit("Solo", role, own_tokens=own)
        room.seats[role] = room.seats.pop("Solo")
    sent = room.send("sender", png, "receiver")
    assert room.exchange.receiver.open(room.seats["receiver"], sent.id).file == png


def test_a_left_name_is_free_again(room):
    room.exchange.lobby.leave(room.seats["Bob"])
    assert room.sit("Bob", "receiver").name == "Bob"


def test_presence_fades_and_comes_back(room, clock):
    eve, bob = room.seats["Eve"], room.seats["Bob"]

    def here(seat):
        return {p.name for p in room.exchange.member.present(seat) if p.here}

    assert here(eve) == {"Ada", "Bob", "Cy", "Eve"}
    clock.forward(minutes=2)
    assert here(eve) == {"Eve"}
    assert here(bob) == {"Eve", "Bob"}


def test_a_receiver_may_bring_a_key(room, png, key_pool):
    pair = key_pool[0]
    seat = room.sit(
        "Pia", "receiver", keys=KeyChoice("private", pem=pair.pem("pw"), passphrase="pw")
    )
    assert room.exchange.receiver.keys.own(seat).fingerprint == pair.public.fingerprint
    sent = room.send("Ada", png, "Pia")
    assert room.exchange.receiver.open(seat, sent.id).file == png


def test_a_receiver_may_keep_the_private_key_at_home(room, png, key_pool):
    pair = key_pool[0]
    seat = room.sit("Pia", "receiver", keys=KeyChoice("public", pem=pair.public.pem()))
    assert not room.exchange.receiver.keys.own(seat).private_here
    sent = room.send("Ada", png, "Pia")
    (item,) = room.exchange.receiver.inbox(seat)
    assert "OpenSSL" in item.obstacle
    from rsa_core import HYBRID

    assert HYBRID.open(room.exchange.receiver.envelope(seat, sent.id).data, pair).file == png


@pytest.mark.parametrize(
    "keys",
    [
        KeyChoice("public", pem="nonsense"),
        KeyChoice("private", pem="nonsense"),
        KeyChoice("private"),
        KeyChoice("public"),
        KeyChoice(bits=1024),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(room, keys):
    with pytest.raises(InputRefused):
        room.sit("Pia", "receiver", keys=keys)


def test_a_wrong_passphrase_is_refused(room, key_pool):
    keys = KeyChoice("private", pem=key_pool[0].pem("right"), passphrase="wrong")
    with pytest.raises(InputRefused, match="passphrase"):
        room.sit("Pia", "receiver", keys=keys)


def test_the_exported_key_is_the_receivers_own(room):
    bob = room.seats["Bob"]
    own = room.exchange.receiver.keys.own(bob)
    for passphrase in ("", "pass phrase é 密"):
        pem = room.exchange.receiver.keys.export(bob, passphrase)
        assert KeyPair.from_pem(pem, passphrase or None).public.fingerprint == own.fingerprint


@pytest.mark.parametrize("passphrase", ["a\0b", "two\nlines", "x" * 1024])
def test_a_passphrase_that_openssl_cannot_read_is_refused(room, passphrase):
    with pytest.raises(InputRefused, match="another passphrase"):
        room.exchange.receiver.keys.export(room.seats["Bob"], passphrase)


def test_a_key_is_imported_from_what_another_program_wrote(room, key_pool):
    n, e, d, p, q = (int(getattr(key_pool[0].engine, name)) for name in "nedpq")
    fields = {
        name: base64.urlsafe_b64encode(number.to_bytes(512, "big")).decode().rstrip("=")
        for name, number in (("n", n), ("e", e), ("d", d), ("p", p), ("q", q))
    }
    jwk = json.dumps({"kty": "RSA", **fields})
    seat = room.sit("Pia", "receiver", keys=KeyChoice("private", pem=jwk))
    own = room.exchange.receiver.keys.own(seat)
    assert own.fingerprint == key_pool[0].public.fingerprint
