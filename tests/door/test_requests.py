"""Uploads, connections and foreign pages, against a running server."""

import asyncio
import base64
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.door.conftest import new_address, start
from tests.raw_page import RawPage, ask, form, put, xsrf

MB = 1 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server whose operator allows little."""
    running = start(tmp_path_factory.mktemp("small"), UPLOADS_MB="30", UPLOADS_MB_PER_SESSION="12")
    yield running
    running.stop()


async def place(page: RawPage) -> str:
    return (await page.places("a.png"))[0].upload_url


def test_files_go_only_where_a_page_was_sent(server, apart):
    """Twenty files of 49 MB under invented names filled a gigabyte, and stayed."""

    async def story():
        page, other = await server.page(address=new_address()), await server.page()
        own = await place(page)
        folder = own.rpartition("/")[0]
        before = server.memory()
        invented = [
            await asyncio.to_thread(put, server.port, f"{folder}/f{number}", bytes(20 * MB))
            for number in range(5)
        ]
        grown = server.memory() - before
        foreign = await place(other)
        mixed = f"{folder}/{foreign.rpartition('/')[2]}"
        return (
            invented,
            grown,
            await asyncio.to_thread(put, server.port, mixed, b"x"),
            await asyncio.to_thread(put, server.port, own, b"x"),
        )

    invented, grown, mixed, own = apart(story())
    assert invented == [400] * 5
    assert grown < 30
    assert (mixed, own) == (400, 204)


def test_quotas_hold_and_end_with_their_page(small, apart):
    async def story():
        page = await small.page(address="127.9.0.1")
        said = []
        for _ in range(3):
            said.append(await asyncio.to_thread(put, small.port, await place(page), bytes(5 * MB)))
        again = await small.page(address="127.9.0.1")
        for _ in range(3):  # three quarters of 30 MB for one address
            said.append(await asyncio.to_thread(put, small.port, await place(again), bytes(5 * MB)))
        third = await small.page(address="127.9.0.1")
        said.append(await asyncio.to_thread(put, small.port, await place(third), bytes(5 * MB)))
        await page.socket.close()
        await asyncio.sleep(0.5)
        said.append(await asyncio.to_thread(put, small.port, await place(third), bytes(5 * MB)))
        return said

    assert apart(story()) == [204, 204, 413, 204, 204, 413, 413, 204]


def test_a_stranger_who_fills_the_server_locks_nobody_out(small, apart):
    async def story():
        strangers = []
        for number in range(4):
            page = await small.page(address=f"127.9.1.{1 + number // 2}")
            for _ in range(2):
                await asyncio.to_thread(put, small.port, await place(page), bytes(5 * MB))
            strangers.append(page)
        honest = await small.page(address="127.9.2.1")
        return await asyncio.to_thread(put, small.port, await place(honest), bytes(10 * MB))

    assert apart(story()) == 204


@pytest.mark.skipif(sys.platform != "linux", reason="reads the server's open files from /proc")
def test_an_upload_never_lies_on_the_disk_and_ends_when_it_falls_silent(server, apart):
    marker = b"PLAINTEXT-OF-A-PRIVATE-PICTURE-"

    async def story():
        page = await server.page(address=new_address())
        return page, await place(page), page.session

    async def hold():
        page, path, _ = await story()
        body, kind = form(marker * 100_000)
        head = {"Host": f"127.0.0.1:{server.port}", "Content-Type": kind, **xsrf(server.port)}
        head["Content-Length"] = str(len(body) + 1000)
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(f"PUT {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            await asyncio.sleep(1.5)
            found = written(server, marker)
            line.settimeout(20)
            begun = time.monotonic()
            answer = await asyncio.to_thread(line.recv, 100)
            took = time.monotonic() - begun
        await page.socket.close()
        return found, answer, took

    found, answer, took = apart(hold())
    assert found == []
    assert answer.startswith(b"HTTP/1.1 408")
    assert took < 15


def written(server, marker: bytes) -> list[str]:
    """Which of the server's open files hold the marker; pipes and sockets are none."""
    files = Path(f"/proc/{server.process.pid}/fd").iterdir()
    return [str(one.readlink()) for one in files if one.is_file() and marker in one.read_bytes()]


def test_a_thousand_silent_connections_shut_nobody_out(server, apart):
    silent = []
    for _ in range(1100):
        line = socket.socket()
        line.bind((f"127.7.0.{1 + len(silent) % 3}", 0))
        line.connect(("127.0.0.1", server.port))
        silent.append(line)

    async def story():
        async with server.bystander(patience=2.0):
            begun = time.monotonic()
            newcomer = await server.page(address="127.7.0.1")
            await newcomer.socket.close()
            return time.monotonic() - begun

    assert apart(story()) < 3
    time.sleep(13)
    still = 0
    for line in silent:
        line.settimeout(0.001)
        try:
            still += line.recv(1) != b""
        except TimeoutError:
            still += 1
        except OSError:
            pass
        line.close()
    assert still == 0


