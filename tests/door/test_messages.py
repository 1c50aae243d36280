"""What strangers send instead of messages: the server lives, and a bystander goes on.

`LONG=1` sends 20,000 Arrow values and 20,000 other forgeries.
"""

import asyncio
import os
import random
import struct
import time
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
from streamlit.proto.Components_pb2 import ArrowTable
from websockets.exceptions import ConnectionClosed

from tests.door.conftest import new_address

LONG = os.environ.get("LONG") == "1"
ARROWS, FORGERIES = (20_000, 20_000) if LONG else (200, 400)
STRANGERS = 4
KINDS = [
    ("double_value", float("nan")),
    ("double_value", 1e308),
    ("int_value", -(2**40)),
    ("string_value", "Z" * 5000),
    ("string_value", "86400"),
    ("string_array_value", ["a", "b"]),
    ("string_array_value", ["x"] * 20_000),
    ("int_array_value", list(range(50_000))),
    ("double_array_value", [float("inf")] * 1000),
    ("json_value", '{"seats": {"seats": 7}}'),
    ("json_value", "[" * 3000 + "]" * 3000),
    ("json_value", "{"),
    ("json_trigger_value", '[{"event": 1}]'),
    ("bytes_value", b"\xff" * 300),
    ("bool_value", True),
    ("trigger_value", True),
]


