"""Every kind of event has its words: one story in which all of them happen."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from exchange import NOBODY, ROLES, Event, Tampered
from tests.conftest import encoded, photograph
from tests.ui.test_tampering import Lesson
from ui.frame.kinds import KINDS, concerned
from ui.frame.parts import ARRIVED, CAPTURES, INBOX, NUMBERS, OWN_KEY, OWNER, PAGE, SENT, SHARING


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
        assert not KINDS[kind].parts & {SENT, SHARING}


def test_toasts_have_icons():
    assert all(kind.icon for kind in KINDS.values() if kind.toast)


@pytest.fixture
def bob(exchange):
    """A receiver in a classroom channel where nobody may tamper."""
    key = exchange.lobby.create_channel(name="", kind="classroom", keep_for="1 hour").key
    return exchange.lobby.take_seat(key, name="Bob", role="receiver")


def told(kind: str, *, who: str = "", role: str | None = "sender", picture: str = "p") -> Event:
    return Event(1, kind, datetime.now(UTC), "", who, role, picture, "")


def parts(seat, event: Event, *, counted=(), shares=False) -> set[str]:
    return set(concerned(event, seat, counted=counted, shares=shares))


def test_only_what_changes_the_frame_draws_the_page(bob):
    own = {"joined", "left", "approved", "removed seat"}
    for kind in KINDS:
        for role in ROLES:
            drawn = parts(bob, told(kind, role=role))
            assert (PAGE in drawn) == (kind in {"rules", "new key", "ended"}), kind
        assert (PAGE in parts(bob, told(kind, who=bob.id, role="receiver"))) == (
            kind in own | {"rules", "new key", "ended"}
        )


def test_people_concern_what_shows_people(bob):
    assert parts(bob, told("joined", role="interceptor")) == {OWNER}
    assert NUMBERS in parts(bob, told("joined", role="sender"))
    assert INBOX not in parts(bob, told("joined", role="receiver"))
    assert INBOX in parts(bob, told("joined", role="receiver"), shares=True)
    held = replace(bob, channel=replace(bob.channel, tampering=True))
    assert INBOX in parts(held, told("left", role="interceptor"))
    assert parts(bob, told("left", role=None)) == set()  # nobody is known to have left


def test_openings_concern_who_counts_them(bob):
    assert parts(bob, told("opened", role="receiver")) == set()
    assert INBOX in parts(bob, told("opened", role="receiver"), counted={"p"})
    assert parts(bob, told("opened", role="receiver"), counted={"q"}) == set()
    assert INBOX in parts(bob, told("opened", who=bob.id, role="receiver"))


def test_what_others_send_is_in_no_senders_list(bob):
    assert {ARRIVED, CAPTURES} <= parts(bob, told("sent"))
    assert INBOX not in parts(bob, told("sent"))
    assert not parts(bob, told("sent")) & {SENT, SHARING}
    assert {SENT, SHARING} <= parts(bob, told("sent", who=bob.id))
    assert OWN_KEY not in parts(bob, told("classroom key"))
    assert OWN_KEY in parts(bob, told("classroom key", who=bob.id))
