"""Opening a store: URLs, peppers, files that are ours and files that are not."""

import errno
import os
import shutil
import sqlite3
import stat
import threading

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import (
    StoreBusy,
    StoreDamaged,
    StoreForeign,
    StoreFull,
    StoreMisconfigured,
    StoreNewer,
    StoreUnreachable,
    normalise_url,
    open_store,
)
from store.database import sqlite_file
from tests.store import making, workers
from tests.store.workers import FORKS


def folder(place):
    return {path.name: path.read_bytes() for path in place.path.parent.iterdir() if path.is_file()}


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_the_same(scheme):
    assert normalise_url(f" {scheme}://u:p@h/d\n") == "postgresql+psycopg://u:p@h/d"


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_is_refused_without_being_repeated(text):
    url = f"mysql://{text}SECRET@host/x"
    with pytest.raises(StoreMisconfigured) as caught:
        open_store(url)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "channels.db", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=memory"]
)
def test_a_url_that_names_no_file_is_refused(url):
    with pytest.raises(StoreMisconfigured):
        open_store(url)


def test_a_server_that_is_not_there_is_unreachable(tmp_path):
    url = f"postgresql://nobody@/nothing?host={tmp_path}"
    with pytest.raises(StoreUnreachable):
        open_store(url, pepper=making.PEPPER)


def test_a_folder_that_cannot_be_made_is_unreachable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnreachable):
        open_store(f"sqlite:///{tmp_path}/file/channels.db")


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StoreFull), (errno.EACCES, StoreUnreachable)]
)
@pytest.mark.parametrize("name", ["_publish", "create"])
def test_what_the_system_says_about_files_comes_as_the_stores_own(
    sqlite_place, monkeypatch, number, error, name
):
    def fails(*_):
        raise OSError(number, "some words about /a/path")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_file, name, fails)
        with pytest.raises(error) as caught:
            sqlite_place.open()
    assert "/a/path" not in str(caught.value)
    sqlite_place.open().close()


def test_a_store_that_is_only_to_be_opened_is_not_made(place):
    with pytest.raises(StoreMisconfigured, match="no store"):
        place.open(create=False)
    place.open().close()
    place.open(create=False).close()


def test_a_relative_url_means_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///data/channels.db")
    monkeypatch.chdir("/")
    making.room(store)
    store.close()
    assert (tmp_path / "data" / "channels.db").exists()


def test_odd_characters_in_a_path_are_only_characters(tmp_path):
    path = tmp_path / "a b#cé" / "channels.db"
    store = open_store(f"sqlite:///{path}")
    channel = making.room(store)[0]
    store.close()
    assert path.exists()
    store = open_store(f"sqlite:///{path}")
    with store.read() as unit:
        assert unit.channels.get(channel.id) == channel
    store.close()


def test_nobody_else_may_read_what_is_made(sqlite_place):
    store = sqlite_place.open(pepper=None)
    making.room(store)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in sqlite_place.path.parent.iterdir()
    }
    store.close()
    assert set(modes) >= {"channels.db", "channels.db-wal", "channels.db.pepper"}
    assert set(modes.values()) == {0o600}


# Peppers


def test_a_pepper_file_is_made_once_and_used_again(sqlite_place):
    key = "ABCDE-FGHJK"
    digests = set()
    for _ in range(2):
        store = sqlite_place.open(pepper=None)
        digests.add(store.key_digest(key))
        store.close()
    assert len(digests) == 1
    pepper = (sqlite_place.path.parent / "channels.db.pepper").read_bytes()
    assert len(pepper) == 32
    assert pepper not in sqlite_place.path.read_bytes()


def test_another_pepper_gives_other_digests(tmp_path):
    digests = set()
    for n in range(2):
        store = open_store(f"sqlite:///{tmp_path}/{n}.db")
        digests.add(store.key_digest("ABCDE-FGHJK"))
        store.close()
    assert len(digests) == 2


def test_a_store_is_not_opened_under_another_pepper(place):
    place.open().close()
    with pytest.raises(StoreMisconfigured, match="not the pepper"):
        place.open(pepper=b"another pepper of enough bytes..")
    place.open().close()


def test_a_short_pepper_is_refused(place):
    with pytest.raises(StoreMisconfigured, match="needs 16"):
        place.open(pepper=b"fifteen bytes..")


