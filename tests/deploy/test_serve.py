"""`python -m ui.serve`: pinned processes behind each proxy, seen from browsers.

What is said of HAProxy is said of nginx and Caddy too, where it is the proxy's work.
"""

import json
import re
import shutil
import subprocess
import sys
from itertools import count

import psutil
import pytest
from playwright.sync_api import expect

import exchange.keys
from exchange import ATTACK_CHOICES, Exchange
from tests.browser.conftest import Visitor
from tests.browser.test_story import send
from tests.conftest import encoded, photograph
from tests.deploy.serving import PEPPER, Served, node_of, on, wait_for
from tests.store.conftest import postgres
from ui.serve import proxies
from ui.serve.telling import EVERY_ADDRESS

__all__ = ["postgres"]  # a fixture

pytestmark = pytest.mark.browser

PROXIES = ["haproxy", "nginx", "caddy"]
HARD = 244  # bits; factoring such an n takes most of an attack's budget
PICTURE = encoded(photograph(48, 36))
_numbers = count(1)


@pytest.fixture(scope="module", params=PROXIES)
def served(request, tmp_path_factory):
    """Two processes behind each proxy in turn, on SQLite."""
    running = Served(tmp_path_factory.mktemp(request.param), request.param)
    yield running
    running.stop()


class Lesson:
    """A classroom channel on the server, made behind its back, with a picture to attack."""

    def __init__(self, server: Served) -> None:
        patch = pytest.MonkeyPatch()
        patch.setattr(exchange.keys, "CLASSROOM_KEY_SIZES", (HARD,))
        made = Exchange.at(server.database_url, pepper=PEPPER.encode())
        self.key = made.lobby.create_channel(name="", kind="classroom", keep_for="1 hour").key
        people = {"Ada": "sender", "Bob": "receiver", "Eve": "interceptor"}
        self.seats = {
            name: made.lobby.take_seat(self.key, name=name, role=role)
            for name, role in people.items()
        }
        made.receiver.keys.new_classroom_key(self.seats["Bob"], HARD)
        made.sender.send(
            self.seats["Ada"],
            PICTURE,
            file_name="first.png",
            scheme="textbook-blocks",
            recipients=(self.seats["Bob"].id,),
            submission="first",
        )
        made.close()
        patch.undo()

    def enter(self, visitor: Visitor, name: str) -> Visitor:
        seat = self.seats[name]
        entry = {"key": self.key, "role": seat.role, "token": seat.token}
        visitor.page.add_init_script(
            # The page that a browser shows while nothing answers has no storage.
            "if (location.protocol === 'http:') "
            f"localStorage.setItem('rsa-images.seats', {json.dumps(json.dumps([entry]))})"
        )
        visitor.go(f"/{seat.role}?channel={self.key}")
        visitor.in_seat(seat.role.capitalize())
        return visitor


@pytest.fixture
def browser_of(chromium):
    """Makes visitors of any server; closes them and checks that no page threw an error."""
    made: list[Visitor] = []

    def make(server: Served) -> Visitor:
        made.append(Visitor(chromium, server))
        return made[-1]

    yield make
    for one in made:
        one.page.context.close()
    assert [error for one in made for error in one.errors] == []


def attack(eve: Visitor) -> None:
    eve.page.get_by_role("tab", name="Attacks").click()
    eve.choose("Attack", ATTACK_CHOICES["factoring"].title)
    eve.button("Run attack").click()
    expect(eve.button("Cancel")).to_be_visible()


def shown(visitor: Visitor, name: str, seconds: float = 90) -> None:
    expect(visitor.page.get_by_text(name, exact=True)).to_be_visible(timeout=1000 * seconds)


