"""The blocks of docs/deploy.md, run: a proxy with TLS in front of the app, started as it says.

Debian's nginx and Caddy. Visitors come from several addresses of the loopback net.
"""

import asyncio
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.browser.conftest import Server

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
                if ask(port, "GET", "/_stcore/health")[0] == 200:
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


def ask(port, method, path, body=None, headers=None):
    line = http.client.HTTPSConnection("localhost", port, timeout=60, context=trusting())
    with closing(line):
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


class Visitor:
    """A page that was opened through the proxy, by somebody at an address of their own."""

    def __init__(self, port: int, address: str, forged: str = "") -> None:
        self.port, self.address = port, address
        self.headers = {"X-Forwarded-For": forged} if forged else {}

    async def __aenter__(self) -> "Visitor":
        self.socket = await connect(
            f"wss://localhost:{self.port}/_stcore/stream",
            ssl=trusting(),
            subprotocols=["streamlit"],
            origin=f"https://localhost:{self.port}",
            additional_headers=self.headers,
            local_addr=(self.address, 0),
            family=socket.AF_INET,
            max_size=None,
        )
        return self

    async def __aexit__(self, *_error) -> None:
        await self.socket.close()

    async def run(self, press: str = "") -> str:
        """Draws the lobby, or presses a button there; all that it shows."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        if press:
            message.rerun_script.widget_states.widgets.add(id=press, trigger_value=True)
        await self.socket.send(message.SerializeToString())
        shown, self.buttons, early = [], {}, ForwardMsg.ScriptFinishedStatus
        async with asyncio.timeout(60):
            while True:
                said = ForwardMsg.FromString(await self.socket.recv())
                if said.WhichOneof("type") == "new_session":
                    self.session = said.new_session.initialize.session_id
                if said.WhichOneof("type") == "script_finished":
                    if said.script_finished == early.FINISHED_EARLY_FOR_RERUN:
                        continue
                    return " ".join(shown)
                element = said.delta.new_element
                shown += [element.alert.body, element.code.code_text]
                if element.WhichOneof("type") == "button":
                    self.buttons[element.button.label] = element.button.id

    async def place(self) -> str:
        """Where this page may upload a file."""
        wish = BackMsg()
        wish.file_urls_request.session_id = self.session
        wish.file_urls_request.file_names.append("a.png")
        await self.socket.send(wish.SerializeToString())
        async with asyncio.timeout(60):
            while True:
                said = ForwardMsg.FromString(await self.socket.recv())
                if said.WhichOneof("type") == "file_urls_response":
                    return said.file_urls_response.file_urls[0].upload_url


async def channels(port: int, count: int, address: str, forged=lambda _number: "") -> int:
    """How many channels somebody at this address may create."""
    made = 0
    for number in range(count):
        async with Visitor(port, address, forged(number)) as visitor:
            await visitor.run()
            shown = await visitor.run(visitor.buttons["Create channel"])
            made += "Too many tries" not in shown
    return made


def test_each_visitor_has_an_address_and_nobody_another_ones(port):
    async def story():
        first = f"127.1.{port % 250}.1"
        second = f"127.1.{port % 250}.2"
        assert await channels(port, 22, first, lambda number: f"203.0.113.{number}") == 20
        assert await channels(port, 1, first) == 0
        assert await channels(port, 1, second, lambda _number: first) == 1

    asyncio.run(story())


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

    assert asyncio.run(knock()) == 403


def test_fifty_megabytes_arrive_and_never_touch_a_disk_of_the_proxy(port, tmp_path):
    async def story():
        async with Visitor(port, "127.2.0.1") as visitor:
            await visitor.run()
            path = await visitor.place()
            return await asyncio.to_thread(put, port, path, bytes(49 * MB))

    assert asyncio.run(story()) == 204
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < MB


def put(port: int, path: str, data: bytes) -> int:
    cookie = ask(port, "GET", "/_stcore/health")[1]["Set-Cookie"].split(";")[0]
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Cookie": cookie,
        "X-Xsrftoken": cookie.partition("=")[2],
        "Origin": f"https://localhost:{port}",
    }
    return ask(port, "PUT", path, body, headers)[0]
