"""python -m store, as an operator runs it."""

import os
import shutil
import subprocess
import sys

import pytest

from store.__main__ import main
from tests.store import making


@pytest.fixture
def run(sqlite_place, capsys, monkeypatch):
    monkeypatch.setenv("STORE_PEPPER", making.PEPPER.decode())

    def run(*arguments, url=sqlite_place.url):
        status = main(["--url", url, *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def sent(sqlite_place):
    store = sqlite_place.open()
    _, sender, receiver = making.room(store)
    made = [making.send(store, sender, [receiver]) for _ in range(3)]
    store.close()
    return made


def contents(place, sent):
    store = place.open()
    with store.read() as unit:
        found = {picture.public_id for picture in unit.pictures.in_channel(sent[0].channel_id)}
        whole = all(
            unit.pictures.content(one.channel_id, one.public_id) == one.content
            for one in sent
            if one.public_id in found
        )
    store.close()
    return found, whole


def test_a_check_of_a_whole_store_says_so(run, sent):
    assert run("check") == (0, "3 pictures read, 0 damaged\n", "")


def test_a_check_names_what_is_damaged_and_fails(run, sent, sqlite_place):
    store = sqlite_place.open()
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE picture_chunk SET data = x'00' WHERE picture_id = 2")
    store.close()
    status, said, _ = run("check")
    assert status == 1
    assert sent[1].public_id in said
    assert "3 pictures read, 1 damaged" in said
    assert "damaged pictures: 1" in run("stats")[1]


def test_statistics_are_numbers_and_nothing_that_people_typed(run, sent):
    status, said, _ = run("stats")
    assert status == 0
    lines = dict(line.split(": ") for line in said.splitlines())
    assert {
        "channels": "1",
        "pictures": "3",
        "picture bytes": "3000",
        "seats held": "2",
    }.items() <= (lines.items())
    assert all(value.isdigit() for value in lines.values())


def test_a_backup_is_made_while_the_store_is_open_and_holds_everything(
    run, sent, sqlite_place, sqlite_other_place
):
    store = sqlite_place.open()
    sqlite_other_place.path.parent.mkdir()
    status, said, _ = run("backup", sqlite_other_place.path)
    store.close()
    assert (status, "pepper is not in the backup" in said) == (0, True)
    assert os.stat(sqlite_other_place.path).st_mode & 0o077 == 0  # noqa: PTH116
    assert contents(sqlite_other_place, sent) == ({one.public_id for one in sent}, True)


def test_a_backup_is_never_written_over_anything(run, sent, tmp_path):
    target = tmp_path / "precious"
    target.write_text("mine")
    status, _, complaint = run("backup", target)
    assert (status, "exists already" in complaint) == (1, True)
    assert target.read_text() == "mine"


def test_a_backup_keeps_nothing_that_was_purged(run, sent, sqlite_place, tmp_path):
    store = sqlite_place.open()
    with store.write() as unit:
        making.delete_pictures(unit, sent[0].channel_id)
    store.close()
    run("backup", tmp_path / "copy.db")
    copied = (tmp_path / "copy.db").read_bytes()
    assert not any(one.content[:64] in copied for one in sent)


def test_a_restore_brings_back_and_keeps_what_was_there(run, sent, sqlite_place, tmp_path):
    run("backup", tmp_path / "copy.db")
    store = sqlite_place.open()
    with store.read() as unit:
        sender = unit.seats.get(sent[0].sender_id)
    later = making.send(store, sender)
    store.close()
    status, said, _ = run("restore", tmp_path / "copy.db")
    assert status == 0
    assert contents(sqlite_place, sent) == ({one.public_id for one in sent}, True)
    aside = sqlite_place.path.parent / "channels.db.aside-1" / "channels.db"
    assert str(aside.parent) in said
    shutil.copy(aside, sqlite_place.path)
    assert later.public_id in contents(sqlite_place, [*sent, later])[0]


def test_a_damaged_store_is_kept_aside_with_its_log_when_a_backup_comes_back(
    run, sent, sqlite_place, tmp_path
):
    run("backup", tmp_path / "copy.db")
    damaged = b"scrambled" * 1000
    sqlite_place.path.write_bytes(damaged)
    log = sqlite_place.path.with_name("channels.db-wal")
    log.write_bytes(b"its log")
    status, _, complaint = run("stats")
    assert (status, "damaged" in complaint) == (1, True)
    assert run("restore", tmp_path / "copy.db")[0] == 0
    aside = sqlite_place.path.parent / "channels.db.aside-1"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {
        "channels.db": damaged,
        "channels.db-wal": b"its log",
    }
    assert contents(sqlite_place, sent) == ({one.public_id for one in sent}, True)


def test_a_restore_waits_until_nobody_has_the_store_open(run, sent, sqlite_place, tmp_path):
    run("backup", tmp_path / "copy.db")
    store = sqlite_place.open()
    status, _, complaint = run("restore", tmp_path / "copy.db")
    assert (status, "stop the app first" in complaint) == (1, True)
    store.close()
    assert run("restore", tmp_path / "copy.db")[0] == 0


@pytest.mark.parametrize("content", [b"", b"no backup" * 1000, None])
def test_a_file_that_is_not_a_backup_changes_nothing(run, sent, sqlite_place, tmp_path, content):
    source = tmp_path / "copy.db"
    if content is not None:
        source.write_bytes(content)
    before = sqlite_place.path.read_bytes()
    status, _, complaint = run("restore", source)
    assert status == 1
    assert complaint
    assert sqlite_place.path.read_bytes() == before


def test_no_command_makes_a_store(run, sqlite_place, tmp_path):
    for command in (["check"], ["stats"], ["backup", tmp_path / "x"]):
        status, _, complaint = run(*command)
        assert (status, complaint) == (1, "there is no store at this URL\n")
    assert not sqlite_place.path.parent.exists()


def test_postgresql_is_checked_and_counted_and_backed_up_elsewhere(run, postgres_place, tmp_path):
    store = postgres_place.open()
    _, sender, _ = making.room(store)
    making.send(store, sender)
    store.close()
    assert run("check", url=postgres_place.url) == (0, "1 pictures read, 0 damaged\n", "")
    assert "pictures: 1\n" in run("stats", url=postgres_place.url)[1]
    assert "pg_dump" in run("backup", tmp_path / "x", url=postgres_place.url)[2]
    assert "pg_restore" in run("restore", tmp_path / "x", url=postgres_place.url)[2]


def test_it_is_started_as_a_module(sqlite_place, sent):
    done = subprocess.run(
        [sys.executable, "-m", "store", "stats"],
        env=os.environ | {"DATABASE_URL": sqlite_place.url, "STORE_PEPPER": making.PEPPER.decode()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pictures: 3\n" in done.stdout