def back(*visitors: Visitor) -> None:
    for visitor in visitors:
        visitor.back()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_story_goes_across_two_processes(kind, request, tmp_path, browser_of):
    """Created in one and joined in the other; an attack of one is seen and ended in the other."""
    url = ""
    if kind == "postgres":
        url = request.getfixturevalue("postgres").new_place(f"served_{next(_numbers)}")
    served = Served(tmp_path, "haproxy", url)
    try:
        ada, bob = on(browser_of(served), "n1"), on(browser_of(served), "n2")
        key = ada.create_channel()
        ada.take_seat("Ada", "Sender")
        bob.go(f"/?channel={key}")
        bob.take_seat("Bob", "Receiver")
        expect(ada.page.get_by_text("People here: 2")).to_be_visible()
        assert all(pages > 0 for pages in served.pages())
        send(ada, {"across.png": PICTURE})
        shown(bob, "across.png")
        bob.button("Open").click()
        expect(bob.page.get_by_role("button", name="Download original")).to_be_visible()
        assert bob.download("Download original")[1] == PICTURE
        expect(ada.page.get_by_text(re.compile("^Bob: opened"))).to_be_visible()

        lesson = Lesson(served)
        eve = lesson.enter(on(browser_of(served), "n1"), "Eve")
        again = lesson.enter(on(browser_of(served), "n2"), "Eve")
        attack(eve)
        assert list(served.temp.glob("rsa-images-*/places/*"))  # they count together
        again.page.reload()
        again.in_seat("Interceptor")
        again.page.get_by_role("tab", name="Attacks").click()
        again.button("Cancel").click()
        expect(again.button("Cancel")).to_be_hidden()
        expect(eve.button("Cancel")).to_be_hidden()
        expect(eve.button("Run attack")).to_be_enabled()
        assert (node_of(eve), node_of(again)) == ("n1", "n2")
    finally:
        served.stop()


def test_each_process_has_a_core_and_the_proxy_has_all(served):
    if sys.platform != "linux":
        pytest.skip("this system pins nothing")
    every = psutil.Process().cpu_affinity()
    cores = [process.cpu_affinity() for process in served.processes()]
    assert cores == [[every[0]], [every[1 % len(every)]]]
    assert served.the_proxy().cpu_affinity() == every


def test_a_browser_stays_with_its_process_and_newcomers_are_spread(served, browser_of):
    nodes = set()
    for _ in range(12):
        if len(nodes) == 2:
            break
        visitor = browser_of(served)
        visitor.go("/")
        first = node_of(visitor)
        visitor.page.reload()
        visitor.go("/compare")
        assert node_of(visitor) == first
        nodes.add(first)
    assert len(nodes) == 2


def test_a_killed_process_comes_back_and_its_pages_are_back_by_themselves(served, browser_of):
    lesson = Lesson(served)
    ada, bob = (lesson.enter(browser_of(served), name) for name in ("Ada", "Bob"))
    for number, process in enumerate(served.processes()):
        process.kill()
        wait_for(lambda: len(served.processes()) == 2)
        back(ada, bob)
        name = f"killed{number}.png"
        send(ada, {name: PICTURE})  # its file goes where its page is now
        shown(bob, name)


def test_a_killed_proxy_comes_back_and_pages_are_back_by_themselves(served, browser_of):
    lesson = Lesson(served)
    ada, bob = (lesson.enter(browser_of(served), name) for name in ("Ada", "Bob"))
    before = node_of(ada), node_of(bob)
    gone = served.the_proxy()
    gone.kill()
    wait_for(lambda: gone.pid != served.the_proxy().pid and served.well())
    back(ada, bob)
    send(ada, {"proxy.png": PICTURE})
    shown(bob, "proxy.png")
    assert (node_of(ada), node_of(bob)) == before


def test_no_channel_key_is_written_anywhere(served, browser_of):
    lesson = Lesson(served)
    bob = lesson.enter(browser_of(served), "Bob")
    served.processes()[0].kill()
    served.processes()[-1].kill()
    bob.page.request.get(f"{served.url}/receiver?channel={lesson.key}")
    bob.page.wait_for_timeout(2_000)
    wait_for(served.well)
    written = served.log.read_text()
    for file in served.temp.rglob("*"):
        if file.is_file():
            written += file.read_text(errors="replace")
    assert "ended with status" in written  # the control
    assert lesson.key not in written
    assert lesson.key.replace("-", "") not in written


