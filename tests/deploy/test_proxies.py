"""The blocks of docs/deploy.md, run: a proxy with TLS in front of the app, started as it says.

Debian's nginx and Caddy. Visitors come from several addresses of the loopback net.
"""

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.browser.conftest import Server
from tests.loops import run_apart
from tests.raw_page import RawPage, ask, put

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


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def port(request, server, tmp_path):
    """A proxy in front of the app; its port."""
    name = request.param.__name__
    if shutil.which(name) is None:
        reason = f"{name} is not installed: apt-get install {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    port = free_port()
    command = request.param(tmp_path, server, port)
    environment = {**os.environ, "HOME": str(tmp_path)}
    with (tmp_path / "output").open("w") as output:
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
            raise RuntimeError((tmp_path / "output").read_text())
        yield port
    finally:
        running.terminate()
        running.wait(20)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the certificate was made a moment ago
    return context


async def channels(port: int, count: int, address: str, forged=lambda _number: "") -> int:
    """How many channels someone at this address may create."""
    made = 0
    for number in range(count):
        headers = {"X-Forwarded-For": forged(number)}
        async with RawPage(port, address=address, headers=headers, tls=trusting()) as page:
            await page.run()
            await page.press("Create channel")
            made += "Too many tries" not in " ".join(page.texts())
    return made


def test_each_visitor_counts_under_their_own_address(port):
    async def story():
        first = f"127.1.{port % 250}.1"
        second = f"127.1.{port % 250}.2"
        assert await channels(port, 22, first, lambda number: f"203.0.113.{number}") == 20
        assert await channels(port, 1, first) == 0
        assert await channels(port, 1, second, lambda _number: first) == 1

    run_apart(story())


def test_a_page_of_others_is_refused_through_it_too(port):
    async def knock():
        with pytest.raises(InvalidStatus) as caught:
            await connect(
                f"wss://localhost:{port}/_stcore/stream",
                ssl=trusting(),
                subprotocols=["streamlit"],
                origin="https://evil.example",
            )
        return caught.value.response.status_code

    assert run_apart(knock()) == 403


def test_the_socket_that_tells_of_news_goes_through_it(port):
    async def introduce():
        async with connect(
            f"wss://localhost:{port}/live", ssl=trusting(), origin=f"https://localhost:{port}"
        ) as line:
            await line.send('{"token": "AAAAAAAAAAAAAAAAAAAAAA", "tab": "a"}')
            with pytest.raises(ConnectionClosed) as closing:
                await line.recv()
        return closing.value.rcvd.code

    assert run_apart(introduce()) == 1008  # the app's answer to a seat that there is not


def test_fifty_megabytes_arrive_and_never_touch_a_disk_of_the_proxy(port, tmp_path):
    async def story():
        async with RawPage(port, address="127.2.0.1", tls=trusting()) as page:
            await page.run()
            place = (await page.places("a.png"))[0].upload_url
            own = {"Origin": f"https://localhost:{port}"}
            data = bytes(49 * MB)
            return await asyncio.to_thread(put, port, place, data, tls=trusting(), headers=own)

    assert run_apart(story()) == 204
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < MB
