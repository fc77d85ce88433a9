"""A model's server that does as it is told, well or badly, over real HTTP on this machine."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mehealth_rag.llm.language_model import LanguageModel, Message, open_model
from mehealth_rag.llm.streaming import event_loop
from mehealth_rag.settings import Settings

ASK = (Message("user", "How tall is the lighthouse?"),)
KEY = "sk-secret-of-the-test"


class Server(ThreadingHTTPServer):
    """`chat` answers the requests for text; `requests` holds the bodies that came."""

    daemon_threads = True

    def __init__(self, chat: Callable[[Handler, dict[str, Any]], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.chat = chat
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        self.pages: dict[str, Any] = {"/v1/models": {"data": [{"id": "tester"}]}}
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        if callable(page):
            page(self)
            return
        self.json(200 if page is not None else 404, page or {"error": "no such page"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        page = self.server.pages.get(self.path)
        if isinstance(page, bytes):
            self.whole(200, "application/json", page)
            return
        if page is not None:
            self.json(200, page(body) if callable(page) else page)
            return
        self.server.requests.append(body)
        self.server.headers.append(dict(self.headers))
        try:
            self.server.chat(self, body)
        except OSError:
            self.server.left.set()
            raise

    def json(self, status: int, value: object) -> None:
        self.whole(status, "application/json", json.dumps(value).encode())

    def whole(self, status: int, kind: str, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def begin(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        self.end_headers()

    def event(self, text: str | None, finish: str | None = None) -> None:
        delta = {} if text is None else {"content": text}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self.raw(f"data: {json.dumps(chunk(choice))}\n\n".encode())

    def raw(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def wait_until_left(self) -> None:
        """Wait, at most five seconds, for the client to go away."""
        self.connection.settimeout(5)
        if self.connection.recv(1) == b"":
            self.server.left.set()


def chunk(choice: dict[str, Any], kind: str = "chat.completion.chunk") -> dict[str, Any]:
    return {"id": "1", "created": 1, "model": "tester", "object": kind, "choices": [choice]}


Chat = Callable[[Handler, dict[str, Any]], None]


def says(*deltas: str, finish: str | None = "stop", pause: float = 0.0) -> Chat:
    """Streams the deltas as events and ends; without a reason to end, it just breaks off."""

    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        for delta in deltas:
            handler.event(delta)
            time.sleep(pause)
        if finish is not None:
            handler.event(None, finish)
            handler.raw(b"data: [DONE]\n\n")

    return chat


def says_at_once(text: str, finish: str | None = "stop") -> Chat:
    """Gives one JSON, whatever was asked for: many small servers do not stream."""

    def chat(handler: Handler, _: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        handler.json(200, chunk(choice, "chat.completion"))

    return chat


def leaves_it_at(*deltas: str) -> Chat:
    """Begins an answer, or not even that, and is silent."""

    def chat(handler: Handler, _: dict[str, Any]) -> None:
        if deltas:
            handler.begin()
        for delta in deltas:
            handler.event(delta)
        handler.wait_until_left()

    return chat


def fails(status: int, message: str, then: Chat | None = None) -> Chat:
    """Fails with a status, always or only the first time."""
    times = iter([True] if then else iter(lambda: True, False))

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        if next(times, False):
            handler.json(status, {"error": {"message": message, "code": status}})
        elif then is not None:
            then(handler, body)

    return chat


@contextmanager
def serving(chat: Chat) -> Iterator[Server]:
    with Server(chat) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def settings(url: str, **more: object) -> Settings:
    quick = {
        "llm_connect_timeout": 0.5,
        "llm_first_token_timeout": 1.5,
        "llm_token_timeout": 0.6,
        "llm_timeout": 3.0,
        "llm_model": "tester",
        "llm_api_key": KEY,
    }
    return Settings(**(quick | {"llm_base_url": url} | more))


def opened(url: str, **more: object) -> LanguageModel:
    return open_model(settings(url, **more))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def no_requests_left(seconds: float = 1.0) -> bool:
    """Whether every request has ended within the time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not asyncio.all_tasks(event_loop()):
            return True
        time.sleep(0.02)
    return False