def test_sigterm_lets_open_pages_finish_and_nobody_new_in(tmp_path, browser_of):
    served = Served(tmp_path, "haproxy")
    lesson = Lesson(served)
    ada, bob = (lesson.enter(browser_of(served), name) for name in ("Ada", "Bob"))
    served.ask_to_end()
    wait_for(lambda: "last page" in served.log.read_text())
    ada.page.wait_for_timeout(1_000)
    assert browser_of(served).page.goto(served.url).status == 503
    send(ada, {"late.png": PICTURE})
    shown(bob, "late.png")
    bob.page.reload()
    bob.in_seat("Receiver")
    assert served.process.poll() is None
    for one in (ada, bob):
        one.page.close()
    assert served.process.wait(40) == 0
    assert not list(served.temp.glob("rsa-images-*"))


def test_sigterm_ends_it_after_its_limit_though_pages_are_open(tmp_path, browser_of):
    served = Served(tmp_path, "haproxy", "", "--drain=3")
    browser_of(served).go("/")
    children = psutil.Process(served.process.pid).children(recursive=True)
    served.ask_to_end()
    assert served.process.wait(40) == 0
    assert psutil.wait_procs(children, 5)[1] == []


def test_a_supervisor_that_is_killed_leaves_nothing_running(tmp_path):
    served = Served(tmp_path, "haproxy")
    children = psutil.Process(served.process.pid).children(recursive=True)
    assert len(children) >= 3
    served.kill()
    assert psutil.wait_procs(children, 20)[1] == []


def test_a_prefix_goes_through(tmp_path, browser_of):
    served = Served(tmp_path, "haproxy", "", "--base-path=/school/rsa")
    try:
        assert served.well()
        bob = browser_of(served)
        with bob.page.expect_websocket(lambda line: line.url.endswith("/school/rsa/live")):
            bob.server.url += "/school/rsa"
            bob.create_channel()
            bob.take_seat("Bob", "Receiver")
    finally:
        served.stop()


CHECKS = {
    "haproxy": ["-c", "-f"],
    "nginx": ["-t", "-q", "-c"],
    "caddy": ["validate", "--adapter", "caddyfile", "--config"],
}


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("processes", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("address", [EVERY_ADDRESS, "127.0.0.1", "::"])
def test_every_proxy_reads_its_configuration(name, processes, address, tmp_path):
    found = proxies.find(name)
    assert found is not None, f"apt-get install {name}"
    nodes = [proxies.Node(f"n{n + 1}", 20_000 + n) for n in range(processes)]
    config = proxies.write(name, tmp_path, nodes, address=address, port=18_501, base="/a/b")
    command = [found[1], *CHECKS[name], str(config)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr.lower().replace("warnings", "")


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--processes", "0"], "whole number from 1 to 64"),
        (["--port", "x"], "whole number from 1 to 65,535"),
        (["--base-path", "/a b"], "letters, digits"),
        (["--base-path", "../.."], "letters, digits"),
        (["--address", "school"], "an address of this machine"),
        (["--proxy", "apache"], "invalid choice"),
        (["--drain", "-1"], "whole number from 0"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(arguments, words):
    said = serve(*arguments)
    assert said.returncode == 2
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def test_a_taken_port_is_said_before_anything_starts(served):
    said = serve("--address", "127.0.0.1", "--port", str(served.port))
    assert (said.returncode, said.stdout.count("\n")) == (2, 1)
    assert f"Port {served.port} of 127.0.0.1 is taken" in said.stdout


def test_without_a_proxy_it_says_what_to_install_or_run(monkeypatch, capsys):
    from ui.serve.__main__ import main

    monkeypatch.setattr(shutil, "which", lambda *_args, **_more: None)
    assert main([]) == 2
    assert "Install HAProxy, nginx or Caddy" in capsys.readouterr().out
    assert main(["--proxy", "caddy"]) == 2
    assert "Caddy is not installed" in capsys.readouterr().out
