"""A small application for sharing pictures under RSA in channels, with Flask-SocketIO.

`/create_channel`, `/join_channel`, `/choose_role/KEY`, `/sender/KEY`, `/interceptor/KEY` and
`/receiver/KEY`; events `join`, `user_joined` and `new_image`; pictures are files under
RSA-OAEP and AES-GCM by PyCryptodome. The server opens a picture for a receiver who fetches it. One
process with threads, as Flask-SocketIO's guide starts it with simple-websocket.

    python -m benchmarks.peer.app PORT FOLDER
"""

import os
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from flask import Flask, Response, abort, redirect, request, session
from flask_socketio import SocketIO, emit, join_room
from werkzeug.wrappers import Response as Answer

ROLES = ("sender", "interceptor", "receiver")
FORM = "<!doctype html><form method=post enctype=multipart/form-data>{}<button>OK</button></form>"
LISTENING = """<!doctype html><ul id=list></ul>
<script src=/socket.io.js></script>
<script>const line = io();
line.emit("join", {{channel: "{key}", name: "{name}"}});
line.on("new_image", (news) => list.append(news.name));</script>"""


@dataclass
class Channel:
    """A key pair, and the names of the pictures."""

    private: RSA.RsaKey = field(default_factory=lambda: RSA.generate(2048))
    names: list[str] = field(default_factory=list)


def made(folder: Path) -> tuple[Flask, SocketIO]:
    """The application; pictures are kept in `folder`."""
    app = Flask(__name__)
    app.secret_key = secrets.token_bytes(16)
    line = SocketIO(app, async_mode="threading")
    channels: dict[str, Channel] = {}

    def channel(key: str) -> Channel:
        return channels.get(key) or abort(404)

    def home() -> str:
        return "<a href=/create_channel>Create</a> <a href=/join_channel>Join</a>"

    def create_channel() -> Answer:
        key = secrets.token_hex(5)
        channels[key] = Channel()
        return redirect(f"/choose_role/{key}")

    def join_channel() -> Answer | str:
        if request.method == "GET":
            return FORM.format("<input name=key>")
        channel(request.form["key"])
        return redirect(f"/choose_role/{request.form['key']}")

    def choose_role(key: str) -> str:
        channel(key)
        return " ".join(f"<a href=/{role}/{key}>{role}</a>" for role in ROLES)

    def sender(key: str) -> str | dict[str, float | int]:
        where = channel(key)
        if request.method == "GET":
            return FORM.format("<input name=picture type=file>")
        picture = request.files["picture"]
        number = len(where.names)
        write(folder / f"{key}-{number}", sealed(picture.read(), where.private))
        where.names.append(picture.filename or "")
        saved = time.monotonic()
        news = {"number": number, "name": where.names[-1]}
        line.emit("new_image", news, to=key)
        return {"number": number, "saved": saved}

    def listening(key: str) -> str:
        channel(key)
        session.setdefault("name", secrets.token_hex(4))
        return LISTENING.format(key=key, name=session["name"])

    def encrypted(key: str, number: int) -> Response:
        channel(key)
        return Response((folder / f"{key}-{number}").read_bytes())

    def decrypted(key: str, number: int) -> Response:
        envelope = (folder / f"{key}-{number}").read_bytes()
        return Response(opened(envelope, channel(key).private), mimetype="image/png")

    def join(who: dict[str, str]) -> None:
        join_room(who["channel"])
        emit("user_joined", {"name": who["name"]}, to=who["channel"])

    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/create_channel", view_func=create_channel)
    app.add_url_rule("/join_channel", view_func=join_channel, methods=["GET", "POST"])
    app.add_url_rule("/choose_role/<key>", view_func=choose_role)
    app.add_url_rule("/sender/<key>", view_func=sender, methods=["GET", "POST"])
    app.add_url_rule("/interceptor/<key>", "interceptor", listening)
    app.add_url_rule("/receiver/<key>", "receiver", listening)
    app.add_url_rule("/interceptor/<key>/<int:number>", view_func=encrypted)
    app.add_url_rule("/receiver/<key>/<int:number>", view_func=decrypted)
    line.on_event("join", join)
    return app, line


def sealed(data: bytes, key: RSA.RsaKey) -> bytes:
    """Wrapped key, nonce, tag, ciphertext."""
    content_key = secrets.token_bytes(32)
    cipher = AES.new(content_key, AES.MODE_GCM, nonce=secrets.token_bytes(12))
    ciphertext, tag = cipher.encrypt_and_digest(data)
    wrapped = PKCS1_OAEP.new(key.public_key(), SHA256).encrypt(content_key)
    return wrapped + cipher.nonce + tag + ciphertext


def opened(envelope: bytes, key: RSA.RsaKey) -> bytes:
    """What was sealed."""
    size = key.size_in_bytes()
    wrapped, rest = envelope[:size], envelope[size:]
    content_key = PKCS1_OAEP.new(key, SHA256).decrypt(wrapped)
    cipher = AES.new(content_key, AES.MODE_GCM, nonce=rest[:12])
    return cipher.decrypt_and_verify(rest[28:], rest[12:28])


def write(file: Path, data: bytes) -> None:
    """To the disk, as a database would."""
    with file.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def main() -> None:
    """Serves on 127.0.0.1."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    app, line = made(folder)
    line.run(app, "127.0.0.1", port, allow_unsafe_werkzeug=True)


if __name__ == "__main__":
    main()
