"""What the owner may do, and that nobody else may."""

import pytest

from exchange import InputRefused, NotAdmitted, NotFound, NotOwner, SeatGone, Waiting


@pytest.fixture
def ada(room):
    return room.seats["Ada"]


def kinds(room):
    return [event.kind for event in room.exchange.member.news(room.seats["Ada"], 0).events]


def test_nobody_but_the_owner(room):
    exchange, bob, eve = room.exchange, room.seats["Bob"], room.seats["Eve"]
    acts = (
        lambda: exchange.owner.set_rules(bob, locked=True),
        lambda: exchange.owner.set_rules(eve, tampering=True),
        lambda: exchange.owner.approve(bob, eve.id),
        lambda: exchange.owner.remove_seat(bob, eve.id),
        lambda: exchange.owner.change_key(bob),
        lambda: exchange.owner.extend(bob, "7 days"),
        lambda: exchange.owner.end_channel(bob),
    )
    before = kinds(room)
    for act in acts:
        with pytest.raises(NotOwner):
            act()
    assert kinds(room) == before
    assert room.exchange.lobby.join(room.key).channel.locked is False


def test_a_locked_channel_lets_nobody_in_until_it_is_unlocked(room, ada):
    room.exchange.owner.set_rules(ada, locked=True)
    with pytest.raises(InputRefused, match="locked"):
        room.sit("Dan", "receiver")
    assert room.exchange.lobby.resume(room.seats["Bob"].token).channel.locked
    room.exchange.owner.set_rules(ada, locked=False)
    room.sit("Dan", "receiver")
    assert kinds(room)[-3:] == ["rules", "rules", "joined"]


def test_interceptors_can_be_kept_out(room, ada):
    room.exchange.owner.set_rules(ada, interceptors=False)
    with pytest.raises(InputRefused, match="does not admit interceptors"):
        room.sit("Mallory", "interceptor")
    room.sit("Dan", "receiver")


def test_a_new_receiver_waits_and_gets_nothing_until_let_in(room, ada, png):
    room.exchange.owner.set_rules(ada, approval=True)
    dan = room.sit("Dan", "receiver")
    assert dan.waiting
    for act in (room.exchange.receiver.inbox, room.exchange.receiver.keys.own):
        with pytest.raises(Waiting):
            act(dan)
    with pytest.raises(InputRefused, match="recipient"):
        room.send("Ada", png, "Dan")
    room.exchange.owner.approve(ada, dan.id)
    sent = room.send("Ada", png, "Dan")
    assert room.exchange.receiver.open(dan, sent.id).file == png
    room.sit("Zed", "sender")  # only receivers wait


def test_a_removed_seat_stops_at_once(room, ada, png):
    bob = room.seats["Bob"]
    sent = room.send("Ada", png, "Bob", "Cy")
    room.exchange.owner.remove_seat(ada, bob.id)
    for act in (
        room.exchange.receiver.inbox,
        room.exchange.member.present,
        room.exchange.lobby.leave,
    ):
        with pytest.raises(SeatGone):
            act(bob)
    with pytest.raises(SeatGone):
        room.exchange.receiver.open(bob, sent.id)
    assert room.exchange.receiver.open(room.seats["Cy"], sent.id).file == png
    with pytest.raises(NotFound):
        room.exchange.owner.remove_seat(ada, bob.id)
    with pytest.raises(InputRefused):
        room.exchange.owner.remove_seat(ada, ada.id)


def test_a_changed_key_keeps_seats_and_shuts_out_the_old_key(room, ada):
    new = room.exchange.owner.change_key(ada)
    with pytest.raises(NotAdmitted):
        room.exchange.lobby.join(room.key)
    assert room.exchange.lobby.join(new).channel == room.exchange.lobby.resume(ada.token).channel
    bob = room.seats["Bob"]
    assert room.exchange.receiver.inbox(bob) == ()
    assert not room.exchange.lobby.key_fits(bob, room.key)
    assert room.exchange.lobby.key_fits(bob, new)


def test_extending_never_shortens(room, ada, clock):
    room.exchange.owner.extend(ada, "1 hour")
    clock.forward(hours=23)
    room.exchange.owner.extend(ada, "7 days")
    clock.forward(days=6)
    room.exchange.member.present(room.seats["Bob"])


def test_an_ended_channel_is_over_for_everyone(room, ada, png):
    room.send("Ada", png, "Bob")
    room.exchange.owner.end_channel(ada)
    for seat in room.seats.values():
        with pytest.raises(SeatGone):
            room.exchange.member.present(seat)
    with pytest.raises(NotAdmitted):
        room.exchange.lobby.join(room.key)
    assert room.exchange.cleaning.purge() == 1
