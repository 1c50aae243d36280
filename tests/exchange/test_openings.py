"""Where a sender wants openings counted, nothing is shown before one, and every way is one."""

import threading

import pytest

from exchange import CannotOpen, KeyChoice, NotFound, Tampered
from rsa_core import HYBRID, KeyPair, open_bytes

COUNTED = ["the first opening", "3 openings", "everyone has opened it"]


def openings(room, sent):
    with room.store.read() as unit:
        return unit.pictures.get(1, sent.id).openings


def opened(room):
    """Who has opened the newest picture, as its sender sees it."""
    (picture, *_) = room.exchange.sender.sent(room.seats["Ada"])
    return {one.name for one in picture.receipts if one.opened_at is not None}


@pytest.mark.parametrize("rule", COUNTED)
def test_what_it_is_stays_hidden_until_it_is_opened(room, png, rule):
    exchange, bob = room.exchange, room.seats["Bob"]
    sent = room.send("Ada", png, "Bob", "Cy", remove_after=rule, caption="my number is 12345")
    assert exchange.receiver.inbox(bob)[0].hidden
    for _ in range(3):
        with pytest.raises(CannotOpen, match="hidden until you open it"):
            exchange.receiver.details(bob, sent.id)
    assert openings(room, sent) == 0
    assert exchange.receiver.open(bob, sent.id).details.caption == "my number is 12345"
    assert exchange.receiver.inbox(room.seats["Cy"])[0].hidden
    if rule != "the first opening":
        assert not exchange.receiver.inbox(bob)[0].hidden
        assert exchange.receiver.details(bob, sent.id).caption == "my number is 12345"


def test_nothing_is_hidden_where_openings_are_not_counted(room, png):
    bob = room.seats["Bob"]
    sent = room.send("Ada", png, "Bob", caption="hello")
    assert not room.exchange.receiver.inbox(bob)[0].hidden
    assert room.exchange.receiver.details(bob, sent.id).caption == "hello"
    room.exchange.receiver.envelope(bob, sent.id)
    assert openings(room, sent) == 0
    assert opened(room) == set()


@pytest.mark.parametrize("way", ["open", "envelope"])
def test_every_way_of_getting_it_is_an_opening(room, png, way):
    exchange, bob, cy = room.exchange, room.seats["Bob"], room.seats["Cy"]
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="the first opening")
    getattr(exchange.receiver, way)(bob, sent.id)
    assert opened(room) == {"Bob"}
    assert exchange.member.news(bob, 0).events[-1].kind == "opened"
    for late in (bob, cy):
        for again in (
            exchange.receiver.open,
            exchange.receiver.envelope,
            exchange.receiver.details,
        ):
            with pytest.raises(CannotOpen, match="as often as its sender allowed"):
                again(late, sent.id)
    exchange.cleaning.purge()
    assert exchange.receiver.inbox(cy) == ()


def test_a_ciphertext_for_a_key_at_home_is_an_opening_each_time(room, png, key_pool):
    pair = key_pool[0]
    pia = room.sit("Pia", "receiver", keys=KeyChoice("public", pem=pair.public.pem()))
    sent = room.send("Ada", png, "Pia", remove_after="3 openings")
    for number in (1, 2, 3):
        envelope = room.exchange.receiver.envelope(pia, sent.id)
        assert HYBRID.open(envelope.data, pair).file == png
        assert openings(room, sent) == number
    with pytest.raises(CannotOpen):
        room.exchange.receiver.envelope(pia, sent.id)
    assert opened(room) == {"Pia"}


def test_everyone_includes_receivers_with_the_key_at_home(room, png, key_pool):
    pia = room.sit("Pia", "receiver", keys=KeyChoice("public", pem=key_pool[0].public.pem()))
    sent = room.send("Ada", png, "Bob", "Pia", remove_after="everyone has opened it")
    room.exchange.receiver.open(room.seats["Bob"], sent.id)
    assert room.exchange.cleaning.purge() == 0
    room.exchange.receiver.envelope(pia, sent.id)
    assert room.exchange.cleaning.purge() == 1


