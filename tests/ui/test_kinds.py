"""Every kind of event has its words: one story in which all of them happen."""

import sqlite3
from contextlib import closing

import pytest

from exchange import NOBODY, ROLES, Tampered
from tests.conftest import encoded, photograph
from tests.ui.test_tampering import Lesson
from ui.frame.kinds import KINDS


def happened(folder) -> set[str]:
    with closing(sqlite3.connect(folder / "channels.db")) as db:
        return {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM event")}


def test_the_table_has_every_kind_and_no_other(exchange, tmp_path):
    lesson = Lesson(exchange)
    ada, bob, eve = (lesson.seats[name] for name in ("Ada", "Bob", "Eve"))
    lesson.allow()
    first, second = (lesson.send(seed, "textbook-pixels") for seed in (1, 2))
    exchange.wire.tampering.multiply(eve, first)
    exchange.wire.tampering.flip(eve, first)
    exchange.wire.tampering.swap(eve, first, second)
    exchange.wire.tampering.replay(eve, second, first)
    exchange.wire.tampering.drop(eve, second)
    exchange.wire.tampering.let_pass(eve, second)
    exchange.receiver.open(bob, second)
    sealed = lesson.send(3, "hybrid")
    exchange.wire.tampering.flip(eve, sealed)
    with pytest.raises(Tampered):
        exchange.receiver.open(bob, sealed)
    exchange.wire.keys.swap(eve, bob.id, NOBODY)
    lesson.send(4, "hybrid")
    exchange.wire.relaying.relay(eve, NOBODY)
    exchange.wire.keys.give_back(eve, bob.id)
    exchange.receiver.keys.new_classroom_key(bob, None, NOBODY)
    exchange.member.safety.numbers_differ(ada, bob.id)
    used_up = exchange.sender.send(
        ada,
        encoded(photograph(24, 16)),
        file_name="a.png",
        scheme="hybrid",
        recipients=(bob.id,),
        submission="5",
        remove_after="the first opening",
    )
    exchange.receiver.open(bob, used_up)
    exchange.cleaning.purge()
    exchange.owner.set_rules(ada, approval=True)
    cy = exchange.lobby.take_seat(lesson.room.key, name="Cy", role="receiver")
    exchange.owner.approve(ada, cy.id)
    exchange.owner.set_rules(ada, tampering=False)
    exchange.receiver.share(bob, lesson.send(6, "hybrid"), cy.id)
    exchange.owner.remove_seat(ada, cy.id)
    exchange.owner.change_key(ada)
    exchange.owner.extend(ada, "7 days")
    exchange.lobby.leave(eve)
    exchange.owner.end_channel(ada)
    assert happened(tmp_path) == set(KINDS)


def test_what_an_interceptor_does_on_the_way_pops_up_nowhere():
    for kind in ("flipped", "multiplied", "swapped", "replayed", "dropped", "let pass",
                 "swapped key", "gave back key", "relayed"):  # fmt: skip
        assert not KINDS[kind].toast
        assert "sender" not in KINDS[kind].concerns or kind in ("swapped key", "gave back key")


def test_events_concern_roles():
    assert all(kind.concerns <= set(ROLES) for kind in KINDS.values())
    assert all(kind.icon for kind in KINDS.values() if kind.toast)