def test_half_a_request_is_not_waited_for(server):
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        line.settimeout(20)
        begun = time.monotonic()
        with suppress(ConnectionResetError):
            assert line.recv(10) == b""
        assert time.monotonic() - begun < 15


def knock(port: int, origin: str | None, host: str) -> str:
    """A WebSocket handshake; the first line of the answer."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: streamlit",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *([] if origin is None else [f"Origin: {origin}"]),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return line.recv(200).split(b"\r\n")[0].decode()


@pytest.fixture
def offline(tmp_path_factory):
    """A server on a net without the Internet: what it asks out there is never answered."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    hole.listen(200)
    patch = pytest.MonkeyPatch()
    for name in ("http_proxy", "https_proxy"):
        patch.setenv(name, f"http://127.0.0.1:{hole.getsockname()[1]}")
    patch.setenv("no_proxy", "")
    running = start(tmp_path_factory.mktemp("offline"))
    patch.undo()
    yield running
    running.stop()
    hole.close()


def test_a_foreign_page_is_refused_at_once_and_holds_nobody_up(offline):
    """Streamlit asks two servers on the Internet who it is, and everyone waits for that."""
    own = f"127.0.0.1:{offline.port}"
    assert "101" in knock(offline.port, None, own)
    assert "101" in knock(offline.port, f"http://{own}", own)
    foreign = [
        "http://evil.example",
        "null",
        "file://",
        "http://127.0.0.1:1",
        f"http://{own}.evil.example",
        "https://app.streamlit.app",
    ]
    begun = time.monotonic()
    for origin in foreign:
        assert "403" in knock(offline.port, origin, own)
    assert time.monotonic() - begun < 2

    ended = threading.Event()

    def strangers():
        while not ended.is_set():
            knock(offline.port, "http://evil.example", own)

    knocking = [threading.Thread(target=strangers) for _ in range(4)]
    for one in knocking:
        one.start()
    waits = []
    for _ in range(20):
        begun = time.monotonic()
        ask(offline.port, "GET", "/_stcore/health")
        waits.append(time.monotonic() - begun)
        time.sleep(0.05)
    ended.set()
    for one in knocking:
        one.join()
    assert max(waits) < 1


def test_no_header_makes_a_stranger_someone_else(server, apart):
    """Not even at 127.0.0.1, whose word about addresses uvicorn believes."""

    async def channels(count, header):
        made = 0
        for number in range(count):
            page = RawPage(server.port, headers=header(number))
            async with page:
                await page.run()
                await page.press("Create channel")
                made += "Too many tries" not in " ".join(page.texts())
        return made

    async def story():
        return (
            await channels(24, lambda number: {"X-Forwarded-For": f"198.51.100.{number}"}),
            await channels(2, lambda _: {"X-Rsa-Pictures-Address": "198.51.100.7"}),
            await channels(2, lambda _: {"Forwarded": "for=198.51.100.7", "X-Real-Ip": "1.2.3.4"}),
        )

    assert apart(story()) == (20, 0, 0)


def test_a_session_comes_back_to_its_own_browser_only(server, apart):
    """Its id stands in the address of each upload, and so perhaps in a proxy's log."""

    async def again(headers, session):
        page = RawPage(server.port, "sender", server.key, headers=headers)
        await page.open("x", session)
        await page.run()
        same = page.session == session
        await page.socket.close()
        return same

    async def story():
        mine, theirs = xsrf(server.port), xsrf(server.port)
        page = await server.page("sender", headers={"Cookie": mine["Cookie"]})
        session = page.session
        page.socket.transport.abort()  # the WLAN is gone
        await asyncio.sleep(0.3)
        return (
            await again({"Cookie": theirs["Cookie"]}, session),
            await again({}, session),
            await again({"Cookie": mine["Cookie"]}, session),
        )

    assert apart(story()) == (False, False, True)


def test_every_answer_has_its_headers_and_some_doors_are_shut(server):
    for path in ("/", "/sender", "/_stcore/health", "/media/x", "/../etc/passwd"):
        headers = ask(server.port, "GET", path)[1]
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json"):
        assert ask(server.port, "GET", path)[0] == 404
    host = ask(server.port, "GET", "/_stcore/host-config")[2]
    assert b'"allowedOrigins":[]' in host


def test_a_foreign_page_uploads_nothing(server, apart):
    async def story():
        page = await server.page()
        own = f"http://127.0.0.1:{server.port}"
        return [
            await asyncio.to_thread(
                put, server.port, await place(page), b"x", headers={"Origin": origin}
            )
            for origin in ("http://evil.example", "null", own)
        ]

    assert apart(story()) == [403, 403, 204]


def test_the_handshake_of_a_foreign_page_says_why(server, apart):
    async def story():
        page = RawPage(server.port, headers={"Origin": "http://evil.example"})
        with pytest.raises(InvalidStatus) as caught:
            await page.open()
        return caught.value.response.status_code

    assert apart(story()) == 403
