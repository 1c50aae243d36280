"""Whom do pages call? Two witnesses write it down.

Playwright reports each page's requests and sockets, those of frames and workers included; and a
proxy stands where everything but the server itself would have to pass. Links in a page's head
count as calls: browsers follow hints such as `preconnect` unseen.
"""

import socketserver
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

# Chromium asks there about the fields of any form; Playwright would see a page that does.
CHROMIUMS_OWN = "content-autofill.googleapis.com"


class Witness(socketserver.ThreadingTCPServer):
    """A proxy that lets nothing through, and remembers who was wanted."""

    daemon_threads = True

    def __init__(self) -> None:
        self.wanted: list[str] = []
        super().__init__(("127.0.0.1", 0), Refusal)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Refusal(socketserver.StreamRequestHandler):
    """`CONNECT host:443 HTTP/1.1` or `GET http://host/path HTTP/1.1`."""

    timeout = 5

    def handle(self) -> None:
        with suppress(OSError):  # a connection that asks for nothing, or is given up
            line = self.rfile.readline(10_000).decode("latin-1")
            if line and CHROMIUMS_OWN not in line:
                self.server.wanted.append(" ".join(line.split()[:2]))
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


class Calls:
    """Whom the pages of one server call: hosts with their ports."""

    def __init__(self, browser: Browser, own: str) -> None:
        self.browser = browser
        self.own = own
        self.proxy = Witness()
        self.hosts: set[str] = set()
        self.urls: list[str] = []
        self.stopped: list[str] = []  # what a Content-Security-Policy did not let out
        self.contexts: list[BrowserContext] = []

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.proxy.shutdown()
        self.proxy.server_close()

    def new_page(self) -> Page:
        """A page in a browser of its own."""
        context = self.browser.new_context(
            proxy={"server": self.proxy.address, "bypass": self.own}, accept_downloads=True
        )
        self.contexts.append(context)
        context.on("request", lambda request: self.note(request.url))
        context.on("console", lambda message: self.listen(message.text))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.note(socket.url)))
        return context.new_page()

    def note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"}:  # these call nobody
            self.hosts.add(parts.netloc)
            self.urls.append(url)

    def listen(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.stopped.append(text)

    def look_at(self, page: Page) -> None:
        for url in page.eval_on_selector_all("link[href]", "links => links.map(l => l.href)"):
            self.note(url)

    def foreign(self) -> list[str]:
        return sorted({url for url in self.urls if urlsplit(url).netloc != self.own})
