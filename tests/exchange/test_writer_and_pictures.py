"""Someone writes to the database: what a sender chose holds, and what was burnt stays burnt."""

import pytest

from exchange import CannotOpen, ExchangeError, Tampered
from tests.exchange.deceiving import inbox, opened

RULES = ("the first opening", "3 openings", "everyone has opened it", "the channel ends")
TABLES = {
    "picture": "id",
    "picture_chunk": "picture_id",
    "picture_record": "picture_id",
    "picture_recipient": "picture_id",
}


def rows_of(writer, picture_id):
    [picture] = writer.copy("picture", f"public_id = '{picture_id}'")
    return {
        table: writer.copy(table, f"{column} = {picture['id']}") for table, column in TABLES.items()
    }


def delete(writer, rows):
    number = rows["picture"][0]["id"]
    for table, column in reversed(TABLES.items()):
        writer.run(f"DELETE FROM {table} WHERE {column} = :number", number=number)


def put_back(writer, rows):
    for table, kept in rows.items():
        writer.put_back(table, kept)


@pytest.mark.parametrize(
    "columns",
    [
        {"max_openings": None},
        {"max_openings": 100},
        {"until_all_opened": True},
        {"max_openings": None, "until_all_opened": True},
        {"sent_at": 0},
    ],
    ids=str,
)
def test_a_rule_or_a_time_that_was_changed_is_refused(office, png, writer, columns):
    bob, sent = office.seats["Bob"], office.send("Ada", png, "Bob", remove_after="3 openings").id
    before = writer.copy("picture", "1 = 1")[0]
    assert opened(office, "Bob", sent).file == png
    writer.set("picture", "1 = 1", **columns)
    with pytest.raises(Tampered):
        opened(office, "Bob", sent)
    with pytest.raises(Tampered):
        office.exchange.receiver.details(bob, sent)
    writer.set("picture", "1 = 1", **{name: before[name] for name in columns})
    assert opened(office, "Bob", sent).file == png


@pytest.mark.parametrize(("rule", "times"), [("the first opening", 1), ("3 openings", 3)])
def test_a_counter_that_is_set_back_opens_nothing_more(office, png, writer, rule, times):
    """By this seat; each seat has its own count, sealed."""
    sent = office.send("Ada", png, "Bob", "Cy", remove_after=rule).id
    for _ in range(times):
        opened(office, "Bob", sent)
        writer.set("picture", "1 = 1", openings=0)
        writer.run("UPDATE picture_recipient SET opened_at = NULL")
    with pytest.raises(CannotOpen, match="as often as its sender allowed"):
        opened(office, "Bob", sent)
    with pytest.raises(CannotOpen):
        office.exchange.receiver.envelope(office.seats["Bob"], sent)
    assert inbox(office, "Bob")[sent].obstacle


@pytest.mark.parametrize("way", ["opening", "taking the ciphertext"])
def test_a_burnt_picture_whose_rows_are_put_back_does_not_open(office, png, writer, way):
    bob, sent = office.seats["Bob"], office.send("Ada", png, "Bob", remove_after=RULES[0]).id
    rows = rows_of(writer, sent)
    if way == "opening":
        opened(office, "Bob", sent)
    else:
        office.exchange.receiver.envelope(bob, sent)
    assert office.exchange.cleaning.purge() == 1
    put_back(writer, rows)
    for act in (
        office.exchange.receiver.open,
        office.exchange.receiver.envelope,
        office.exchange.receiver.details,
    ):
        with pytest.raises(ExchangeError):
            act(bob, sent)


@pytest.mark.parametrize("rule", RULES)
def test_what_a_page_has_seen_go_does_not_come_back(office, png, writer, rule):
    """Under whatever rule: the receiver's own list has noticed that it is gone."""
    bob, sent = office.seats["Bob"], office.send("Ada", png, "Bob", remove_after=rule).id
    other = office.send("Ada", png, "Bob").id
    rows = rows_of(writer, sent)
    opened(office, "Bob", sent)
    delete(writer, rows)
    assert inbox(office, "Bob").keys() == {other}
    put_back(writer, rows)
    with pytest.raises(CannotOpen):
        opened(office, "Bob", sent)
    assert inbox(office, "Bob")[sent].obstacle
    with pytest.raises(CannotOpen):
        office.exchange.receiver.envelope(bob, sent)
    assert opened(office, "Bob", other).file == png


def test_a_picture_that_anyone_may_open_again_opens_again(office, png):
    sent = office.send("Ada", png, "Bob", "Cy").id
    for _ in range(3):
        assert opened(office, "Bob", sent).file == png
