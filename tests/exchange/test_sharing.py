"""A later receiver gets an old picture when somebody who can open it shares it."""

import pytest

from exchange import CannotOpen, Damaged, NotFound, Tampered, WrongRole
from rsa_core import PublicKey
from tests.exchange.deceiving import kinds, opened, relay, swap_key


@pytest.fixture
def late(room, png, clock):
    """Ada has sent to Bob; Dan has joined since."""
    sent = room.send("Ada", png, "Bob", caption="hello")
    clock.forward(minutes=1)
    room.sit("Dan", "receiver")
    return sent.id


def share(room, picture_id, by="Bob", to="Dan"):
    exchange = room.exchange
    acts = exchange.sender if room.seats[by].role == "sender" else exchange.receiver
    acts.share(room.seats[by], picture_id, room.seats[to].id)


def test_what_was_shared_opens_byte_for_byte_and_says_by_whom(room, png, late):
    dan = room.seats["Dan"]
    with pytest.raises(CannotOpen, match="before you joined"):
        room.exchange.receiver.open(dan, late)
    share(room, late)
    assert room.exchange.receiver.inbox(dan)[0].obstacle == ""
    assert room.exchange.receiver.details(dan, late).caption == "hello"
    got = room.exchange.receiver.open(dan, late)
    assert (got.file, got.shared_by, got.proof.name) == (png, "Bob", "Ada")
    mine = room.exchange.receiver.open(room.seats["Bob"], late)
    assert (mine.file, mine.shared_by) == (png, "")
    assert kinds(room, "Ada")[-3:] == ["shared", "opened", "opened"]
    [sent] = room.exchange.sender.sent(room.seats["Ada"])
    assert [one.name for one in sent.receipts] == ["Bob", "Dan"]


def test_only_those_whom_the_sender_chose_can_pass_it_on(room, png, late):
    """What Ada signed vouches for Bob, and Bob for Dan; for Dan's word nobody would."""
    share(room, late)
    share(room, late, to="Cy")
    assert room.exchange.receiver.open(room.seats["Cy"], late).shared_by == "Bob"
    room.sit("Eli", "receiver")
    assert room.exchange.receiver.shareable(room.seats["Dan"], late) == ()
    with pytest.raises(NotFound):
        share(room, late, by="Dan", to="Eli")


def lacking(room, number=0):
    """Who lacks one of Ada's pictures; the newest is number 0."""
    sender, ada = room.exchange.sender, room.seats["Ada"]
    newest = sender.sent(ada)[number].id
    people = sender.lacking(ada)
    assert all(sender.shareable(ada, person) for person in people)
    return sorted(name for one, name in people.items() if newest in sender.shareable(ada, one))


def test_its_sender_shares_it_and_nobody_else_is_named(room, png, late):
    assert lacking(room) == ["Cy", "Dan"]
    share(room, late, by="Ada")
    assert lacking(room) == ["Cy"]
    got = room.exchange.receiver.open(room.seats["Dan"], late)
    assert (got.file, got.shared_by, got.proof.name) == (png, "", "Ada")
    assert room.exchange.receiver.open(room.seats["Bob"], late).file == png
    assert room.exchange.receiver.shareable(room.seats["Dan"], late) == ()
    share(room, late, by="Bob", to="Cy")
    assert room.exchange.receiver.open(room.seats["Cy"], late).shared_by == "Bob"
    assert lacking(room) == []


def test_a_sender_shares_only_what_they_sent_and_only_once(room, png, late):
    room.sit("Flo", "sender")
    with pytest.raises(NotFound):
        share(room, late, by="Flo")
    share(room, late, by="Ada")
    for to in ("Dan", "Bob", "Eve", "Ada"):
        with pytest.raises(NotFound):
            share(room, late, by="Ada", to=to)


def test_a_sender_shares_the_same_kinds_of_pictures_only(room, lesson, png):
    for rule in ("the first opening", "everyone has opened it"):
        room.send("Ada", png, "Bob", remove_after=rule)
        assert lacking(room) == []
    lesson.send("Ada", png, "Bob")
    assert lacking(lesson) == []  # tampering is on
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    assert lacking(lesson) != []
    lesson.send("Ada", png, "Bob", scheme="oaep-blocks")
    assert lacking(lesson) == []


