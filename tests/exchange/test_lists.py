"""What pages ask for again and again costs the same number of questions, whatever there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from tests.exchange.deceiving import swap_key

FEW, MANY = 2, 9


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any database is given inside."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def questions(ask: Callable[[], object]) -> int:
    with counted() as found:
        ask()
    return len(found)


def lists_of(room) -> dict[str, Callable[[], object]]:
    exchange, ada, bob, cy = room.exchange, *(room.seats[name] for name in ("Ada", "Bob", "Cy"))
    return {
        "sent": lambda: exchange.sender.sent(ada),
        "newest sent": lambda: exchange.sender.sent(ada, newest=MANY - 1),
        "lacking": lambda: exchange.sender.lacking(ada),
        "shareable": lambda: exchange.sender.shareable(ada, cy.id),
        "inbox": lambda: exchange.receiver.inbox(bob),
    }


def grown(room, png) -> list[dict[str, int]]:
    costs = []
    for number in range(1, MANY + 1):
        room.send("Ada", png, "Bob")
        if number in (FEW, MANY):
            costs.append({name: questions(ask) for name, ask in lists_of(room).items()})
    return costs


def test_lists_ask_as_often_for_many_pictures_as_for_few(office, png):
    few, many = grown(office, png)
    assert few == many


def test_so_they_do_where_an_interceptor_is_on_the_way(lesson, png):
    lesson.exchange.wire.tampering.drop(
        lesson.seats["Eve"], lesson.send("Ada", png, "Bob", scheme="textbook-pixels").id
    )
    few, many = grown(lesson, png)
    assert few == many


def test_captures_ask_as_often_and_once_for_each_event(room, png):
    eve, costs = room.seats["Eve"], []
    for number in range(1, MANY + 1):
        room.send("Ada", png, "Bob")
        if number in (FEW, MANY):
            costs.append(questions(lambda: room.exchange.interceptor.captures(eve)))
    again = questions(lambda: room.exchange.interceptor.captures(eve))
    assert costs[0] == costs[1] > again


def test_the_newest_pictures_are_the_first_of_all(office, png):
    for _ in range(4):
        office.send("Ada", png, "Bob", "Cy")
    office.send("Eve", png, "Bob")
    sender, ada = office.exchange.sender, office.seats["Ada"]
    every = sender.sent(ada)
    assert len(every) == 4
    for newest in (1, 3, 4, 9):
        assert sender.sent(ada, newest=newest) == every[:newest]


@pytest.mark.parametrize("name", ["Zoe", "Bob", "Cy"])
def test_what_a_seat_may_not_know_is_read_once(lesson, name):
    lesson.sit("Zoe", "sender")
    seat = lesson.seats[name]
    seq = lesson.exchange.member.news(seat, 0).seq
    swap_key(lesson)
    read = []
    for _ in range(2):
        with counted() as found:
            news = lesson.exchange.member.news(seat, seq)
        assert news.events == ()
        read.append(sum("FROM event" in statement for statement in found))
        seq = news.seq
    assert read == [1, 0]
