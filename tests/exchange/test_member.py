"""What all pages of a channel share between two events is never stale."""

from datetime import timedelta

import pytest

from exchange import SeatGone
from exchange.desk import token_hash
from exchange.member import FRESH_FOR, WRITE_EVERY
from tests.exchange.deceiving import swap_key


def names(people):
    return [person.name for person in people]


def test_news_says_what_is_new_and_who_is_here(room):
    before = room.exchange.member.news(room.seats["Eve"], 0)
    assert names(before.people) == ["Ada", "Bob", "Cy", "Eve"]
    last = before.events[-1].seq
    assert room.exchange.member.news(room.seats["Eve"], last).events == ()
    room.sit("Zoe", "sender")
    after = room.exchange.member.news(room.seats["Eve"], last)
    assert [(event.kind, event.who) for event in after.events] == [("joined", "Zoe")]
    assert names(after.people) == ["Ada", "Bob", "Cy", "Eve", "Zoe"]


def test_anyone_who_leaves_is_gone_for_everyone_at_once(room):
    eve, bob = room.seats["Eve"], room.seats["Bob"]
    assert "Bob" in names(room.exchange.member.present(eve))
    room.exchange.lobby.leave(bob)
    assert "Bob" not in names(room.exchange.member.present(eve))
    with pytest.raises(SeatGone):
        room.exchange.member.news(bob, 0)


def test_captures_are_as_new_as_the_last_event(room, png):
    eve = room.seats["Eve"]
    assert room.exchange.interceptor.captures(eve) == ()
    sent = room.send("Ada", png, "Bob")
    (capture,) = room.exchange.interceptor.captures(eve)
    (bob,) = room.exchange.interceptor.recipients(eve, capture.id)
    assert (bob.name, bob.opened_at) == ("Bob", None)
    room.exchange.receiver.open(room.seats["Bob"], sent.id)
    (bob,) = room.exchange.interceptor.recipients(eve, capture.id)
    assert bob.opened_at is not None
    room.send("Ada", png, "Bob")
    assert [one.number for one in room.exchange.interceptor.captures(eve)] == [2, 1]


def test_channels_do_not_share(room, open_room):
    other = open_room("private")
    other.sit("Mallory", "interceptor")
    assert names(room.exchange.member.present(room.seats["Eve"])) == ["Ada", "Bob", "Cy", "Eve"]
    assert names(other.exchange.member.present(other.seats["Mallory"])) == ["Mallory"]


def test_presence_is_written_for_everyone_together_and_only_now_and_then(room, clock):
    """A restart forgets at most the last seconds of it."""
    seats = [room.seats[name] for name in ("Ada", "Bob", "Cy", "Eve")]
    clock.forward(minutes=2)
    room.exchange.member.present(seats[0])  # the first one is written at once
    for seat in seats[1:]:
        room.exchange.member.present(seat)

    def written():
        with room.store.read() as unit:
            seat, channel = unit.seats.asking(token_hash(seats[0].token))
            rows = unit.seats.in_channel(channel.id)
        return [row.name for row in rows if row.last_seen_at == seat.last_seen_at]

    assert written() == ["Ada"]
    clock.forward(seconds=WRITE_EVERY.total_seconds())
    room.exchange.member.present(seats[0])
    with room.store.read() as unit:
        _, channel = unit.seats.asking(token_hash(seats[0].token))
        rows = unit.seats.in_channel(channel.id)
    assert all(clock() - row.last_seen_at < timedelta(minutes=1) for row in rows)


def test_anyone_who_goes_away_without_leaving_is_shown_as_away(room, clock):
    eve = room.seats["Eve"]
    assert all(person.here for person in room.exchange.member.present(eve))
    for _ in range(12):
        clock.forward(seconds=FRESH_FOR.total_seconds())
        room.exchange.member.present(eve)
    here = [person.name for person in room.exchange.member.present(eve) if person.here]
    assert here == ["Eve"]


def heard(room, told):
    """By name, whose pages have something to ask for; `told` has the number for each."""
    lines = {name: (room.seats[name].token, seq) for name, seq in told.items()}
    found = room.exchange.member.heard(lines.values())
    return {name: found[line] for name, line in lines.items() if line in found}


def now(room, *names):
    return {name: room.exchange.member.newest(room.seats[name].token) for name in names}


def test_pages_are_told_when_something_concerns_them(room, open_room):
    other = open_room("private")
    other.sit("Mallory", "receiver")
    told = now(room, "Ada", "Bob")
    assert heard(room, told) == {}
    room.sit("Zoe", "sender")
    found = heard(room, told)
    assert {name: (one.seq, one.concerned, one.gone) for name, one in found.items()} == {
        name: (seq + 1, True, False) for name, seq in told.items()
    }
    assert heard(room, {name: one.seq for name, one in found.items()}) == {}
    assert heard(other, now(other, "Mallory")) == {}


def test_who_left_is_told_once_more_and_no_stranger_is(room):
    told = now(room, "Bob", "Eve")
    room.exchange.lobby.leave(room.seats["Bob"])
    found = heard(room, told)
    assert (found["Bob"].gone, found["Eve"].gone) == (True, False)
    assert room.exchange.member.heard([("A" * 22, 0)])["A" * 22, 0].gone
    with pytest.raises(SeatGone):
        room.exchange.member.newest("A" * 22)


def test_who_may_not_know_of_a_key_swap_is_not_told_of_it(lesson):
    told = now(lesson, "Ada", "Bob", "Cy", "Eve")  # Ada owns the channel
    swap_key(lesson)
    found = heard(lesson, told)
    assert {name: one.concerned for name, one in found.items()} == {
        "Ada": True, "Bob": False, "Cy": False, "Eve": True
    }  # fmt: skip
    done = {name: one.seq for name, one in found.items()}
    assert heard(lesson, done) == {}  # what is hidden is not read again
    for name in told:
        news = lesson.exchange.member.news(lesson.seats[name], told[name])
        assert news.seq == done[name]
        assert bool(news.events) == found[name].concerned


def test_a_line_is_told_of_what_its_seat_is_told_and_of_nothing_twice(room, png, open_room):
    member, eve, bob = room.exchange.member, room.seats["Eve"], room.seats["Bob"]
    other = open_room("private")
    mallory = other.sit("Mallory", "sender")
    lines = [(seat.token, member.newest(seat.token)) for seat in (eve, bob, mallory)]
    assert member.heard([]) == {}
    assert member.heard(lines) == {}
    room.send("Ada", png, "Bob")
    heard = member.heard([*lines, lines[0], (eve.token, 0)])
    assert set(heard) == {*lines[:2], (eve.token, 0)}
    assert all(one.concerned and not one.gone for one in heard.values())
    assert len({one.seq for one in heard.values()}) == 1
    assert member.heard([(token, one.seq) for (token, _), one in heard.items()]) == {}


def test_a_line_is_told_that_its_seat_is_gone_however_that_happened(room, clock):
    member, ada, bob = room.exchange.member, room.seats["Ada"], room.seats["Bob"]
    seqs = {seat.token: member.newest(seat.token) for seat in (ada, bob)}
    room.exchange.lobby.leave(bob)
    heard = member.heard([*seqs.items(), ("no such token", 3)])
    assert heard[bob.token, seqs[bob.token]].gone
    assert heard["no such token", 3].gone
    assert not heard[ada.token, seqs[ada.token]].gone
    clock.forward(days=30)
    assert member.heard([(ada.token, seqs[ada.token])])[ada.token, seqs[ada.token]].gone
