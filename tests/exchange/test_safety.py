"""Comparing safety numbers: who finds out, who sees the alarm, and what holds afterwards."""

import pytest

from exchange import (
    InputRefused,
    KeyChanged,
    NotFound,
    Waiting,
)
from tests.exchange.deceiving import inbox, kinds, number_of, opened, own_number, relay, swap_key
from tests.store import making


def test_comparing_raises_the_alarm_for_both_and_ends_it(lesson, png, clock):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    opened(lesson, "Bob", sent)
    clock.forward(minutes=5)
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    assert not lesson.exchange.member.safety.compare_number(ada, bob.id, own_number(lesson, "Bob"))
    for seat, other, mine in ((ada, "Bob", True), (bob, "Ada", False)):
        (alarm,) = lesson.exchange.member.safety.alarms(seat)
        assert (alarm.person, alarm.mine, alarm.settled) == (other, mine, False)
        assert (alarm.interceptor, alarm.pictures_read) == ("Eve", 1)
        assert alarm.since < alarm.raised_at
    for name in ("Cy", "Eve"):
        assert lesson.exchange.member.safety.alarms(lesson.seats[name]) == ()
        last = lesson.exchange.member.news(lesson.seats[name], 0).events[-1]
        assert (last.kind, last.who) == ("alarm", "Ada")
        assert last.detail == "Eve had swapped Bob's key"
    assert "swapped key" in kinds(lesson, "Cy")  # now everyone may know
    (kept,) = lesson.exchange.wire.keys.swapped(lesson.seats["Eve"])
    assert kept.ended_at == kept.discovered_at == clock.now
    # What came through those hands is no longer trusted.
    assert "forged the sender's signature" in inbox(lesson, "Bob")[sent].obstacle
    # True keys again, and the two can compare again.
    clock.forward(minutes=1)
    assert lesson.exchange.member.safety.compare_number(ada, bob.id, own_number(lesson, "Bob"))
    assert lesson.exchange.member.safety.alarms(ada)[0].settled
    assert not lesson.exchange.member.safety.alarms(bob)[0].settled
    lesson.exchange.member.safety.compared(bob, ada.id, own_number(lesson, "Ada"))
    assert lesson.exchange.member.safety.alarms(bob)[0].settled
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).proof.compared


