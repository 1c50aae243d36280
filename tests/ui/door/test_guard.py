"""What the guard answers to plain requests, with an application behind it that takes all."""

from datetime import timedelta

import pytest

from exchange import Limits
from tests.loops import run_apart
from ui.door.addresses import ADDRESS_HEADER
from ui.door.guard import Guard, middleware
from ui.door.settings import MB, Settings


class Application:
    """Says yes to everything, and keeps what it saw."""

    def __init__(self) -> None:
        self.scopes = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        headers = [(b"referrer-policy", b"unsafe-url")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"yes"})


@pytest.fixture
def behind():
    return Application()


@pytest.fixture
def ask(behind):
    guard = Guard(behind)

    def ask(path="/", method="GET", *, kind="http", peer="198.51.100.7", **headers):
        sent = []

        async def receive():
            return {"type": f"{kind}.{'connect' if kind == 'websocket' else 'request'}"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": kind,
            "path": path,
            "method": method,
            "client": ("6.6.6.6", 0),  # what a server may have read from a header
            "state": {"peer": peer},
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {"host": "school:8501", **headers}.items()
            ],
        }
        run_apart(guard(scope, receive, send))
        return sent

    return ask


def test_every_answer_says_what_the_browser_may_load(ask):
    for path in ("/", "/sender", "/_stcore/metrics", "/_stcore/health"):
        headers = dict(ask(path)[0]["headers"])
        policy = headers[b"content-security-policy"].decode()
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert "http" not in policy
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"no-referrer"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/_stcore/health", "GET", 200),
        ("/_stcore/host-config", "GET", 200),
        ("/_stcore/metrics", "GET", 404),
        ("/_stcore/agent/openapi.json", "GET", 404),
        ("/_stcore/agent/interact", "POST", 404),
        ("/_stcore/script-health-check", "GET", 404),
        ("/", "POST", 405),
        ("/", "PUT", 405),
        ("/_stcore/health", "DELETE", 405),
        ("/_stcore/upload_file/s/f", "POST", 405),
        ("/_stcore/upload_file/s/f", "DELETE", 200),
        ("/_stcore/upload_file/s/f", "PUT", 400),
    ],
)
def test_which_doors_are_shut(ask, path, method, status):
    assert ask(path, method)[0]["status"] == status


def test_a_foreign_page_changes_nothing_and_never_reaches_streamlit(ask, behind):
    foreign = {"origin": "http://evil.example"}
    assert ask("/_stcore/upload_file/s/f", "PUT", **foreign)[0]["status"] == 403
    assert ask("/_stcore/upload_file/s/f", "DELETE", **foreign)[0]["status"] == 403
    assert ask("/_stcore/stream", kind="websocket", **foreign) == [
        {"type": "websocket.close", "code": 1008}
    ]
    assert behind.scopes == []
    ask("/_stcore/host-config", **foreign)
    assert b"origin" not in dict(behind.scopes[0]["headers"])


def test_the_address_comes_from_the_connection(ask, behind):
    forged = {"x_forwarded_for": "203.0.113.5", ADDRESS_HEADER.replace("-", "_"): "203.0.113.6"}
    ask("/", **forged)
    scope = behind.scopes[0]
    assert scope["client"][0] == "198.51.100.7"
    name = ADDRESS_HEADER.encode()
    assert [value for key, value in scope["headers"] if key == name] == [b"198.51.100.7"]


def test_the_operator_sets_limits_and_learns_of_a_wrong_one(monkeypatch):
    monkeypatch.setenv("RSA_IMAGES_PROXIES", "127.0.0.1, 10.0.0.2")
    monkeypatch.setenv("RSA_IMAGES_UPLOADS_MB", "100")
    made = Settings.of_environment()
    assert made.proxies == {"127.0.0.1", "10.0.0.2"}
    assert (made.uploads, made.uploads_per_address) == (100 * MB, 75 * MB)
    for wrong in ("lots", "-1", "1e3", "²", "10000001", "9" * 5000):
        monkeypatch.setenv("RSA_IMAGES_UPLOADS_MB", wrong)
        with pytest.raises(ValueError, match="whole number"):
            Settings.of_environment()


def test_the_operator_limits_what_channels_hold(monkeypatch):
    usual = Limits()
    assert Settings.of_environment().limits == usual
    given = {
        "TOTAL_MB": "7",
        "CHANNELS": " 6 ",
        "CHANNEL_MB": "5",
        "CHANNEL_PICTURES": "4",
        "CHANNEL_SEATS": "3",
        "PICTURE_MB": "2",
        "KEEP_TIMES": "90 days, 2 hours",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"RSA_IMAGES_{name}", value)
    made = Settings.of_environment().limits
    assert (made.total, made.channel, made.picture) == (7 * MB, 5 * MB, 2 * MB)
    assert (made.channels, made.pictures, made.seats) == (6, 4, 3)
    assert made.keep == {"90 days": timedelta(days=90), "2 hours": timedelta(hours=2)}
    for name in given:
        monkeypatch.setenv(f"RSA_IMAGES_{name}", "  ")
    assert Settings.of_environment().limits == usual


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("TOTAL_MB", "0", "from 1 to 10,000,000"),
        ("CHANNELS", "many", "from 1 to"),
        ("CHANNEL_MB", "1.5", "from 1 to"),
        ("CHANNEL_PICTURES", "-1", "from 1 to"),
        ("CHANNEL_SEATS", "0", "from 1 to"),
        ("PICTURE_MB", "51", "from 1 to 50"),
        ("KEEP_TIMES", "1 hour, ever", "must list hours and days"),
    ],
)
def test_a_wrong_limit_ends_the_server_with_one_line(monkeypatch, name, wrong, words):
    monkeypatch.setenv(f"RSA_IMAGES_{name}", wrong)
    with pytest.raises(SystemExit) as ended:
        middleware()
    line = str(ended.value.code)
    assert line.startswith(f"RSA_IMAGES_{name} must")
    assert words in line
    assert "\n" not in line
    assert wrong == "0" or wrong not in line.removeprefix(f"RSA_IMAGES_{name}")
