"""What the store holds of other channels costs nobody time.

The databases themselves say how they would run each statement of an act, in a store that holds many
other channels. None reads the whole of a table that grows with them, nor of an index.
"""

import json
import re
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from benchmarks import growth
from benchmarks.filling import fill
from exchange import Exchange
from store import normalise_url, open_store, schema
from tests.exchange.conftest import Room

SMALL = {"store_fact", "ledger"}  # a few rows, however much there is
PARTIAL = {
    index.name
    for table in schema.METADATA.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}


@contextmanager
def recorded():
    """A list of the statements that run inside, each with its parameters."""
    found = {}

    def note(_connection, _cursor, statement, parameters, _context, executemany):
        one = parameters[0] if executemany else parameters
        if re.match(r"(SELECT|UPDATE|DELETE|INSERT|WITH)\b", statement):
            found.setdefault(statement, one)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def whole(connection, statement, parameters):
    """The tables, or their indexes, that the database would read from one end to the other."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return {scanned for row in plan for scanned in _whole_in_line(row[-1])}
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    return set(_whole_in_node(plan.scalar_one()[0]["Plan"]))


def _whole_in_line(line):
    scan = re.match(r"SCAN (\S+)(?: USING (?:COVERING )?INDEX (\S+))?", line)
    if scan and scan[1] not in SMALL | {"CONSTANT"} and scan[2] not in PARTIAL:
        yield scan[1]


def _whole_in_node(node):
    index, table = node.get("Index Name"), node.get("Relation Name")
    if node["Node Type"] == "Seq Scan" and table not in SMALL:
        yield table
    if index and "Index Cond" not in node and index not in PARTIAL and table not in SMALL:
        yield index
    for child in node.get("Plans", ()):
        yield from _whole_in_node(child)


def plans(place, statements):
    """The statements that read something whole, each with what."""
    engine = create_engine(normalise_url(place.url))
    with engine.connect() as connection:
        if place.kind == "postgres":
            # Else it reads tables of two hundred rows from end to end, which costs it nothing.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                connection.exec_driver_sql(f"SET enable_{way} = off")
            connection.exec_driver_sql("ANALYZE")
        found = {one: whole(connection, one, given) for one, given in statements.items()}
    engine.dispose()
    return {one: tables for one, tables in found.items() if tables}


@pytest.fixture
def filled(place, clock, quick_keys):
    """An exchange on either database with 200 other channels in it."""
    backend = open_store(place.url, pepper=b"p" * 32)
    fill(place.url, 2_000)
    made = Exchange(backend, clock)
    yield made
    made.close()


def people_in(exchange, kind):
    new = exchange.lobby.create_channel(name="Room", kind=kind, keep_for="1 hour")
    room = Room(exchange, new.key, new.owner_ticket)
    room.sit("Ada", "sender", owner_ticket=new.owner_ticket)
    for name, role in {"Bob": "receiver", "Cy": "receiver", "Eve": "interceptor"}.items():
        room.sit(name, role)
    return room


def private_story(exchange, png, clock):
    room = people_in(exchange, "private")
    bob, cy, eve = (room.seats[name] for name in ("Bob", "Cy", "Eve"))
    sent = room.send("Ada", png, "Bob")
    once = room.send("Ada", png, "Cy", remove_after="the first opening")
    by_all = room.send("Ada", png, "Cy", remove_after="everyone has opened it")
    look_around(exchange, room)
    exchange.interceptor.capture(eve, sent.id)
    for seat, picture in ((bob, sent), (cy, once), (cy, by_all)):
        exchange.receiver.open(seat, picture.id)
    exchange.receiver.share(bob, sent.id, cy.id)
    exchange.cleaning.purge()
    exchange.lobby.leave(cy)
    clock.forward(minutes=1)
    exchange.cleaning.purge()


def lesson_story(exchange, png, clock):
    room = people_in(exchange, "classroom")
    ada, bob, eve = (room.seats[name] for name in ("Ada", "Bob", "Eve"))
    exchange.owner.set_rules(ada, tampering=True)
    exchange.wire.keys.swap(eve, bob.id)
    one, two = (room.send("Ada", png, "Bob", "Cy") for _ in range(2))
    exchange.wire.relaying.relay(eve)
    exchange.wire.tampering.drop(eve, one.id)
    exchange.wire.tampering.let_pass(eve, one.id)
    exchange.wire.tampering.swap(eve, one.id, two.id)
    exchange.wire.tampering.interventions(eve)
    exchange.wire.relaying.readings(eve)
    exchange.wire.keys.swapped(eve)
    look_around(exchange, room)
    exchange.member.safety.numbers_differ(bob, ada.id)
    exchange.member.safety.alarms(ada)
    exchange.owner.end_channel(ada)
    exchange.cleaning.purge()


def look_around(exchange, room):
    """What pages ask all the time."""
    for seat in room.seats.values():
        exchange.member.news(seat, 0)
        exchange.member.newest(seat.token)
        exchange.lobby.resume(seat.token)
    exchange.member.heard([(seat.token, 3) for seat in room.seats.values()])
    exchange.lobby.look_in(room.key)
    exchange.receiver.inbox(room.seats["Bob"])
    exchange.sender.sent(room.seats["Ada"])
    exchange.member.safety.contacts(room.seats["Ada"])
    eve = room.seats["Eve"]
    exchange.interceptor.captures(eve)
    exchange.interceptor.public_keys(eve)
    exchange.interceptor.findings(eve)


@pytest.mark.parametrize("story", [private_story, lesson_story])
def test_no_act_reads_more_than_its_own_channel(filled, place, png, clock, story):
    with recorded() as statements:
        story(filled, png, clock)
    assert len(statements) > 50
    assert plans(place, statements) == {}


def test_a_statement_that_reads_everything_is_noticed(filled, place):
    """What the test above looks for is something that it would see."""
    with recorded() as statements:
        with filled._backend.read() as unit:
            unit.pictures.total_bytes()
        with filled._backend.read() as unit:
            unit.channels.count()
    found = plans(place, statements)
    assert len(found) == len(statements) == 2


def test_the_benchmark_measures_a_store_of_each_size(place, tmp_path, capsys):
    file = tmp_path / "growth.json"
    sizes = ["--pictures", "20", "40", "--repeats", "4", "--json", str(file)]
    status = growth.main(["--url", place.url, *sizes])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    acts = list(growth.PROMISED)
    assert [row[1] for row in rows if len(row) > 1][2:] == acts
    made = json.loads(file.read_text())
    assert place.url not in made["command"]  # it may hold a password
    assert all(
        one[f"{n} pictures, {10 * n} events"] > 0 for one in made["growth"] for n in (20, 40)
    )
    assert status == int(not all(one["kept"] for one in made["growth"]))


def test_the_benchmark_leaves_nothing_behind(place, tmp_path):
    growth.main(["--url", place.url, "--pictures", "10", "--repeats", "1"])
    if place.kind == "sqlite":
        assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
        return
    with psycopg.connect(place.url) as connection:
        names = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
    assert not [name for (name,) in names if name.startswith("growth_")]
