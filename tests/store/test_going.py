"""A channel that is over goes as a whole: no table, and no file, keeps anything of it.

The rows are made from the schema's own description, so a table that is added later is covered.
"""

import os
from datetime import datetime
from itertools import count

import pytest
from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, func, insert, select

from store import Signer, Store
from store.schema import METADATA
from store.tables import UtcDateTime
from tests.store import making
from tests.store.making import HOUR, NOW

DAY = 24 * HOUR
OF_NO_CHANNEL = {"bucket", "ledger", "store_fact"}
_numbers = count(1)


def of_a_channel():
    """The tables whose rows belong to a channel, each after those that it refers to."""
    known = {"channel"}
    for table in METADATA.sorted_tables:
        if any(key.column.table.name in known for key in table.foreign_keys):
            known.add(table.name)
    return [table for table in METADATA.sorted_tables if table.name in known]


def value(column, marker: str):
    """Something for a column, with the marker in it wherever one can be."""
    match column.type:
        case UtcDateTime():
            return NOW
        case Boolean():
            return False
        case LargeBinary():
            return f"{marker} {making.word()} ".encode() * 3
        case Integer() | BigInteger():
            return next(_numbers)
        case Float():
            return 0.0
    room = column.type.length or 60
    return f"{marker}{making.word()}{making.word()}"[: min(room, 40)]


def fill(store: Store, marker: str, *, rows: int = 1, **channel) -> int:
    """A channel with `rows` rows in every table that can have some of a channel; gives its id."""
    with store._database.writing() as connection:
        ids: dict[str, list[int]] = {}
        for table in of_a_channel():
            for number in range(1 if table.name == "channel" else rows):
                values = {}
                for column in table.columns:
                    if column.foreign_keys:
                        (key,) = column.foreign_keys
                        there = ids[key.column.table.name]
                        values[column.name] = there[number % len(there)]
                    elif column.name == "token_hash":  # a hash of random bits, without any marker:
                        # SQLite may leave a cell of its index behind where a page was split
                        values[column.name] = os.urandom(32)
                    elif column.name != "id":
                        values[column.name] = value(column, marker)
                if table.name == "channel":
                    values |= {"closed_at": None, "owner_id": None, **channel}
                made = connection.execute(insert(table).values(values))
                ids.setdefault(table.name, []).append(made.inserted_primary_key[0])
        return ids["channel"][0]


def counts(store: Store) -> dict[str, int]:
    with store._database.reading() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in of_a_channel()
        }


def sweep_all(store: Store, now: datetime = NOW) -> list[int]:
    """How much each sweep took, until nothing was left."""
    taken = []
    while True:
        with store.write() as unit:
            swept = unit.retention.sweep(now)
        if not swept:
            return taken
        taken.append(len(swept.pictures) + swept.rows)
        assert len(taken) < 1000


def found(place, marker: str) -> set[str]:
    """Names of the files that hold the marker."""
    return {
        path.name
        for path in place.path.parent.iterdir()
        if path.is_file() and marker.encode() in path.read_bytes()
    }


def test_every_table_is_of_a_channel_or_known_not_to_be():
    assert set(METADATA.tables) - {table.name for table in of_a_channel()} == OF_NO_CHANNEL


@pytest.mark.parametrize(
    "over",
    [{"expires_at": NOW}, {"expires_at": NOW + DAY, "closed_at": NOW - HOUR}],
    ids=["expired", "ended"],
)
def test_no_table_keeps_a_row_of_a_channel_that_is_over(store, over):
    fill(store, "first", rows=3, expires_at=NOW + DAY)
    others = counts(store)
    assert all(others.values())
    gone = fill(store, "gone", rows=3, **over)
    assert all(number > others[table] for table, number in counts(store).items())
    sweep_all(store)
    assert counts(store) == others
    with store.read() as unit:
        assert unit.channels.get(gone) is None


def test_nothing_of_a_channel_that_is_over_is_in_any_file(sqlite_place, figure):
    store = sqlite_place.open()
    marker, kept = os.urandom(6).hex(), os.urandom(6).hex()
    fill(store, kept, rows=70, expires_at=NOW + DAY)
    fill(store, marker, rows=70, expires_at=NOW)
    assert found(sqlite_place, marker)  # the control
    sweep_all(store)
    before = found(sqlite_place, marker)
    store.compact()
    after = found(sqlite_place, marker)
    assert found(sqlite_place, kept)
    store.close()
    figure(f"channel gone: found in {sorted(before)} before compact, in {sorted(after)} after")
    assert after == set()


