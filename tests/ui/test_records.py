"""What a page says when the server's storage was changed behind its back, under AppTest."""

import sqlite3
from contextlib import closing

import pytest

from tests.ui.test_laboratory import press, texts
from tests.ui.test_tampering import Lesson, errors


@pytest.fixture
def office(exchange):
    return Lesson(exchange, "private")


@pytest.fixture
def write(tmp_path):
    def run(statement):
        with closing(sqlite3.connect(tmp_path / "channels.db")) as connection, connection:
            connection.execute(statement)

    return run


def compare(office, one, other):
    number = office.exchange.member.safety.contacts(office.seats[other]).own_number
    office.exchange.member.safety.compared(office.seats[one], office.seats[other].id, number)


def opened(office):
    sent = office.send(1, "hybrid")
    at = office.page("Bob")
    return press(at, "Open"), sent


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_a_lost_record_is_reported_and_started_again_by_a_press(office, write, name):
    compare(office, name, "Bob" if name == "Ada" else "Ada")
    assert "verified" in office.page(name).success[0].value
    write("DELETE FROM seat_record")
    at = office.page(name)
    assert "Press Start again" in errors(at)
    assert not at.exception
    assert not at.success
    at = press(at, "Start again")
    assert "Start again" not in errors(at)
    assert not at.exception
    assert not at.success  # nobody counts as verified


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_a_changed_seat_is_reported_and_has_no_number_to_read_aloud(office, write, name):
    key = "(SELECT public_key FROM seat WHERE role = '{}')"
    other = key.format("receiver" if name == "Ada" else "sender")
    write(f"UPDATE seat SET public_key = {other} WHERE name = '{name}'")
    at = office.page(name)
    assert "changed in the server's storage" in errors(at)
    assert not at.exception
    assert "Your own number: read it aloud" not in texts(at)


def test_a_changed_name_is_not_verified_and_is_reported(office, write):
    compare(office, "Bob", "Ada")
    at, _ = opened(office)
    assert "Verified: you have checked this number." in texts(at)
    write("UPDATE seat SET name = 'Eva', name_key = 'eva' WHERE name = 'Ada'")
    at = press(office.page("Bob"), "Open")
    assert "Verified: you have checked this number." not in texts(at)
    assert "Do not rely on the sender's name" in at.warning[0].value
    assert "Eva: called Ada when you first saw this key" in texts(at)