def test_postgresql_needs_a_pepper(postgres_place):
    with pytest.raises(StoreMisconfigured, match="PostgreSQL needs a pepper"):
        postgres_place.open(pepper=None)


def test_a_lost_pepper_is_reported_and_not_replaced(sqlite_place):
    sqlite_place.open(pepper=None).close()
    pepper = sqlite_place.path.parent / "channels.db.pepper"
    kept = pepper.read_bytes()
    pepper.unlink()
    with pytest.raises(StoreMisconfigured, match="missing"):
        sqlite_place.open(pepper=None)
    assert not pepper.exists()
    pepper.write_bytes(kept[:31])
    with pytest.raises(StoreDamaged, match="31 bytes"):
        sqlite_place.open(pepper=None)
    pepper.write_bytes(kept)
    sqlite_place.open(pepper=None).close()


# Files that are there already


def made(place, pictures=3):
    """A store with some pictures, closed; gives what was sent."""
    store = place.open()
    _, sender, receiver = making.room(store)
    sent = [
        making.send(store, sender, [receiver], content=os.urandom(300_000)) for _ in range(pictures)
    ]
    store.close()
    return sent


def text(path):
    path.write_bytes(b"my diary\n" * 1000)


def empty(path):
    path.write_bytes(b"")


def zeroed_header(path):
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_page_missing(path):
    path.write_bytes(path.read_bytes()[:-4096])


def garbage_in_the_schema(path):
    content = bytearray(path.read_bytes())
    content[100:600] = os.urandom(500)
    path.write_bytes(content)