def test_postgresql_gives_back_the_space_of_deleted_rows(postgres_place):
    store = postgres_place.open()
    fill(store, "x", rows=70, expires_at=NOW)
    sweep_all(store)

    def sizes():
        with store._database.reading() as connection:
            return {
                table.name: connection.exec_driver_sql(
                    f"SELECT pg_relation_size('{table.name}')"
                ).scalar_one()
                for table in of_a_channel()
            }

    assert all(sizes().values())  # the control
    store.compact()
    assert set(sizes().values()) == {0}
    store.close()


def test_each_reference_has_an_index():
    """Without one, each row that goes costs a look through the whole table that may refer to it."""
    for table in METADATA.sorted_tables:
        led = {next(iter(table.primary_key.columns)).name}
        led |= {
            next(iter(index.columns)).name
            for index in table.indexes
            if index.dialect_options["sqlite"]["where"] is None
        }
        led |= {
            next(iter(rule.columns)).name
            for rule in table.constraints
            if getattr(rule, "columns", None) and type(rule).__name__ == "UniqueConstraint"
        }
        for key in table.foreign_keys:
            assert key.parent.name in led, f"{table.name}.{key.parent.name}"


def test_a_long_story_goes_in_small_pieces(store):
    with store.write() as unit:
        channel = making.channel(store, unit, expires_at=NOW)
        for _ in range(60):
            making.seat(unit, channel.id)
        for _ in range(2500):
            unit.events.add(channel.id, "opened", NOW)
    pieces = sweep_all(store)
    assert sum(pieces) == 2500 + 60 + 1
    assert len(pieces) >= 4
    assert max(pieces) <= 1000


def test_many_channels_go_in_few_sweeps(store):
    with store.write() as unit:
        for _ in range(120):
            unit.events.add(making.channel(store, unit, expires_at=NOW).id, "created", NOW)
    assert len(sweep_all(store)) < 10
    assert counts(store)["channel"] == 0


def test_a_channel_that_was_ended_does_not_wait_for_the_clock(store):
    """The clock is in doubt; what its owner ended goes, and what only expired stays."""
    ended = fill(store, "ended", expires_at=NOW + 3 * DAY)
    expired = fill(store, "expired", expires_at=NOW + HOUR)
    sweep_all(store)
    with store.write() as unit:
        unit.channels.close(ended, NOW)
    sweep_all(store, NOW + DAY)
    with store.read() as unit:
        assert unit.channels.get(ended) is None
        assert unit.channels.get(expired) is not None


def test_a_sweep_does_not_wait_for_people_in_a_channel(postgres_place):
    store = postgres_place.open()
    held, free = (fill(store, name, expires_at=NOW) for name in ("held", "free"))
    with store.write() as unit:
        unit.channels.get(held)
        sweep_all(store)
        unit.channels.extend(held, NOW + DAY)
    sweep_all(store)
    with store.read() as unit:
        assert unit.channels.get(held) is not None
        assert unit.channels.get(free) is None
    store.close()


def test_what_only_a_seats_token_opens_goes_with_the_seat(place):
    store = place.open()
    secret = os.urandom(8).hex().encode()
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        eve = making.seat(unit, channel.id, role="interceptor")
        for seat in (sender, receiver, eve):
            making.set_keys(unit, seat.id, public_key=b"public", locked_key=secret)
            unit.seats.set_classroom_keys(seat.id, public_key=b"n, e", locked_key=secret)
            unit.seat_records.put(seat.id, b"sealed")
        shown = making.key_swap(
            unit,
            channel_id=channel.id,
            receiver_id=receiver.id,
            interceptor_id=eve.id,
            locked_key=secret,
        )
        unit.key_swaps.add_signer(Signer(shown.id, sender.id, b"public", secret))
    sent = making.send(store, sender, [receiver])
    with store.write() as unit:
        for seat in (sender, receiver, eve):
            unit.seats.leave(seat.id, NOW)
    store.compact()
    with store.read() as unit:
        for seat in (sender, receiver, eve):
            left = unit.seats.get(seat.id)
            assert left.locked_key is left.locked_classroom_key is None
            assert (left.name, left.public_key) == (seat.name, b"public")
            assert unit.seat_records.get(seat.id) is None
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
        (signer,) = unit.key_swaps.signers(shown.id)
        assert (signer.public_key, signer.locked_key) == (b"public", b"")
        (ended,) = unit.key_swaps.in_channel(channel.id)
        assert (ended.public_key, ended.locked_key) == (shown.public_key, b"")
    if place.kind == "sqlite":
        assert found(place, secret.decode()) == set()
    store.close()
