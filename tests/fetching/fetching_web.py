"""A real web server on this machine that misbehaves on request."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"
PAGE = b"<!DOCTYPE html><html><head><title>A page</title></head><body><p>Hello</p></body></html>"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    host: str
    path: str
    headers: Mapping[str, str]
    at: float
    connection: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. `headers` override the usual ones; None leaves a header out."""

    body: bytes = PDF
    status: int = 200
    headers: Mapping[str, str | None] = field(default_factory=dict)
    kind: str = "application/pdf"
    cut: int | None = None
    """Number of bytes of the body after which the connection is dropped."""

    def __call__(self, handler: Handler) -> None:
        length = None if self.status == 304 else str(len(self.body))
        made = {"Content-Type": self.kind, "Content-Length": length} | dict(self.headers)
        handler.send_response(self.status)
        for name, value in made.items():
            if value is not None:
                handler.send_header(name, value)
        if made["Content-Length"] is None and self.status != 304:
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(self.body[: self.cut])
        if self.cut is not None:
            handler.drop()


Act = Callable[["Handler"], None]
Headers = Mapping[str, str] | None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.number = id(self.connection)
        with self.server.site.lock:
            self.server.site.connections += 1
            self.server.site.open += 1

    def finish(self) -> None:
        with self.server.site.lock:
            self.server.site.open -= 1
        super().finish()

    def do_GET(self) -> None:
        site = self.server.site
        with site.lock:
            asked = Asked(
                self.headers["Host"], self.path, dict(self.headers), time.monotonic(), self.number
            )
            site.asked.append(asked)
            site.active += 1
            site.busiest = max(site.busiest, site.active)
            act = site.next_act(self.path)
        try:
            act(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            with site.lock:
                site.active -= 1

    def drop(self) -> None:
        """Drop the connection."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, *_: object) -> None:
        """Ignore clients that disconnect."""


class Site:
    """A server with acts by path: each takes its turn, and the last is repeated."""

    def __init__(self, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> None:
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.active = self.busiest = 0
        self.connections = 0
        self.open = 0
        self.closing = threading.Event()
        self.scheme = "https" if context else "http"
        self._routes: dict[str, list[Act]] = {}
        self._server = Server((host, 0), Handler)
        self._server.site = self
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.host, self.port = host, self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self._thread.start()

    def on(self, path: str, *acts: Act) -> None:
        """Set the acts for requests of a path, in turn."""
        self._routes[path] = list(acts)

    def next_act(self, path: str) -> Act:
        acts = self._routes.get(path, [Answer(b"nothing here", 404, kind="text/plain")])
        return acts.pop(0) if len(acts) > 1 else acts[0]

    def url(self, path: str, host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """Return the requested paths, without robots.txt."""
        return [a.path for a in self.asked if a.path != "/robots.txt"]

    def last(self, path: str) -> Asked:
        return [a for a in self.asked if a.path == path][-1]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def moved(to: str, status: int = 302) -> Answer:
    return Answer(b"", status, {"Location": to})


def slowly(body: bytes = PDF, first: int = 0, every: float = 0.05, headers: Headers = None) -> Act:
    """Send `first` bytes at once, and the others one at a time."""

    def act(handler: Handler) -> None:
        Answer(body[:first], headers={"Content-Length": str(len(body)), **(headers or {})})(handler)
        for byte in body[first:]:
            if handler.server.site.closing.wait(every):
                break
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
        handler.drop()

    return act


def stalling(body: bytes = PDF, after: int = 0, headers: Headers = None) -> Act:
    """Send the first bytes of the body, and then nothing."""

    def act(handler: Handler) -> None:
        Answer(body[:after], headers={"Content-Length": str(len(body)), **(headers or {})})(handler)
        handler.wfile.flush()
        handler.server.site.closing.wait(20)
        handler.drop()

    return act
