"""Someone writes to the database, without pepper and tokens: compared means compared."""

import hashlib

import pytest

from exchange import InputRefused, KeyChanged, SeatChanged, Tampered, new_token
from exchange.keys import KEY_PURPOSE
from rsa_core import derive_secret
from tests.exchange.deceiving import kinds, opened, own_number


def compare(room, one, other):
    """Both say that they read out the same numbers."""
    for viewer, whom in ((one, other), (other, one)):
        room.exchange.member.safety.compared(
            room.seats[viewer], room.seats[whom].id, own_number(room, whom)
        )


def contact(room, viewer, name):
    people = room.exchange.member.safety.contacts(room.seats[viewer]).people
    return next(person for person in people if person.id == room.seats[name].id)


def where(room, name):
    return f"public_id = '{room.seats[name].id}'"


@pytest.fixture
def mallory(key_pool):
    """A key that nobody in the channel has."""
    return key_pool[5]


@pytest.fixture
def takes_over(office, writer, mallory):
    """Mallory sits on someone's row, with his own token and key pair, which fit together."""

    def act(name):
        token = new_token()
        writer.set(
            "seat",
            where(office, name),
            token_hash=hashlib.sha256(token.encode()).digest(),
            public_key=mallory.public.der(),
            locked_key=mallory.lock(derive_secret(token.encode(), KEY_PURPOSE)),
        )
        return token

    return act


def send_as(room, token, data, *receivers):
    return room.exchange.sender.send(
        room.exchange.lobby.resume(token),
        data,
        file_name="a.png",
        scheme="hybrid",
        recipients=tuple(room.seats[name].id for name in receivers),
        submission=token,
    )


def test_the_honest_two_are_verified(office, png):
    """The tests below bite: without a change all holds."""
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    got = opened(office, "Bob", sent)
    assert (got.file, got.proof.name, got.proof.compared, got.proof.doubt) == (png, "Ada", True, "")
    assert contact(office, "Bob", "Ada").compared
    assert contact(office, "Ada", "Bob").compared


def test_nobody_who_takes_over_a_senders_row_can_send(office, png, takes_over):
    """The row has no record that opens under Mallory's token."""
    compare(office, "Ada", "Bob")
    with pytest.raises(Exception, match="gone"):
        send_as(office, takes_over("Ada"), png, "Bob")


def test_nobody_is_verified_instead_of_the_person_who_was_compared(office, png, takes_over):
    """Mallory starts again on Ada's row, sends, and puts all back: it stays an alarm."""
    compare(office, "Ada", "Bob")
    token = takes_over("Ada")
    office.exchange.member.begin_anew(office.exchange.lobby.resume(token))
    sent = send_as(office, token, png, "Bob")
    with pytest.raises(KeyChanged):
        opened(office, "Bob", sent)
    assert not contact(office, "Bob", "Ada").compared
    assert len(office.exchange.member.safety.alarms(office.seats["Bob"])) == 1
    assert kinds(office, "Bob")[-2:] == ["refused", "alarm"]
    with pytest.raises(Tampered):
        opened(office, "Bob", sent)


def test_a_key_that_was_only_seen_is_kept_too(office, png, takes_over):
    opened(office, "Bob", office.send("Ada", png, "Bob").id)
    token = takes_over("Ada")
    office.exchange.member.begin_anew(office.exchange.lobby.resume(token))
    with pytest.raises(Tampered):
        opened(office, "Bob", send_as(office, token, png, "Bob"))


def test_a_sender_does_not_seal_to_a_key_that_replaced_the_compared_one(
    office, png, writer, mallory
):
    compare(office, "Ada", "Bob")
    writer.set("seat", where(office, "Bob"), public_key=mallory.public.der())
    with pytest.raises(InputRefused, match="different from the one you compared"):
        office.send("Ada", png, "Bob")
    assert office.exchange.sender.sent(office.seats["Ada"]) == ()
    assert not contact(office, "Ada", "Bob").compared


def test_a_sender_keeps_the_key_that_it_has_sent_to(office, png, writer, mallory):
    """Nobody has compared: the key that was sealed to first is the only thing to go by."""
    office.send("Ada", png, "Bob")
    writer.set("seat", where(office, "Bob"), public_key=mallory.public.der())
    with pytest.raises(InputRefused, match="different from the one you sent to before"):
        office.send("Ada", png, "Cy", "Bob")
    assert len(office.exchange.sender.sent(office.seats["Ada"])) == 1
    assert office.send("Ada", png, "Cy").receipts[0].name == "Cy"


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_nobody_reads_a_strangers_number_aloud_as_their_own(office, writer, mallory, name):
    """Else the other one would find it the same, and verify Mallory."""
    assert own_number(office, name)
    writer.set("seat", where(office, name), public_key=mallory.public.der())
    seat = office.seats[name]
    assert own_number(office, name) == ""
    acts = [office.exchange.member.check_record, office.exchange.member.begin_anew]
    if name == "Bob":
        acts.append(office.exchange.receiver.keys.own)
    for act in acts:
        with pytest.raises(SeatChanged):
            act(seat)


def test_a_lost_record_is_not_started_again_over_another_key(office, writer, mallory):
    writer.set("seat", where(office, "Bob"), public_key=mallory.public.der())
    writer.run("DELETE FROM seat_record")
    with pytest.raises(SeatChanged):
        office.exchange.member.begin_anew(office.seats["Bob"])


