"""Proxies in front of the app: the blocks of docs/deploy.md with TLS, and those of `ui.serve`.

Debian's HAProxy, nginx and Caddy. Visitors come from several addresses of the loopback net.
"""

import asyncio
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.browser.conftest import Server
from tests.deploy.serving import COOKIE, Served
from tests.loops import run_apart
from tests.raw_page import RawPage, ask, put, xsrf
from ui.serve import proxies

GUIDE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
MB = 1 << 20


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)[1]


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The guide's words with this machine's; each has to be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, server: Server, port: int) -> list[str]:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    inner = changed(
        block("nginx"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/school.pem", str(certificate)),
        ("/etc/ssl/school.key", str(key)),
        ("127.0.0.1:8501", f"127.0.0.1:{server.port}"),
    )
    temp = "".join(
        f"{what}_temp_path {folder / what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder / 'pid'}; error_log {folder / 'log'};\n"
        f"events {{}}\nhttp {{\n{temp}{inner}}}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, server: Server, port: int) -> list[str]:
    inner = changed(
        block("caddy"),
        ("school.example {", f"https://localhost:{port} {{\n    bind 127.0.0.1\n    tls internal"),
        ("127.0.0.1:8501", f"127.0.0.1:{server.port}"),
    )
    options = "{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n"
    options += f"    storage file_system {folder / 'caddy'}\n}}\n"
    (folder / "Caddyfile").write_text(options + inner)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    assert "RSA_IMAGES_PROXIES=127.0.0.1 .venv/bin/streamlit run Home.py" in GUIDE
    patch.setenv("RSA_IMAGES_PROXIES", "127.0.0.1")
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()
    patch.undo()


@dataclass(frozen=True)
class Front:
    """A proxy that answers.

    Attributes:
        folder: what it writes lies there.
        tls: None where it speaks plain HTTP.
        node: the cookie by which it leads a browser to one process; "" where there is one only.
    """

    port: int
    folder: Path
    tls: ssl.SSLContext | None
    node: str = ""

    @property
    def host(self) -> str:
        return f"{'localhost' if self.tls else '127.0.0.1'}:{self.port}"

    def url(self, scheme: str) -> str:
        return f"{scheme}{'s' if self.tls else ''}://{self.host}"


def require(name: str) -> None:
    if proxies.find(name) is None:
        reason = f"{name} is not installed: apt-get install {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


IDS = ["guide nginx", "guide caddy", *(f"serve {name}" for name in proxies.PROXIES)]


@pytest.fixture(params=[nginx, caddy, *proxies.PROXIES], ids=IDS)
def front(request, tmp_path):
    """A proxy in front of the app, as the guide's block or `ui.serve` says."""
    if isinstance(request.param, str):
        require(request.param)
        yield from served(request.param, tmp_path)
    else:
        require(request.param.__name__)
        yield from guided(request.param, request.getfixturevalue("server"), tmp_path)


def served(name: str, folder: Path) -> Iterator[Front]:
    running = Served(folder, name)
    given = ask(running.port, "GET", "/")[1].get_all("Set-Cookie")
    node = next(one for one in given if one.startswith(COOKIE)).split(";")[0]
    yield Front(running.port, running.temp, None, node)
    running.stop()


def guided(block_of, server: Server, folder: Path) -> Iterator[Front]:
    port = free_port()
    command = block_of(folder, server, port)
    environment = {**os.environ, "HOME": str(folder)}
    with (folder / "output").open("w") as output:
        running = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(200):
            try:
                if ask(port, "GET", "/_stcore/health", tls=trusting())[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError((folder / "output").read_text())
        yield Front(port, folder, trusting())
    finally:
        running.terminate()
        running.wait(20)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the certificate was made a moment ago
    return context


async def channels(front: Front, count: int, address: str, forged=lambda _number: "") -> int:
    """How many channels someone at this address may create."""
    made = 0
    for number in range(count):
        headers = {"X-Forwarded-For": forged(number)}
        async with RawPage(front.port, address=address, headers=headers, tls=front.tls) as page:
            await page.run()
            await page.press("Create channel")
            made += "Too many tries" not in " ".join(page.texts())
    return made


def test_each_visitor_counts_under_their_own_address(front):
    async def story():
        first = f"127.1.{front.port % 250}.1"
        second = f"127.1.{front.port % 250}.2"
        assert await channels(front, 22, first, lambda number: f"203.0.113.{number}") == 20
        assert await channels(front, 1, first) == 0
        assert await channels(front, 1, second, lambda _number: first) == 1

    run_apart(story())


def test_a_page_of_others_is_refused_through_it_too(front):
    async def knock():
        with pytest.raises(InvalidStatus) as caught:
            await connect(
                f"{front.url('ws')}/_stcore/stream",
                ssl=front.tls,
                subprotocols=["streamlit"],
                origin="https://evil.example",
            )
        return caught.value.response.status_code

    assert run_apart(knock()) == 403


def test_the_socket_that_tells_of_news_goes_through_it(front):
    async def introduce():
        async with connect(
            f"{front.url('ws')}/live", ssl=front.tls, origin=front.url("http")
        ) as line:
            await line.send('{"token": "AAAAAAAAAAAAAAAAAAAAAA", "tab": "a"}')
            with pytest.raises(ConnectionClosed) as closing:
                await line.recv()
        return closing.value.rcvd.code

    assert run_apart(introduce()) == 1008  # the app's answer to a seat that there is not


def test_fifty_megabytes_arrive_and_never_touch_a_disk_of_the_proxy(front):
    async def story():
        cookie = {"Cookie": front.node} if front.node else {}
        async with RawPage(front.port, address="127.2.0.1", headers=cookie, tls=front.tls) as page:
            await page.run()
            place = (await page.places("a.png"))[0].upload_url
            own = {"Origin": front.url("http"), **xsrf(front.port, tls=front.tls)}
            own["Cookie"] += f"; {front.node}"
            data = bytes(49 * MB)
            return await asyncio.to_thread(put, front.port, place, data, tls=front.tls, headers=own)

    assert run_apart(story()) == 204
    files = [file for file in front.folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MB