async def closed(page) -> int:
    """Reads until the connection is closed; the code."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await page.socket.recv()
    return page.socket.close_code


def test_the_arrow_value_that_killed_the_server_closes_one_connection(server, apart):
    """993 bytes, found by changing bits of a table at random: pyarrow ended the process."""

    async def story():
        async with server.bystander() as waits:
            page = await server.page("sender", address=new_address())
            tick = next(i for (kind, _), i in page.ids.items() if kind == "component_instance")
            table = ArrowTable.FromString((Path(__file__).parent / "arrow.bin").read_bytes())
            page.widgets[tick] = ("arrow_value", table)
            await page.send(page.message())
            assert await closed(page) == 1008
            await asyncio.sleep(1)
            return len(waits)

    assert apart(story()) > 2
    assert server.alive()
    assert "Arrow value" in server.log.read_text()


def arrows(dice: random.Random):
    """Streams of Arrow tables with a few bits changed."""
    tables = [
        pa.table({"0": pa.array(["abc", "defghi", "j" * 50, None])}),
        pa.table({"0": pa.array([1, 2, 3])}),
        pa.table({"0": pa.array([[1, 2], [3]])}),
        pa.table({"0": pa.array(["a", "b", "a"]).dictionary_encode()}),
        pa.table({"0": pa.array([{"a": 1}, {"a": 2}])}),
    ]
    whole = [stream(table) for table in tables]
    index, columns = stream(pa.table({"0": [0, 1, 2]})), stream(pa.table({"0": ["c"]}))
    while True:
        data = bytearray(dice.choice(whole))
        for _ in range(dice.choice((1, 1, 2, 4))):
            at = dice.randrange(len(data))
            if dice.random() < 0.6:
                data[at] ^= 1 << dice.randrange(8)
            else:
                at &= ~3
                data[at : at + 4] = struct.pack("<i", dice.choice((-1, 2**31 - 1, 1 << 28)))
        yield ArrowTable(data=bytes(data), index=index, columns=columns)


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_no_arrow_value_reaches_the_program(server, apart):
    async def stranger(number: int, each: int):
        """Every tenth time on a page that ticks; on others, by a name that it does not have."""
        made, tick = arrows(random.Random(number)), ""
        for one in range(each):
            page = await server.page("" if one % 10 else "sender", address=new_address())
            ticks = (name for (kind, _), name in page.ids.items() if kind == "component_instance")
            tick = next(ticks, tick)
            page.widgets[tick] = ("arrow_value", next(made))
            await page.send(page.message())
            assert await closed(page) == 1008

    async def story():
        async with server.bystander() as waits:
            await asyncio.gather(
                *(stranger(number, ARROWS // STRANGERS) for number in range(STRANGERS))
            )
        return waits

    waits = apart(story())
    assert server.alive()
    print(
        f"{ARROWS} Arrow values: the bystander drew {len(waits)} pages, {max(waits):.2f} s at most"
    )


def forged(dice: random.Random, page) -> bytes:
    """A message that is wrong in one of many ways."""
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(1, 400))
    message = page.message()
    dice.choice((a_value, a_wish, an_address, a_context, a_command))(dice, page, message)
    data = bytearray(message.SerializeToString())
    if data and dice.random() < 0.2:
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def a_value(dice, page, message) -> None:
    """Of any kind, for a widget of the page or for something else."""
    names = ["memory_known", "visitor", "$$ID-0-x", "$$ID-0-None", "feed_first_run", ""]
    kind, value = dice.choice(KINDS)
    name = dice.choice(dice.choice((names, list(page.ids.values()))))
    widget = message.rerun_script.widget_states.widgets.add(id=name)
    if isinstance(value, list):
        getattr(widget, kind).data.extend(value)
    else:
        setattr(widget, kind, value)


def a_wish(dice, page, message) -> None:
    wish = message.file_urls_request
    wish.session_id = dice.choice((page.session, "x", ""))
    wish.file_names.extend(["f" * dice.randrange(300)] * dice.choice((1, 50, 5000)))


def an_address(dice, page, message) -> None:
    client = message.rerun_script
    client.fragment_id = dice.choice(("", "x", "$$ID-1", page.fragment, "f" * 5000))
    client.query_string = dice.choice(("channel=" + "&" * 3000, "%ff" * 500, "=" * 9000))
    client.page_script_hash = dice.choice(("x", "", "0" * 32))
    client.page_name = dice.choice(("sender", "../x", "nobody", ""))


def a_context(dice, _page, message) -> None:
    client = message.rerun_script
    client.context_info.timezone = dice.choice(("Mars/Base", "\0", "x" * 5000))
    client.context_info.url = "http://x/" + "a" * 3000
    client.cached_message_hashes.extend(["h"] * dice.choice((1, 5000)))


def a_command(dice, _page, message) -> None:
    kinds = ("clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime")
    setattr(message, dice.choice(kinds), True)


def test_no_forged_message_harms_anyone_else(server, apart):
    async def stranger(number: int, each: int):
        dice, page = random.Random(number), None
        roles = ("", "sender", "interceptor", "receiver")
        for _ in range(each):
            if page is None:
                page = await server.page(roles[number % 4], address=new_address())
            data = forged(dice, page)
            try:
                await page.send(data)
                await asyncio.sleep(0)
                if dice.random() < 0.2:
                    await page.socket.close()
                    page = None
            except ConnectionClosed:
                page = None

    async def story():
        async with server.bystander() as waits:
            await asyncio.gather(
                *(stranger(number, FORGERIES // STRANGERS) for number in range(STRANGERS))
            )
            await asyncio.sleep(1)
        return waits

    before = len(server.log.read_bytes())
    start = time.monotonic()
    waits = apart(story())
    took = time.monotonic() - start
    assert server.alive()
    log = server.log.read_bytes()[before:]
    print(
        f"{FORGERIES} forged messages in {took:.0f} s: the bystander drew {len(waits)} pages, "
        f"{max(waits):.2f} s at most; {len(log)} bytes of log"
    )
    assert len(log) < 20_000 + 1000 * took
    assert b"ZZZZ" not in log
    assert b"Traceback" not in log


def test_a_flood_of_one_forgery_is_a_few_short_lines(server, apart):
    async def story():
        for _ in range(250):
            page = await server.page(address=new_address())
            for _ in range(4):
                page.widgets["$$ID-typed-by-somebody"] = ("string_value", "a-secret-word")
                page.widgets[page.ids["text_input", "Channel key"]] = ("double_value", 1.5)
                await page.send(page.message())
            await closed(page)

    before = len(server.log.read_bytes())
    apart(story())
    log = server.log.read_bytes()[before:]
    assert len(log) < 3000
    assert b"secret" not in log
    assert b"typed" not in log


def test_the_memory_of_one_browser_has_a_limit(server, apart):
    """24 MB in each of 12 pages took a gigabyte."""

    async def story():
        before = server.memory()
        for size in (24_000_000, 100_000):
            for _ in range(12):
                page = await server.page(address=new_address())
                page.widgets[page.memory] = ("json_value", '{"seats": "' + "A" * size + '"}')
                with suppress(ConnectionClosed):  # before all of it was sent
                    await page.send(page.message())
                assert await closed(page) in (1008, 1009)
        return server.memory() - before

    assert apart(story()) < 100


def test_a_page_that_says_nothing_is_closed(server, apart):
    async def story():
        page = await server.page(address=new_address())
        silent = [type(page)(server.port, address=new_address()) for _ in range(5)]
        for one in silent:
            await one.open()
        start = time.monotonic()
        codes = [await closed(one) for one in silent]
        took = time.monotonic() - start
        await page.run()  # anyone who has sent something may be silent for as long as they like
        return codes, took

    codes, took = apart(story())
    assert codes == [1008] * 5
    assert 5 < took < 15