def test_the_receiver_can_find_it_out_too(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    assert opened(lesson, "Bob", sent).proof.safety_number != own_number(lesson, "Ada")
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Bob"], lesson.seats["Ada"].id)
    (alarm,) = lesson.exchange.member.safety.alarms(lesson.seats["Ada"])
    assert (alarm.person, alarm.interceptor, alarm.mine) == ("Bob", "Eve", False)
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert kinds(lesson, "Ada").count("alarm") == 1  # it is known already


def test_a_picture_under_way_at_the_alarm_is_no_longer_relayed(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert relay(lesson) == 0
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle


def test_a_key_that_was_compared_before_is_refused_when_it_changes(lesson, png, clock):
    """Both ways: Ada does not send to it, Bob does not open what it signs; each is an alarm."""
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    lesson.exchange.member.safety.compared(ada, bob.id, own_number(lesson, "Bob"))
    swap_key(lesson)
    with pytest.raises(InputRefused, match="different from the one you compared"):
        lesson.send("Ada", png, "Bob")
    assert lesson.exchange.sender.sent(ada) == ()
    assert [alarm.interceptor for alarm in lesson.exchange.member.safety.alarms(bob)] == ["Eve"]
    clock.forward(minutes=1)
    assert opened(lesson, "Bob", lesson.send("Ada", png, "Bob").id).file == png

    lesson.exchange.member.safety.compared(bob, ada.id, own_number(lesson, "Ada"))
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    with pytest.raises(KeyChanged, match="different key from the one you compared"):
        lesson.exchange.receiver.details(bob, sent)
    assert [alarm.interceptor for alarm in lesson.exchange.member.safety.alarms(ada)] == [
        "Eve",
        "Eve",
    ]
    assert "forged the sender's signature" in inbox(lesson, "Bob")[sent].obstacle


def test_a_key_that_nobody_compared_is_taken_as_it_comes(lesson, png):
    """In a channel that allows tampering a mere sight pins nothing, before or after."""
    first = lesson.send("Ada", png, "Bob").id
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    opened(lesson, "Bob", first)  # pinned
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=True)
    swap_key(lesson)
    second = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    got = opened(lesson, "Bob", second)
    assert got.proof.safety_number != own_number(lesson, "Ada")
    lesson.exchange.member.safety.compared(
        lesson.seats["Bob"], lesson.seats["Ada"].id, got.proof.safety_number
    )
    assert opened(lesson, "Bob", second).proof.compared  # said without asking


def test_a_number_is_compared_digit_by_digit(lesson):
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    number = own_number(lesson, "Bob")
    with pytest.raises(InputRefused, match="40 digits; what you typed has 10"):
        lesson.exchange.member.safety.compare_number(ada, bob.id, "12345 67890")
    assert lesson.exchange.member.safety.compare_number(
        ada, bob.id, f"  {number.replace(' ', '-')}\n"
    )
    assert lesson.exchange.member.safety.contacts(ada).people[0].compared
    changed = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not lesson.exchange.member.safety.compare_number(ada, bob.id, changed)
    (alarm,) = lesson.exchange.member.safety.alarms(ada)
    assert (alarm.interceptor, alarm.since, alarm.pictures_read) == ("", None, 0)
    assert not lesson.exchange.member.safety.contacts(ada).people[0].compared


def test_an_alarm_in_a_private_channel_names_nobody(room, png):
    ada, bob = room.seats["Ada"], room.seats["Bob"]
    sent = room.send("Ada", png, "Bob").id
    room.exchange.receiver.open(bob, sent)
    room.exchange.member.safety.numbers_differ(bob, ada.id)
    for seat in (ada, bob):
        (alarm,) = room.exchange.member.safety.alarms(seat)
        assert (alarm.interceptor, alarm.settled) == ("", False)
    last = room.exchange.member.news(room.seats["Eve"], 0).events[-1]
    assert (last.kind, last.detail) == ("alarm", "the numbers of Bob and Ada differ")
    room.exchange.member.safety.numbers_differ(ada, bob.id)
    assert len(room.exchange.member.safety.alarms(ada)) == 1


def test_a_changed_key_stays_refused_after_the_alarm_where_nobody_may_tamper(room, png, key_pool):
    ada, bob = room.seats["Ada"], room.seats["Bob"]
    sent = room.send("Ada", png, "Bob").id
    room.exchange.member.safety.compared(bob, ada.id, own_number(room, "Ada"))
    with room.store.write() as unit:
        row = next(s for s in unit.seats.in_channel(1) if s.name == "Ada")
        other = next(k for k in key_pool if k.public.der() != row.public_key)
        making.set_keys(unit, row.id, public_key=other.public.der(), locked_key=row.locked_key)
    with pytest.raises(KeyChanged):
        room.exchange.receiver.open(bob, sent)
    assert len(room.exchange.member.safety.alarms(bob)) == 1
    with pytest.raises(Exception, match="Refused"):
        room.exchange.receiver.open(bob, sent)
    with pytest.raises(InputRefused, match="not the one that you saw before"):
        room.exchange.member.safety.compared(bob, ada.id, number_of(room, "Bob", "Ada"))


def test_a_number_that_is_no_longer_shown_is_not_marked(lesson):
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    number = own_number(lesson, "Bob")
    swap_key(lesson)
    with pytest.raises(InputRefused, match="number has changed"):
        lesson.exchange.member.safety.compared(ada, bob.id, number)


def test_people_compare_with_the_other_side_only(lesson):
    names = {
        name: [
            person.name
            for person in lesson.exchange.member.safety.contacts(lesson.seats[name]).people
        ]
        for name in ("Ada", "Bob", "Eve")
    }
    assert names == {"Ada": ["Bob", "Cy"], "Bob": ["Ada"], "Eve": []}
    assert own_number(lesson, "Eve") == ""
    with pytest.raises(NotFound):
        lesson.exchange.member.safety.numbers_differ(lesson.seats["Bob"], lesson.seats["Cy"].id)
    with pytest.raises(NotFound):
        lesson.exchange.member.safety.numbers_differ(lesson.seats["Eve"], lesson.seats["Bob"].id)


def test_anyone_who_joins_after_it_is_over_is_not_told(lesson, png, clock):
    swap_key(lesson)
    lesson.send("Ada", png, "Bob")
    lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(hours=1)
    dan = lesson.sit("Dan", "sender")
    lesson.exchange.member.safety.numbers_differ(dan, lesson.seats["Bob"].id)
    for seat in (dan, lesson.seats["Bob"]):
        (alarm,) = lesson.exchange.member.safety.alarms(seat)
        assert (alarm.interceptor, alarm.since, alarm.pictures_read) == ("", None, 0)
    assert lesson.exchange.member.safety.alarms(lesson.seats["Ada"]) == ()
    # Anyone who was there can still find out.
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert lesson.exchange.member.safety.alarms(lesson.seats["Ada"])[0].interceptor == "Eve"


def test_every_sender_deceived_by_the_key_gets_an_alarm(lesson, png, clock):
    """Dan has taken the false key for Bob's: it must not stand once Ada has found out."""
    ada, bob, dan = lesson.seats["Ada"], lesson.seats["Bob"], lesson.sit("Dan", "sender")
    swap_key(lesson)
    lesson.send("Dan", png, "Bob")
    for _ in range(2):
        lesson.send("Ada", png, "Bob")
    relay(lesson)
    lesson.exchange.member.safety.compared(dan, bob.id, number_of(lesson, "Dan", "Bob"))
    lesson.exchange.member.safety.compared(bob, dan.id, number_of(lesson, "Bob", "Dan"))
    clock.forward(minutes=1)
    late = lesson.sit("Zed", "sender")
    lesson.exchange.member.safety.numbers_differ(ada, bob.id)

    def told(seat):
        return [
            (one.person, one.interceptor, one.pictures_read, one.mine, one.compared, one.settled)
            for one in lesson.exchange.member.safety.alarms(seat)
        ]

    assert told(ada) == [("Bob", "Eve", 2, True, True, False)]
    assert told(dan) == [("Bob", "Eve", 1, False, False, False)]
    assert told(late) == [("Bob", "Eve", 0, False, False, False)]  # was shown the key
    assert sorted(told(bob)) == [
        ("Ada", "Eve", 2, False, True, False),
        ("Dan", "Eve", 1, False, False, False),
        ("Zed", "Eve", 0, False, False, False),
    ]
    assert kinds(lesson, "Cy").count("alarm") == 1
    clock.forward(minutes=1)
    true = lesson.send("Dan", png, "Bob").id
    assert opened(lesson, "Bob", true).file == png
    assert lesson.exchange.member.safety.compare_number(dan, bob.id, own_number(lesson, "Bob"))
    assert lesson.exchange.member.safety.alarms(dan)[0].settled
    assert len(told(dan)) == 1


def test_a_true_key_that_another_sender_had_compared_stays_known(lesson, clock):
    bob, dan = lesson.seats["Bob"], lesson.sit("Dan", "sender")
    lesson.exchange.member.safety.compared(dan, bob.id, own_number(lesson, "Bob"))
    swap_key(lesson)
    clock.forward(minutes=1)
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Ada"], bob.id)
    people = lesson.exchange.member.safety.contacts(dan).people
    assert [one.compared for one in people if one.name == "Bob"] == [True]


def test_what_is_known_of_someone_who_left_says_nothing_about_the_next(lesson, png, clock):
    """The second cannot even have the first one's name while that one's picture is listed."""
    swap_key(lesson)
    old = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    lesson.exchange.member.safety.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    lesson.exchange.owner.remove_seat(lesson.seats["Ada"], lesson.seats["Bob"].id)
    clock.forward(minutes=1)
    with pytest.raises(InputRefused, match="has this name"):
        lesson.sit("Bob", "receiver")
    bob, cy = lesson.sit("Bob B", "receiver"), lesson.seats["Cy"]
    last = lesson.exchange.member.news(cy, 0).events[-1].seq
    assert {"swapped key", "relayed"} <= set(kinds(lesson, "Cy"))  # of the first
    swap_key(lesson, "Bob B")
    new = lesson.send("Ada", png, "Bob B").id
    relay(lesson)
    lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], bob.id)
    told = lesson.exchange.member.news(cy, last).events
    assert [event.kind for event in told] == ["sent"]
    told = lesson.exchange.member.news(bob, 0).events
    assert [e.picture_id for e in told if e.kind == "sent"] == [old, new]
    assert [e.picture_id for e in told if e.kind == "relayed"] == [old]


def test_anyone_not_yet_let_in_has_no_part_in_it(lesson):
    exchange, ada = lesson.exchange, lesson.seats["Ada"]
    exchange.owner.set_rules(ada, approval=True)
    wen = lesson.sit("Wen", "receiver")
    with pytest.raises(InputRefused, match="not let this receiver in"):
        swap_key(lesson, "Wen")
    assert exchange.member.safety.contacts(wen).people == ()
    assert "Wen" not in [person.name for person in exchange.member.safety.contacts(ada).people]
    for act in (
        lambda: exchange.member.safety.compared(wen, ada.id, own_number(lesson, "Ada")),
        lambda: exchange.member.safety.compare_number(wen, ada.id, own_number(lesson, "Ada")),
        lambda: exchange.member.safety.numbers_differ(wen, ada.id),
    ):
        with pytest.raises(Waiting):
            act()
    with pytest.raises(NotFound):
        exchange.member.safety.numbers_differ(ada, wen.id)
    assert "alarm" not in kinds(lesson, "Ada")
    exchange.owner.approve(ada, wen.id)
    swap_key(lesson, "Wen")
    exchange.member.safety.numbers_differ(wen, ada.id)
    assert exchange.member.safety.alarms(ada)[0].interceptor == "Eve"
