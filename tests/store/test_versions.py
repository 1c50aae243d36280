"""Schema versions: the steps make what the schema says, and each is taken as a whole or not at all.

One more step, which only these tests have, shows how a store goes up.
"""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from store import StoreOlder, normalise_url, open_store, versioning
from store.schema import METADATA
from tests.store import making, workers
from tests.store.workers import FORKS

NEWEST = versioning.newest()
NEXT = f"{int(NEWEST) + 1:04}"
LATER = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{NEWEST}"

def upgrade():
    op.add_column("picture", sa.Column("later", sa.Integer, nullable=False, server_default="7"))
    for name in ("later_1", "later_2", "later_3"):
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))
"""
DESCRIBED = {
    "sqlite": [
        "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table'",
        "SELECT name, sql FROM sqlite_master WHERE type = 'index'",
    ],
    "postgres": [
        "SELECT tablename, indexname, replace(indexdef, current_schema() || '.', '') "
        "FROM pg_indexes WHERE schemaname = current_schema()",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = current_schema()::regnamespace",
        "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length, "
        "replace(column_default, current_schema() || '.', '') "
        "FROM information_schema.columns WHERE table_schema = current_schema()",
    ],
}


@pytest.fixture
def later(tmp_path):
    """A folder with one more step."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "later.py").write_text(LATER)
    return folder


@pytest.fixture
def with_later(later, monkeypatch):
    monkeypatch.setattr(versioning, "FOLDERS", [*versioning.FOLDERS, later])


def ask(place, *questions):
    """What the database itself answers, without the table that Alembic adds."""
    engine = create_engine(normalise_url(place.url))
    with engine.connect() as connection:
        rows = [tuple(row) for sql in questions for row in connection.exec_driver_sql(sql)]
    engine.dispose()
    return sorted(row for row in rows if "alembic_version" not in str(row))


def version(place):
    """The version that the database says it has, and whether any, or all, of the step is there."""
    engine = create_engine(normalise_url(place.url))
    with engine.connect() as connection:
        said = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        looked = inspect(connection)
        done = [table.startswith("later_") for table in looked.get_table_names()].count(True)
        done += "later" in {column["name"] for column in looked.get_columns("picture")}
    engine.dispose()
    return said, done


def test_the_steps_make_the_tables_of_the_schema(request, kind):
    """A step that is missing, or one that a change of the schema has altered, shows here."""
    stepped = request.getfixturevalue(f"{kind}_place")
    made = request.getfixturevalue(f"{kind}_other_place")
    stepped.open().close()
    engine = create_engine(normalise_url(stepped.url))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()
    if made.path:
        made.path.parent.mkdir()
    engine = create_engine(normalise_url(made.url))
    METADATA.create_all(engine)
    engine.dispose()
    # What the comparison passes over: conditions of indexes, AUTOINCREMENT, ON DELETE, defaults.
    described = ask(stepped, *DESCRIBED[kind])
    assert len(described) > 40
    assert described == ask(made, *DESCRIBED[kind])


def test_an_older_store_goes_up_and_keeps_its_rows(place, later, monkeypatch):
    store = place.open()
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver])
    store.close()
    assert version(place) == (NEWEST, 0)
    monkeypatch.setattr(versioning, "FOLDERS", [*versioning.FOLDERS, later])
    store = place.open()
    assert version(place) == (NEXT, 4)
    making.send(store, sender, [receiver])
    with store.read() as unit:
        assert unit.channels.get(channel.id) == replace(channel, last_seq=2)
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
        assert unit.pictures.count(channel.id) == 2
    store.close()
    assert ask(place, "SELECT later FROM picture") == [(7,), (7,)]


@pytest.mark.usefixtures("with_later")
def test_a_new_store_goes_through_every_step(place):
    place.open().close()
    assert version(place) == (NEXT, 4)


def test_a_step_up_is_taken_back_as_a_whole(place, later, monkeypatch):
    place.open().close()
    before = ask(place, *DESCRIBED[place.kind])
    (later / "later.py").write_text(LATER + "    raise ZeroDivisionError\n")
    with monkeypatch.context() as patch:
        patch.setattr(versioning, "FOLDERS", [*versioning.FOLDERS, later])
        with pytest.raises(ZeroDivisionError):
            place.open()
    assert version(place) == (NEWEST, 0)
    assert ask(place, *DESCRIBED[place.kind]) == before
    place.open().close()


def test_the_file_before_the_step_is_kept(sqlite_place, later, monkeypatch):
    store = sqlite_place.open()
    channel, _, _ = making.room(store)
    store.close()
    monkeypatch.setattr(versioning, "FOLDERS", [*versioning.FOLDERS, later])
    sqlite_place.open().close()
    assert version(sqlite_place) == (NEXT, 4)
    kept = sqlite_place.path.with_name(f"channels.db.version-{NEWEST}")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST,)
        assert connection.execute("SELECT name FROM channel").fetchall() == [(channel.name,)]


def test_a_store_killed_in_its_step_up_is_old_or_new(request, kind, tmp_path, later, figure):
    def start(number, delay):
        """A store of version 1, opened by a process that is killed; gives place and seconds."""
        if kind == "sqlite":
            place = request.getfixturevalue("sqlite_place")
            path = tmp_path / str(number) / "channels.db"
            place = type(place)("sqlite", f"sqlite:///{path}", path)
        else:
            place = request.getfixturevalue("postgres_place")
            server = request.getfixturevalue("postgres")
            place = type(place)("postgres", server.new_place(f"killed_{number}"))
        place.open().close()
        process = FORKS.Process(target=workers.goes_up_and_dies, args=(place.url, later, delay))
        before = time.monotonic()
        process.start()
        process.join(60)
        return place, time.monotonic() - before

    start(0, 0)  # the fork server itself starts with the first one
    _, whole = start(1, None)
    found = []
    for n in range(12):
        place, _ = start(n + 2, whole * n / 9)
        found.append(version(place))
        assert found[-1] in {(NEWEST, 0), (NEXT, 4)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(versioning, "FOLDERS", [*versioning.FOLDERS, later])
            place.open().close()
        assert version(place) == (NEXT, 4)
    old = found.count((NEWEST, 0))
    figure(f"kill -9 in a step up, {kind}: {old} times old, {12 - old} times new, never between")


def test_a_store_from_before_version_1_is_refused_and_left_as_it_is(place):
    place.open().close()
    statements = (
        "DROP TABLE alembic_version",
        "CREATE TABLE schema_version (version INTEGER)",
        "INSERT INTO schema_version VALUES (5)",
    )
    if place.kind == "sqlite":
        with closing(sqlite3.connect(place.path)) as connection, connection:
            for statement in (*statements, "PRAGMA user_version=5"):
                connection.execute(statement)
    else:
        with psycopg.connect(place.url) as connection:
            for statement in statements:
                connection.execute(statement)
    before = place.path and place.path.read_bytes(), ask(place, *DESCRIBED[place.kind])
    with pytest.raises(StoreOlder, match="use another file or database"):
        place.open()
    assert (place.path and place.path.read_bytes(), ask(place, *DESCRIBED[place.kind])) == before


def test_several_stores_start_at_once_in_one_process(tmp_path):
    """Alembic keeps what it works on in globals of its modules."""
    urls = [f"sqlite:///{tmp_path}/{n}/channels.db" for n in range(6)]

    def start(url):
        store = open_store(url, pepper=making.PEPPER)
        channel = making.room(store)[0]
        store.close()
        return channel.id

    with ThreadPoolExecutor(len(urls)) as threads:
        assert list(threads.map(start, urls)) == [1] * len(urls)
