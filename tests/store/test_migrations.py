"""Databases of earlier versions, made from the tables as they were then."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from store import NewIntervention, migrations, normalise_url
from store.database.sqlite_file import APPLICATION_ID
from store.pepper import mark
from tests.store import making, workers
from tests.store.making import NOW
from tests.store.workers import FORKS

SCHEMAS = Path(__file__).parent / "schemas"
ROWS = """
INSERT INTO schema_version VALUES {versions};
INSERT INTO channel (id, public_id, key_digest, name, kind, created_at, expires_at,
    owner_ticket_hash) VALUES (7, 'c7', {digest}, 'Old', 'private', 0, 4000000000000000, {digest});
INSERT INTO seat (id, public_id, channel_id, name, name_key, role, token_hash, joined_at,
    last_seen_at) VALUES (3, 's3', 7, 'Ada', 'ada', 'sender', {digest}, 0, 0);
"""


def old_store(place, version):
    """A database as `version` left it, with one channel and one seat."""
    tables = (SCHEMAS / f"version-{version}-{place.kind}.sql").read_text()
    versions = ", ".join(f"({number})" for number in range(1, version + 1))
    if place.kind == "sqlite":
        place.path.parent.mkdir()
        connection = sqlite3.connect(place.path)
        connection.executescript("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;")
        connection.executescript(tables + ROWS.format(versions=versions, digest="zeroblob(32)"))
        connection.execute(
            "INSERT INTO store_fact VALUES ('pepper mark', ?)", [mark(making.PEPPER)]
        )
        connection.executescript(
            f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={version};"
        )
        connection.commit()
        connection.close()
    else:
        with psycopg.connect(place.url) as connection:
            connection.execute(tables + ROWS.format(versions=versions, digest="'\\x00'::bytea"))
            connection.execute(
                "INSERT INTO store_fact VALUES ('pepper mark', %s)", [mark(making.PEPPER)]
            )


def shape(url):
    """Tables, columns, indexes and constraints, as the database describes them."""
    engine = create_engine(normalise_url(url))
    looked = inspect(engine)
    found = {}
    for table in sorted(looked.get_table_names()):
        found[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"])
                for column in looked.get_columns(table)
            },
            "indexes": sorted(
                (index["name"], tuple(index["column_names"]), index["unique"])
                for index in looked.get_indexes(table)
            ),
            "unique": sorted(
                (rule["name"], tuple(rule["column_names"]))
                for rule in looked.get_unique_constraints(table)
            ),
            "foreign": sorted(
                (tuple(rule["constrained_columns"]), rule["referred_table"], str(rule["options"]))
                for rule in looked.get_foreign_keys(table)
            ),
            "primary": tuple(looked.get_pk_constraint(table)["constrained_columns"]),
        }
    engine.dispose()
    return found


VERSIONS = range(1, migrations.newest())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_store_goes_up_and_keeps_its_rows(place, version):
    old_store(place, version)
    store = place.open()
    with store.write() as unit:
        channel = unit.channels.get(7)
        assert (channel.name, channel.interceptors, channel.approval) == ("Old", True, False)
        assert not channel.tampering
        sender = unit.seats.get(3)
        assert (sender.name, sender.waiting) == ("Ada", False)
        sent = making.picture(sender, [sender])
        unit.pictures.add(sent)
        assert unit.buckets.take("b", capacity=1, per_second=0, now=NOW)
        assert unit.pictures.content(7, sent.public_id) == sent.content
        unit.findings.put(sender.id, 7, sent.public_id, attack="codebook", data=b"found", at=NOW)
        assert unit.findings.data(sender.id, sent.public_id, "codebook") == b"found"
        altered = NewIntervention(sent.public_id, 3, "act", "flip", NOW, content=b"x")
        unit.interventions.add(7, altered)
        (kept,) = unit.interventions.in_channel(7)
        assert unit.interventions.content(kept.id) == b"x"
        making.substitution(unit, channel_id=7, receiver_id=3, interceptor_id=3)
        unit.alarms.add(channel_id=7, seat_id=3, peer_id=3, at=NOW)
        assert len(unit.alarms.about(7, 3)) == 1
        assert unit.seat_records.get(3) is None
    store.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_seats_knew_before_is_not_taken_over(place, version):
    """Anybody who could write to the database could have made it."""
    old_store(place, version)
    fingerprint = b"f" * 32
    row = ("INSERT INTO known_key VALUES (3, 3, {0}, 0, 1)", [fingerprint])
    if place.kind == "sqlite":
        with closing(sqlite3.connect(place.path)) as connection, connection:
            connection.execute(row[0].format("?"), row[1])
    else:
        with psycopg.connect(place.url) as connection:
            connection.execute(row[0].format("%s"), row[1])
    store = place.open()
    with store.read() as unit:
        assert unit.seats.get(3).name == "Ada"
        assert unit.seat_records.get(3) is None
    store.close()
    assert "known_key" not in shape(place.url)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_store_that_went_up_has_the_shape_of_a_new_one(request, kind, version):
    old, new = (request.getfixturevalue(f"{kind}_{which}") for which in ("place", "other_place"))
    old_store(old, version)
    old.open().close()
    new.open().close()
    assert shape(old.url) == shape(new.url)


def test_a_step_up_is_taken_back_as_a_whole(place, monkeypatch):
    old_store(place, 1)
    before = shape(place.url)

    def step(connection):
        connection.exec_driver_sql("CREATE TABLE half (done INTEGER)")
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*migrations.STEPS, step))
        with pytest.raises(ZeroDivisionError):
            place.open()
    assert shape(place.url) == before
    place.open().close()
    assert "bucket" in shape(place.url)


def test_the_file_before_the_step_is_kept(sqlite_place):
    old_store(sqlite_place, 1)
    sqlite_place.open().close()
    kept = sqlite3.connect(sqlite_place.path.with_name("channels.db.version-1"))
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    assert kept.execute("SELECT name FROM channel").fetchall() == [("Old",)]
    kept.close()
    now = sqlite3.connect(sqlite_place.path)
    assert now.execute("PRAGMA user_version").fetchone() == (migrations.newest(),)
    assert (
        now.execute("SELECT max(version) FROM schema_version").fetchone()
        == now.execute("PRAGMA user_version").fetchone()
    )
    now.close()


def test_a_store_killed_in_its_step_up_is_old_or_new(sqlite_place, tmp_path, figure):
    old_store(sqlite_place, 1)
    fresh = {path.name: path.read_bytes() for path in sqlite_place.path.parent.iterdir()}

    def start(delay):
        for path in sqlite_place.path.parent.iterdir():
            path.unlink()
        for name, content in fresh.items():
            (sqlite_place.path.parent / name).write_bytes(content)
        process = FORKS.Process(target=workers.opens_and_dies, args=(sqlite_place.url, delay))
        before = time.monotonic()
        process.start()
        process.join(60)
        return time.monotonic() - before

    start(0)  # the fork server itself starts with the first one
    whole = start(None)
    versions = []
    for n in range(12):
        start(whole * n / 9)
        connection = sqlite3.connect(sqlite_place.path)
        [version] = connection.execute("PRAGMA user_version").fetchone()
        [rows] = connection.execute("SELECT max(version) FROM schema_version").fetchone()
        columns = {row[1] for row in connection.execute("PRAGMA table_info(picture)")}
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        connection.close()
        assert version == rows
        assert version in {1, migrations.newest()}
        assert ("finding" in tables) == (version > 1)
        assert ("openings" in columns) == ("bucket" in tables) == (version > 1)
        versions.append(version)
        sqlite_place.open().close()
    old = versions.count(1)
    figure(f"kill -9 in a step up: {old} times old, {12 - old} times new, never between")