def test_swapped_names_are_not_verified_and_are_reported(office, png, writer):
    """Of a picture that was sent before: the compared key is Ada's, whatever its row says."""
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    assert opened(office, "Bob", sent).proof.compared
    ada, eve = where(office, "Ada"), where(office, "Eve")
    writer.exchange("seat", ada, eve, "name_key", "name")
    proof = opened(office, "Bob", sent).proof
    assert (proof.name, proof.compared) == ("Eve", False)
    assert proof.doubt == "called Ada when you first saw this key"
    assert not contact(office, "Bob", "Ada").compared
    impostor = contact(office, "Bob", "Eve")
    assert (impostor.name, impostor.compared) == ("Ada", False)
    assert impostor.doubt == "not the person of this name with whom you compared"
    for name in ("Ada", "Eve"):
        with pytest.raises(SeatChanged):
            office.send(name, png, "Bob")
    writer.exchange("seat", ada, eve, "name_key", "name")
    assert opened(office, "Bob", sent).proof.compared


@pytest.mark.parametrize("chosen", ["Bob", "Cy"])
def test_a_sender_is_not_led_to_another_receiver_by_swapped_names(office, png, writer, chosen):
    compare(office, "Ada", "Bob")
    writer.exchange("seat", where(office, "Bob"), where(office, "Cy"), "name_key", "name")
    with pytest.raises(InputRefused, match="Not sent"):
        office.send("Ada", png, chosen)


def test_a_newcomer_under_a_compared_name_is_compared_before_anything_is_sent(office, png):
    """Nobody wrote to the database: Bob has lost his browser, or someone wants his name."""
    compare(office, "Ada", "Bob")
    office.exchange.lobby.leave(office.seats["Bob"])
    office.sit("Bob", "receiver")
    assert contact(office, "Ada", "Bob").doubt
    with pytest.raises(InputRefused, match="Compare with this one too"):
        office.send("Ada", png, "Bob")
    compare(office, "Ada", "Bob")
    assert opened(office, "Bob", office.send("Ada", png, "Bob").id).proof.compared


def test_swapped_keys_and_ids_are_not_verified(office, png, writer):
    """Bob's pin is for Ada's public id, name and key together."""
    compare(office, "Ada", "Bob")
    office.exchange.member.safety.compared(
        office.seats["Bob"], office.seats["Eve"].id, own_number(office, "Eve")
    )
    columns = ("public_id", "name_key", "name")
    writer.exchange("seat", where(office, "Ada"), where(office, "Eve"), *columns)
    people = office.exchange.member.safety.contacts(office.seats["Bob"]).people
    assert [person.compared for person in people] == [False, False]


def test_a_private_channel_stays_private(office, png, writer, mallory):
    """Once it is turned into a classroom with tampering, nothing is sent or opened in it."""
    sent = office.send("Ada", png, "Bob").id
    writer.set("channel", "1 = 1", kind="classroom", tampering=True)
    office.sit("Ivan", "interceptor")
    office.exchange.wire.keys.swap(office.seats["Ivan"], office.seats["Bob"].id)
    for scheme in ("hybrid", "textbook-pixels"):
        with pytest.raises(SeatChanged):
            office.send("Ada", png, "Bob", scheme=scheme)
    with pytest.raises(SeatChanged):
        opened(office, "Bob", sent)
    assert own_number(office, "Bob") == ""


def test_a_rule_for_lessons_has_no_force_in_a_private_channel(office, png, writer, mallory):
    """Only the rule and the false key are written; the kind stays private."""
    opened(office, "Bob", office.send("Ada", png, "Bob").id)
    number = own_number(office, "Bob")
    office.sit("Ivan", "interceptor")
    writer.set("channel", "1 = 1", tampering=True)
    ids = {row["name"]: row["id"] for row in writer.copy("seat", "1 = 1")}
    writer.run(
        "INSERT INTO key_swap (channel_id, receiver_id, interceptor_id, started_at, "
        "public_key, fingerprint, locked_key) VALUES (1, :bob, :ivan, 0, :key, :name, :key)",
        bob=ids["Bob"],
        ivan=ids["Ivan"],
        key=mallory.public.der(),
        name=mallory.public.fingerprint,
    )
    assert contact(office, "Ada", "Bob").safety_number == number
    assert opened(office, "Bob", office.send("Ada", png, "Bob").id).file == png
    writer.set("seat", where(office, "Ada"), public_key=mallory.public.der())
    with pytest.raises(Tampered):
        opened(office, "Bob", office.exchange.receiver.inbox(office.seats["Bob"])[0].id)


def test_a_forged_alarm_takes_a_comparison_away_and_never_the_pin(office, png, writer, mallory):
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    ids = {row["name"]: row["id"] for row in writer.copy("seat", "1 = 1")}
    writer.run(
        "INSERT INTO alarm (channel_id, seat_id, peer_id, raised_at, pictures_read) "
        "VALUES (1, :ada, :bob, 4000000000000000, 0)",
        ada=ids["Ada"],
        bob=ids["Bob"],
    )
    assert not opened(office, "Bob", sent).proof.compared
    writer.set("seat", where(office, "Ada"), public_key=mallory.public.der())
    with pytest.raises(Tampered):
        opened(office, "Bob", sent)


def test_an_alarm_that_is_deleted_does_not_give_the_comparison_back(office, png, writer, clock):
    """Not to the one who raised it; the other one had to see it first."""
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    clock.forward(minutes=1)
    office.exchange.member.safety.numbers_differ(office.seats["Bob"], office.seats["Ada"].id)
    assert not contact(office, "Ada", "Bob").compared
    writer.run("DELETE FROM alarm")
    assert not contact(office, "Bob", "Ada").compared
    assert not opened(office, "Bob", sent).proof.compared
