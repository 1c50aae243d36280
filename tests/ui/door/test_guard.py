"""What the guard answers to plain requests, with an application behind it that takes all."""

import pytest

from tests.loops import run_apart
from ui.door.addresses import ADDRESS_HEADER
from ui.door.guard import Guard
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
    for wrong in ("lots", "-1", "1e3", "²"):
        monkeypatch.setenv("RSA_IMAGES_UPLOADS_MB", wrong)
        with pytest.raises(ValueError, match="whole number"):
            Settings.of_environment()
