"""A picture goes to a receiver who joined later, by a press of one who has it."""

from tests.ui.test_lasting import press, shows
from tests.ui.test_pages import page_of, sit


def words(at):
    return "\n".join(one.value for one in (*at.text, *at.caption, *at.info, *at.error))


def test_a_later_receiver_gets_it_and_sees_by_whom(exchange, channel, png):
    ada = sit(exchange, channel, "Ada", "sender")
    bob = sit(exchange, channel, "Bob", "receiver")
    exchange.sender.send(
        ada, png, file_name="a.png", scheme="hybrid", recipients=(bob.id,), submission="1"
    )
    at = press(page_of(bob, channel.key), "Open")
    assert "Share" not in [button.label for button in at.button]  # there is nobody else
    dan = sit(exchange, channel, "Dan", "receiver")
    late = page_of(dan, channel.key)
    assert "not sealed for your key" in words(late)
    press(at.run(), "Share")
    assert not at.exception
    assert "Share" not in [button.label for button in at.button]
    press(late.run(), "Open")
    assert shows(late, png)
    assert "Shared with you by" in words(late)
    assert "Share" not in [button.label for button in late.button]


def test_a_sender_shares_earlier_pictures_with_someone_who_came_later(exchange, channel, png):
    ada = sit(exchange, channel, "Ada", "sender")
    bob = sit(exchange, channel, "Bob", "receiver")
    for name in ("a.png", "b.png"):
        exchange.sender.send(
            ada, png, file_name=name, scheme="hybrid", recipients=(bob.id,), submission=name
        )
    at = page_of(ada, channel.key)
    assert "Share" not in [button.label for button in at.button]
    dan = sit(exchange, channel, "Dan", "receiver")
    [several] = [one for one in at.run().multiselect if one.label == "Pictures to share"]
    assert sorted(several.options) == ["a.png", "b.png"]
    press(at, "Share")
    assert not at.exception
    assert "Share" not in [button.label for button in at.button]
    late = page_of(dan, channel.key)
    press(late, "Open")
    assert shows(late, png)
    assert "Shared with you by" not in words(late)


def test_pictures_of_one_name_are_shared_each(exchange, channel, png):
    ada = sit(exchange, channel, "Ada", "sender")
    bob = sit(exchange, channel, "Bob", "receiver")
    for number in range(3):
        exchange.sender.send(
            ada,
            png,
            file_name="a.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission=str(number),
        )
    dan = sit(exchange, channel, "Dan", "receiver")
    press(page_of(ada, channel.key), "Share")
    assert exchange.sender.lacking(ada) == {}
    assert [item.obstacle for item in exchange.receiver.inbox(dan)] == [""] * 3


def test_the_sent_list_is_shown_in_parts(exchange, channel, png):
    ada = sit(exchange, channel, "Ada", "sender")
    bob = sit(exchange, channel, "Bob", "receiver")
    for number in range(23):
        exchange.sender.send(
            ada,
            png,
            file_name=f"{number}.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission=str(number),
        )
    at = page_of(ada, channel.key)
    assert "22.png" in words(at)
    assert "2.png" not in words(at).split("\n")
    press(at, "Show older pictures")
    assert {f"{number}.png" for number in range(23)} <= set(words(at).split("\n"))
    assert "Show older pictures" not in [button.label for button in at.button]
