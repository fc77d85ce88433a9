"""A scripted language model: a server on loopback that speaks OpenAI's protocol."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "written"
CONTEXT = 16_384
"""Context length that it reports, in tokens: few served models have less."""

_FOLLOW_UP = "Follow-up question:"


class WrittenModel(ThreadingHTTPServer):
    """Returns `reply` to any prompt, except that it repeats a follow-up it is asked to rewrite.

    `told` is the prompt of the last reply; None if the model was not asked.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.reply = ""
        self.told: str | None = None

    def next(self, reply: str) -> None:
        """Set the reply to the next question."""
        self.reply, self.told = reply, None

    def said(self, prompt: str) -> str:
        """The reply to a prompt."""
        last = prompt.rsplit("\n", 1)[-1]
        if last.startswith(_FOLLOW_UP):
            return last.removeprefix(_FOLLOW_UP).strip()
        self.told = prompt
        return self.reply


@contextmanager
def serving() -> Iterator[WrittenModel]:
    """Run the model on a free port of this machine."""
    with WrittenModel() as model:
        thread = threading.Thread(target=model.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: WrittenModel

    def log_message(self, *_: object) -> None:
        """Log nothing: standard error shows progress."""

    def do_GET(self) -> None:
        """Send the list of models; 404 for any other path."""
        models = {"data": [{"id": NAME, "object": "model", "context_length": CONTEXT}]}
        self._send(200 if self.path == "/v1/models" else 404, "application/json", models)

    def do_POST(self) -> None:
        """Stream the reply word by word."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self._send(404, "application/json", {"error": "no such page"})
            return
        text = self.server.said("\n".join(m["content"] for m in body["messages"]))
        self._begin(200, "text/event-stream")
        for word in text.split(" "):
            self._event({"content": f"{word} "}, None)
        self._event({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, delta: dict[str, Any], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        kind = "chat.completion.chunk"
        event = {"id": "1", "created": 1, "model": NAME, "object": kind, "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def _send(self, status: int, kind: str, value: object) -> None:
        self._begin(status, kind)
        self.wfile.write(json.dumps(value).encode())

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()