def test_a_sender_whose_note_was_changed_shares_nothing(office, png, writer):
    sent = office.send("Ada", png, "Bob").id
    dan = office.sit("Dan", "receiver")
    writer.set("picture_record", "note IS NOT NULL", note=b"another note")
    with pytest.raises(Damaged):
        office.exchange.sender.share(office.seats["Ada"], sent, dan.id)
    with pytest.raises(CannotOpen):
        office.exchange.receiver.open(dan, sent)


def test_it_is_offered_for_those_who_lack_it(room, late):
    def offered(name):
        people = room.exchange.receiver.shareable(room.seats[name], late)
        return [person.name for person in people]

    assert offered("Bob") == ["Cy", "Dan"]
    share(room, late)
    assert offered("Bob") == ["Cy"]
    with pytest.raises(NotFound):
        share(room, late)
    with pytest.raises(NotFound):
        share(room, late, to="Eve")
    with pytest.raises(WrongRole):
        room.exchange.receiver.share(room.seats["Ada"], late, room.seats["Cy"].id)
    with pytest.raises(WrongRole):
        room.exchange.sender.share(room.seats["Bob"], late, room.seats["Cy"].id)


def test_nobody_shares_what_they_cannot_open(room, late):
    with pytest.raises(NotFound):
        share(room, late, by="Dan", to="Cy")
    assert "shared" not in kinds(room, "Bob")


@pytest.mark.parametrize("rule", ["the first opening", "3 openings", "everyone has opened it"])
def test_what_its_sender_counts_is_not_shared(room, png, rule):
    sent = room.send("Ada", png, "Bob", remove_after=rule).id
    assert room.exchange.receiver.shareable(room.seats["Bob"], sent) == ()
    with pytest.raises(NotFound):
        share(room, sent, to="Cy")


def test_nothing_is_shared_where_interceptors_may_tamper(lesson, png):
    sent = lesson.send("Ada", png, "Bob").id
    assert lesson.exchange.receiver.shareable(lesson.seats["Bob"], sent) == ()
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    share(lesson, sent, to="Cy")
    assert lesson.exchange.receiver.open(lesson.seats["Cy"], sent).file == png
    blocks = lesson.send("Ada", png, "Bob", scheme="oaep-blocks").id
    with pytest.raises(NotFound):
        share(lesson, blocks, to="Cy")


def test_what_came_by_relay_is_not_shared(lesson, png):
    """What arrived is not what was sent, and must not take its place."""
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    assert opened(lesson, "Bob", sent).file == png
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    assert lesson.exchange.receiver.shareable(lesson.seats["Bob"], sent) == ()
    with pytest.raises(NotFound):
        share(lesson, sent, to="Cy")
    assert opened(lesson, "Bob", sent).file == png


def test_a_share_that_nobody_signed_is_refused(office, png, writer):
    """Anyone who writes to the database can list a recipient, and cannot make one."""
    sent = office.send("Ada", png, "Bob").id
    dan = office.sit("Dan", "receiver")
    office.exchange.receiver.share(office.seats["Bob"], sent, dan.id)
    [row] = writer.copy("picture_recipient", "share IS NOT NULL")
    for forged in (row["share"][:32], row["share"][:-1] + b"\0", None):
        writer.set("picture_recipient", "opened_at IS NULL AND seat_id = "
                   f"{row['seat_id']}", share=forged)  # fmt: skip
        with pytest.raises(Tampered):
            office.exchange.receiver.open(dan, sent)
    own = PublicKey.from_pem(office.exchange.receiver.keys.own(dan).public_pem)
    writer.set("picture_recipient", f"seat_id = {row['seat_id']}",
               share=own.fingerprint + row["share"][32:])  # fmt: skip
    with pytest.raises(Tampered):
        office.exchange.receiver.open(dan, sent)
