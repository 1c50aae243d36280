"""What the operator limits is refused in words that name the limit, and nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import Exchange, InputRefused, Limits, Unavailable, keep_times
from tests.exchange.conftest import Room

MB = 1 << 20
USUAL = Limits()


@pytest.fixture
def limited(place, clock, quick_keys):
    """Opens the one store again and again, under other limits each time."""
    opened = []

    def open_with(**limits):
        exchange = Exchange.at(place.url, pepper=b"p" * 32, clock=clock, limits=Limits(**limits))
        opened.append(exchange)
        return exchange

    yield open_with
    for exchange in opened:
        exchange.close()


def new_room(exchange):
    made = exchange.lobby.create_channel(name="Room", kind="private", keep_for="1 hour")
    room = Room(exchange, made.key, made.owner_ticket)
    room.sit("Ada", "sender", owner_ticket=made.owner_ticket)
    room.sit("Bob", "receiver")
    return room


def sent(room):
    return len(room.exchange.sender.sent(room.seats["Ada"]))


def test_a_channel_holds_so_many_bytes(limited, png):
    room = new_room(limited(channel=20_000))
    for _ in range(3):
        room.send("Ada", png, "Bob")
    with pytest.raises(InputRefused, match="limit: 20,000 bytes"):
        room.send("Ada", png, "Bob")
    assert sent(room) == 3
    room.exchange = limited(channel=3 * MB)
    room.send("Ada", png, "Bob")
    assert sent(room) == 4


def test_a_channel_holds_so_many_pictures(limited, png):
    room = new_room(limited(pictures=2))
    for _ in range(2):
        room.send("Ada", png, "Bob")
    with pytest.raises(InputRefused, match=r"full \(2 pictures\)"):
        room.send("Ada", png, "Bob")
    assert sent(room) == 2


def test_a_channel_has_so_many_seats(limited):
    room = new_room(limited(seats=2))
    with pytest.raises(InputRefused, match=r"full \(2 seats\)"):
        room.sit("Cy", "receiver")
    room.exchange.lobby.leave(room.seats["Bob"])
    room.sit("Cy", "receiver")


def test_a_picture_has_so_many_bytes(limited, png):
    room = new_room(limited(picture=len(png)))
    room.send("Ada", png, "Bob")
    with pytest.raises(InputRefused, match=f"larger than {len(png):,} bytes"):
        room.send("Ada", png + b"\0", "Bob")
    room.exchange = limited(picture=2 * MB)
    with pytest.raises(InputRefused, match="larger than 2 MB: make it smaller"):
        room.send("Ada", png.ljust(2 * MB + 1), "Bob")
    assert sent(room) == 1


def test_so_many_channels_are_open_at_the_same_time(limited, clock):
    exchange = limited(channels=2)
    ended = new_room(exchange)
    new_room(exchange)
    with pytest.raises(Unavailable, match="limit of open channels: 2"):
        new_room(exchange)
    exchange.owner.end_channel(ended.seats["Ada"])
    new_room(exchange)
    with pytest.raises(Unavailable, match="limit of open channels"):
        new_room(exchange)
    clock.forward(minutes=61)
    new_room(exchange)


def test_all_channels_together_hold_so_many_bytes(limited, png):
    room, other = (new_room(limited(total=12_000)) for _ in range(2))
    room.send("Ada", png, "Bob")
    other.send("Ada", png, "Bob")
    with pytest.raises(Unavailable, match="together have reached their limit: 12,000 bytes"):
        other.send("Ada", png, "Bob")
    assert (sent(room), sent(other)) == (1, 1)
    room.exchange.owner.end_channel(room.seats["Ada"])
    room.exchange.cleaning.purge()
    other.send("Ada", png, "Bob")


def test_channels_are_kept_for_the_times_that_are_offered(limited, clock):
    exchange = limited(keep=keep_times("2 hours, 3 days"))
    with pytest.raises(InputRefused, match="from the list"):
        new_room(exchange)
    made = exchange.lobby.create_channel(name="", kind="private", keep_for="2 hours")
    assert made.channel.expires_at == clock() + timedelta(hours=2)
    room = Room(exchange, made.key, made.owner_ticket)
    ada = room.sit("Ada", "sender", owner_ticket=made.owner_ticket)
    with pytest.raises(InputRefused, match="from the list"):
        exchange.owner.extend(ada, "24 hours")
    exchange.owner.extend(ada, "3 days")
    assert exchange.lobby.resume(ada.token).channel.expires_at == clock() + timedelta(days=3)


def test_limits_may_be_lower_than_what_is_there(limited, png):
    """What was sent before stays, and is opened."""
    room = new_room(limited())
    one = room.send("Ada", png, "Bob")
    low = limited(total=1, channel=1, pictures=1, seats=1, channels=1, picture=1)
    assert low.receiver.open(room.seats["Bob"], one.id).file == png
    assert len(low.receiver.inbox(room.seats["Bob"])) == 1
    with pytest.raises(InputRefused):
        replace(room, exchange=low).send("Ada", png, "Bob")


@given(
    times=st.lists(
        st.one_of(
            st.integers(1, 8784).map(lambda n: (timedelta(hours=n), f"{n} hour{'s' * (n != 1)}")),
            st.integers(1, 366).map(lambda n: (timedelta(days=n), f"{n} day{'s' * (n != 1)}")),
        ),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    comma=st.sampled_from([",", ", ", " ,  "]),
)
def test_times_are_read_as_they_are_written(times, comma):
    found = keep_times(comma.join(words for _, words in times))
    assert [(length, words) for words, length in found.items()] == times


@pytest.mark.parametrize(
    "words",
    [
        *("", ",", "1 hour,", "0 hours", "-1 days", "1.5 days", "7", "a day", "1 week", "367 days"),
        *("9999 hours", "99999 days", "1 hour 7 days", "١ hour", "1 hour; 2 days"),
    ],
)
def test_other_times_are_refused(words):
    with pytest.raises(ValueError, match="hours and days"):
        keep_times(words)


def test_the_usual_limits_are_those_that_the_guide_tells():
    guide = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    for name, value in {
        "TOTAL_MB": f"{USUAL.total // MB:,} MB",
        "CHANNELS": f"{USUAL.channels:,}",
        "CHANNEL_MB": f"{USUAL.channel // MB:,} MB",
        "CHANNEL_PICTURES": f"{USUAL.pictures}",
        "CHANNEL_SEATS": f"{USUAL.seats}",
        "PICTURE_MB": f"{USUAL.picture // MB} MB",
        "KEEP_TIMES": "1 hour, 24 hours, 7 days",
    }.items():
        [line] = [line for line in guide.splitlines() if f"`RSA_IMAGES_{name}`" in line]
        assert value in line