def other_program(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")
    connection.close()


def other_program_with_our_names(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE channel (day TEXT)")
    connection.close()


def no_version(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()


def strange_version(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'SECRET'")
    connection.close()


def newer(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()


def gone_but_for_its_log(path):
    path.with_name(path.name + "-wal").write_bytes(b"log")
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (text, StoreDamaged),
        (empty, StoreDamaged),
        (zeroed_header, StoreDamaged),
        (cut_in_half, StoreDamaged),
        (one_page_missing, StoreDamaged),
        (garbage_in_the_schema, StoreDamaged),
        (gone_but_for_its_log, StoreDamaged),
        (other_program, StoreForeign),
        (other_program_with_our_names, StoreForeign),
        (no_version, StoreForeign),
        (strange_version, StoreForeign),
        (newer, StoreNewer),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_is_not_our_store_is_refused_and_left_as_it_is(sqlite_place, harm, error):
    made(sqlite_place)
    harm(sqlite_place.path)
    before = folder(sqlite_place)
    for _ in range(2):
        with pytest.raises(error):
            sqlite_place.open()
    after = folder(sqlite_place)
    # SQLite may leave its own empty index beside a file that it looked at.
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("harm", [text, zeroed_header, "tree"])
def test_the_log_of_a_refused_file_is_left_as_it_is_too(sqlite_place, sqlite_other_place, harm):
    """What is in the log may be all that can be rescued."""
    store = sqlite_place.open()
    _, sender, _ = making.room(store)
    for _ in range(100):
        making.send(store, sender)
    store.compact()
    making.send(store, sender)
    sqlite_other_place.path.parent.mkdir()
    for suffix in ("", "-wal"):
        path = sqlite_other_place.path.with_name("channels.db" + suffix)
        shutil.copy(sqlite_place.path.with_name("channels.db" + suffix), path)
    store.close()
    if harm == "tree":
        raw = bytearray(sqlite_other_place.path.read_bytes())
        for page in range(20, len(raw) // 4096, 2):
            raw[page * 4096 : page * 4096 + 16] = os.urandom(16)
        sqlite_other_place.path.write_bytes(raw)
    else:
        harm(sqlite_other_place.path)
    before = folder(sqlite_other_place)
    assert len(before["channels.db-wal"]) > 1000
    with pytest.raises(StoreDamaged):
        sqlite_other_place.open()
    after = folder(sqlite_other_place)
    assert {name: after[name] for name in before} == before


def test_a_healthy_file_is_opened(sqlite_place):
    """The control of the test above: without harm the same file is taken."""
    sent = made(sqlite_place)
    store = sqlite_place.open()
    with store.read() as unit:
        assert unit.pictures.content(sent[0].channel_id, sent[0].public_id) == sent[0].content
    store.close()


def test_a_checkpoint_cut_short_is_not_damage(sqlite_place, sqlite_other_place):
    """The first page says already how long the file will be; the rest is still in the log."""
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    sent = making.send(store, sender, content=os.urandom(500_000))
    log = sqlite_place.path.with_name("channels.db-wal").read_bytes()
    half_done = bytearray(sqlite_place.path.read_bytes())
    store.close()
    half_done[:4096] = sqlite_place.path.read_bytes()[:4096]
    assert len(half_done) < sqlite_place.path.stat().st_size
    sqlite_other_place.path.parent.mkdir()
    sqlite_other_place.path.write_bytes(half_done)
    sqlite_other_place.path.with_name("channels.db-wal").write_bytes(log)
    store = sqlite_other_place.open()
    with store.read() as unit:
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
    store.close()


def test_a_file_that_vanishes_is_not_made_again_behind_our_back(sqlite_place):
    store = sqlite_place.open()
    sqlite_place.path.rename(sqlite_place.path.with_name("elsewhere.db"))
    store._database._readers.dispose()
    with pytest.raises(StoreUnreachable), store.read():
        pass
    assert not sqlite_place.path.exists()
    store.close()


def test_tables_of_our_names_without_a_version_are_foreign(postgres_place):
    with psycopg.connect(postgres_place.url) as connection:
        connection.execute("CREATE TABLE channel (day TEXT)")
    with pytest.raises(StoreForeign):
        postgres_place.open()


def test_a_newer_database_is_refused(postgres_place):
    postgres_place.open().close()
    with psycopg.connect(postgres_place.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreNewer, match="version 0099"):
        postgres_place.open()


def test_a_start_that_was_cut_short_does_no_harm(sqlite_place, monkeypatch):
    def power_fails(_finished, _path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_file, "_publish", power_fails)
        with pytest.raises(KeyboardInterrupt):
            sqlite_place.open()
    assert not sqlite_place.path.exists()
    assert (sqlite_place.path.parent / "channels.db.new").exists()
    assert made(sqlite_place)


def test_a_copied_file_without_its_log_is_consistent(sqlite_place, tmp_path):
    """A copy of the file alone loses what is in the log, but never holds half of it."""
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    making.send(store, sender)
    copy = tmp_path / "copy.db"
    shutil.copy(sqlite_place.path, copy)
    store.close()
    copied = open_store(f"sqlite:///{copy}")
    with copied.read() as unit:
        assert unit.channels.get(channel.id) is None
    copied.close()


# Several at once


def test_four_processes_start_at_once_on_nothing(kind, request, figure, tmp_path):
    rounds = 60 if making.LONG else 3
    answers = FORKS.SimpleQueue()
    for n in range(rounds):
        if kind == "sqlite":
            url, pepper = f"sqlite:///{tmp_path}/{n}/channels.db", None
        else:
            url = request.getfixturevalue("postgres").new_place(f"started_{n}")
            pepper = making.PEPPER
        barrier = FORKS.Barrier(4)
        processes = [
            FORKS.Process(target=workers.opens, args=(url, pepper, barrier, answers))
            for _ in range(4)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
    said = [answers.get() for _ in range(4 * rounds)]
    figure(f"first starts, 4 processes at once, {kind}: {said.count('ok')} of {4 * rounds}")
    assert set(said) == {"ok"}


def test_four_threads_start_at_once_on_nothing(tmp_path, figure):
    rounds = 60 if making.LONG else 15
    failures = []
    for n in range(rounds):
        barrier = threading.Barrier(4)

        def start(url=f"sqlite:///{tmp_path}/{n}/channels.db", barrier=barrier):
            barrier.wait()
            try:
                open_store(url).close()
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    figure(f"first starts, 4 threads at once: {4 * rounds - len(failures)} of {4 * rounds}")
    assert failures == []


def test_a_store_that_is_being_swapped_is_busy(sqlite_place):
    made(sqlite_place)
    store = sqlite_place.open()
    with pytest.raises(StoreBusy, match="in use"):
        store._database.restore(sqlite_place.path)
    store.close()
