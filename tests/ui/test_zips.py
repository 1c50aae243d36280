"""Zips on the sender's page: one file after the other, each with its own line."""

import csv
import io
import random
import tracemalloc

import pytest
import streamlit as st

import ui.frame.service
import ui.sender
from rsa_core import archives
from tests.rsa_core.zips import lying, of_many_names, quoting, zipped
from tests.ui.test_pages import page_of, sit
from ui.sender import Order


@pytest.fixture
def ada(exchange, channel):
    return sit(exchange, channel, "Ada", "sender")


@pytest.fixture
def press(exchange, channel, ada):
    """The sender's page with these files uploaded, as if "Encrypt and send" had been pressed."""
    bob = sit(exchange, channel, "Bob", "receiver")

    def upload(*files: tuple[str, bytes]):
        at = page_of(ada, channel.key)
        at.file_uploader[0].set_value([(*file, "application/zip") for file in files]).run()
        order = Order("hybrid", (bob.id,), "", "the channel ends")
        at.session_state[f"Sending_{ada.id}"].order = order
        return at

    return upload


def outcomes(at, ada) -> list[tuple[str, str]]:
    report = at.session_state[f"Sending_{ada.id}"].report
    return [(line["name"], line["outcome"]) for line in report.values()]


def test_every_file_of_every_zip_has_its_line(exchange, ada, press, png, monkeypatch):
    saved = []
    monkeypatch.setattr(ui.sender, "save_button", lambda label, data, **_: saved.append(data))
    good = zipped(("a.png", png), ("notes.txt", b"no picture"), ("b.png", png))
    bad = lying(zipped(("c.png", png), ("d.png", png)), 0, crc=1)
    files = [
        ("one.zip", good), ("two.zip", bad), ("none.zip", b"PK"), ("plain.png", png),
        ("many.zip", of_many_names(100_000)), ("bomb.zip", quoting(3, 100_000)),
    ]  # fmt: skip
    at = press(*files).run()
    assert not at.exception
    names = [name for name, outcome in outcomes(at, ada) if outcome == "sent"]
    assert names == ["a.png", "b.png", "d.png", "plain.png"]
    refused = [name for name, outcome in outcomes(at, ada) if outcome != "sent"]
    assert refused[:4] == ["notes.txt", "c.png", "none.zip", "many.zip"]
    assert len(refused) == 7
    assert [success.value for success in at.success] == ["4 pictures sent."]
    assert len(exchange.sender.sent(ada)) == 4
    rows = list(csv.DictReader(io.StringIO(saved[-1].decode())))
    assert [(row["name"], row["outcome"]) for row in rows] == outcomes(at, ada)


def test_an_interrupted_zip_goes_on_where_it_stopped(exchange, ada, press, png, monkeypatch):
    sender = type(exchange.sender)
    send, read, calls, unpacked = sender.send, archives.Member.read, [], []

    def interrupted(self, *args, **more):
        calls.append(more["file_name"])
        if len(calls) == 3:
            st.stop()  # as a press elsewhere on the page ends the run
        return send(self, *args, **more)

    def noted(self):
        unpacked.append(self.name)
        return read(self)

    monkeypatch.setattr(sender, "send", interrupted)
    monkeypatch.setattr(archives.Member, "read", noted)
    at = press(("trip.zip", zipped(*((f"{n}.png", png) for n in range(5)))))
    at.run()
    assert len(exchange.sender.sent(ada)) == 2
    assert unpacked == ["0.png", "1.png", "2.png"]  # and no further
    at.run()
    assert unpacked == ["0.png", "1.png", "2.png", "2.png", "3.png", "4.png"]
    assert len(exchange.sender.sent(ada)) == 5
    assert sorted(picture.file_name for picture in exchange.sender.sent(ada)) == [
        f"{n}.png" for n in range(5)
    ]


def test_four_zips_that_unpack_to_gigabytes_cost_one_file_at_a_time(exchange, ada, press):
    """13 MB, 2 GB unpacked: what made the server hold 2.1 GB."""
    body = b"".join(random.Random(1).randbytes(240) + bytes(49_000) for _ in range(1000))
    archive = zipped(*((f"{n}.png", body) for n in range(10)))
    at = press(*((f"{n}.zip", archive) for n in range(4)))
    tracemalloc.start()
    at.run(timeout=120)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not at.exception
    assert len(outcomes(at, ada)) == 13  # ten files, and three zips that are too much together
    assert all(outcome != "sent" for _, outcome in outcomes(at, ada))
    assert exchange.sender.sent(ada) == ()
    assert peak < 4 * len(body)