def test_taking_it_without_the_key_is_not_an_opening(room, png):
    sent = room.send("Ada", png, "Bob", remove_after="the first opening")
    for _ in range(3):
        room.exchange.receiver.envelope(room.seats["Cy"], sent.id)
        room.exchange.interceptor.capture(room.seats["Eve"], sent.id)
    assert openings(room, sent) == 0
    assert room.exchange.receiver.open(room.seats["Bob"], sent.id).file == png


def test_an_interceptor_who_reads_it_has_not_opened_it_and_its_receiver_has(lesson, png):
    exchange, eve, bob = lesson.exchange, lesson.seats["Eve"], lesson.seats["Bob"]
    exchange.wire.keys.swap(eve, bob.id)
    sent = lesson.send("Ada", png, "Bob", remove_after="the first opening")
    assert exchange.receiver.inbox(bob) == ()  # held up on its way
    assert exchange.wire.relaying.relay(eve) == 1
    assert exchange.wire.relaying.reading(eve, sent.id).file == png
    assert openings(lesson, sent) == 0
    (item,) = exchange.receiver.inbox(bob)
    assert item.hidden
    envelope = exchange.receiver.envelope(bob, sent.id)
    assert openings(lesson, sent) == 1
    pair = exchange.receiver.keys.export(bob, "")
    assert open_bytes(envelope.data, KeyPair.from_pem(pair)).data == png


def test_only_one_of_many_who_take_it_at_once_gets_it(room, png):
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="the first opening")
    got, start = [], threading.Barrier(8)

    def take(name, way):
        start.wait()
        try:
            way(room.seats[name], sent.id)
        except CannotOpen:
            return
        got.append(name)

    ways = (room.exchange.receiver.envelope, room.exchange.receiver.open)
    threads = [
        threading.Thread(target=take, args=(name, way))
        for name in ("Bob", "Cy")
        for way in ways * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert openings(room, sent) == 1


@pytest.mark.parametrize("rule", ["the channel ends", *COUNTED])
def test_a_picture_alone_is_the_line_of_the_inbox_and_its_details(room, png, rule):
    receiver, bob = room.exchange.receiver, room.seats["Bob"]
    sent = room.send("Ada", png, "Bob", remove_after=rule, caption="hello")
    item, details = receiver.arrived(bob, sent.id)
    assert [item] == list(receiver.inbox(bob))
    assert (details is None) == item.hidden == (rule in COUNTED)
    assert details is None or details == receiver.details(bob, sent.id)


def test_of_a_picture_alone_that_is_for_someone_else_nothing_is_told(room, png):
    receiver, cy = room.exchange.receiver, room.seats["Cy"]
    sent = room.send("Ada", png, "Bob")
    item, details = receiver.arrived(cy, sent.id)
    assert [item] == list(receiver.inbox(cy))
    assert item.obstacle
    assert details is None
    with pytest.raises(NotFound):
        receiver.arrived(cy, "no such picture")


def test_a_picture_alone_whose_details_are_refused_has_none(office, png, writer):
    receiver, bob = office.exchange.receiver, office.seats["Bob"]
    sent = office.send("Ada", png, "Bob")
    assert receiver.arrived(bob, sent.id)[1] is not None
    writer.set("picture", "1 = 1", sent_at=0)
    item, details = receiver.arrived(bob, sent.id)
    assert [item] == list(receiver.inbox(bob))
    assert details is None
    with pytest.raises(Tampered):
        receiver.details(bob, sent.id)


def test_a_picture_that_was_dropped_on_its_way_does_not_arrive_alone(lesson, png):
    sent = lesson.send("Ada", png, "Bob")
    lesson.exchange.wire.tampering.drop(lesson.seats["Eve"], sent.id)
    with pytest.raises(NotFound):
        lesson.exchange.receiver.arrived(lesson.seats["Bob"], sent.id)
