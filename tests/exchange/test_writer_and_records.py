"""Someone writes to the database: what a seat knows is whole, or nothing counts."""

import pytest

from exchange import Exchange, RecordLost, SeatChanged
from exchange.known import Known, Me, unseal
from tests.exchange.deceiving import inbox, opened, own_number
from tests.exchange.test_writer_and_keys import compare, contact, where


def damage(writer):
    [row, *_] = writer.copy("seat_record", "1 = 1")
    changed = bytearray(row["sealed"])
    changed[len(changed) // 2] ^= 1
    writer.run("UPDATE seat_record SET sealed = :sealed", sealed=bytes(changed))


def exchange_all(writer):
    rows = writer.copy("seat_record", "1 = 1")
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        writer.set_record(row["seat_id"], other["sealed"])


def empty(writer):
    writer.run("UPDATE seat_record SET sealed = :sealed", sealed=b"")


def delete(writer):
    writer.run("DELETE FROM seat_record")


def forge(writer):
    """A well-formed record under a token that is not the seat's."""
    me = Me("c", "private", "s", "receiver", "Bob", b"")
    writer.run("UPDATE seat_record SET sealed = :sealed", sealed=Known(me).seal("M" * 32))


@pytest.mark.parametrize("act", [damage, exchange_all, empty, delete, forge])
def test_a_record_that_is_not_whole_is_never_an_empty_one(office, png, writer, act):
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    opened(office, "Bob", sent)
    act(writer)
    ada, bob, exchange = office.seats["Ada"], office.seats["Bob"], office.exchange
    for refused in (
        lambda: exchange.member.check_record(bob),
        lambda: exchange.member.check_record(ada),
        lambda: opened(office, "Bob", sent),
        lambda: exchange.receiver.details(bob, sent),
        lambda: exchange.receiver.envelope(bob, sent),
        lambda: exchange.receiver.keys.own(bob),
        lambda: exchange.member.safety.compared(
            bob, ada.id, contact(office, "Bob", "Ada").safety_number
        ),
        lambda: office.send("Ada", png, "Bob"),
    ):
        with pytest.raises(RecordLost, match="Start again"):
            refused()
    assert not contact(office, "Bob", "Ada").compared
    assert not contact(office, "Ada", "Bob").compared
    assert sent in inbox(office, "Bob")  # the list itself needs no trust
    for seat in (ada, bob):
        exchange.member.begin_anew(seat)
        exchange.member.check_record(seat)
    assert not opened(office, "Bob", sent).proof.compared
    compare(office, "Ada", "Bob")
    assert opened(office, "Bob", sent).proof.compared


def test_starting_again_does_nothing_to_a_whole_record(office, png):
    compare(office, "Ada", "Bob")
    office.exchange.member.begin_anew(office.seats["Bob"])
    assert contact(office, "Bob", "Ada").compared


def test_an_alarm_can_be_raised_without_a_record(office, writer):
    delete(writer)
    office.exchange.member.safety.numbers_differ(office.seats["Bob"], office.seats["Ada"].id)
    assert len(office.exchange.member.safety.alarms(office.seats["Ada"])) == 1


def test_an_older_record_that_is_put_back_is_noticed(office, png, writer):
    """As long as the process lives that has read the newer one."""
    old = writer.copy("seat_record", "1 = 1")
    compare(office, "Ada", "Bob")
    assert contact(office, "Bob", "Ada").compared
    for row in old:
        writer.set_record(row["seat_id"], row["sealed"])
    with pytest.raises(RecordLost):
        office.exchange.member.check_record(office.seats["Bob"])
    office.exchange.member.begin_anew(office.seats["Bob"])
    office.exchange.member.check_record(office.seats["Bob"])


def test_an_older_record_of_another_process_compares_nobody(office, png, place, writer, clock):
    """What the limit of the test above gives away: a pin, and never a mark."""
    old = writer.copy("seat_record", "1 = 1")
    compare(office, "Ada", "Bob")
    for row in old:
        writer.set_record(row["seat_id"], row["sealed"])
    later = Exchange.at(place.url, pepper=b"p" * 32, clock=clock)
    people = later.member.safety.contacts(office.seats["Bob"]).people
    later.close()
    assert [person.compared for person in people] == [False, False]


def test_swapped_rows_of_two_seats_are_refused(office, writer, png):
    """Bob's token now leads to Cy's row, and Bob's own record lies there."""
    sent = office.send("Ada", png, "Bob", "Cy").id
    writer.exchange("seat", where(office, "Bob"), where(office, "Cy"), "token_hash")
    bob, cy = (
        writer.copy("seat_record", f"seat_id = (SELECT id FROM seat WHERE name = '{name}')")[0]
        for name in ("Bob", "Cy")
    )
    for row, other in ((bob, cy), (cy, bob)):
        writer.set_record(row["seat_id"], other["sealed"])
    for name in ("Bob", "Cy"):
        with pytest.raises(SeatChanged):
            opened(office, name, sent)
        assert own_number(office, name) == ""


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("seat", {"name": "Rob"}),
        ("seat", {"role": "sender"}),
        ("seat", {"public_id": "0" * 16}),
        ("channel", {"kind": "classroom"}),
        ("channel", {"public_id": "0" * 16}),
    ],
)
def test_a_seat_that_was_changed_is_refused(office, writer, table, columns):
    writer.set(table, "name IN ('Bob', 'Office')", **columns)
    with pytest.raises(SeatChanged):
        office.exchange.member.check_record(office.seats["Bob"])


def test_the_record_says_nothing_to_a_reader(office, png, writer):
    compare(office, "Ada", "Bob")
    sent = office.send("Ada", png, "Bob").id
    opened(office, "Bob", sent)
    seat = office.seats["Bob"]
    rows = writer.copy("seat_record", "1 = 1")
    fingerprint = office.exchange.receiver.keys.own(seat).fingerprint
    for row in rows:
        for word in (b"Ada", b"Bob", sent.encode(), fingerprint, fingerprint.hex().encode()):
            assert word not in bytes(row["sealed"])
    number = writer.copy("seat", where(office, "Bob"))[0]["id"]
    [mine] = [bytes(row["sealed"]) for row in rows if row["seat_id"] == number]
    assert unseal(mine, seat.token).opened == {sent: 1}  # the search bites: it is all in there
