"""What stands before Gradio: no uploads, nothing from other hosts, the page's own head."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mehealth_ui.limits import BODY_BYTES, UPLOADS

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio makes functions of strings; documents and questions are escaped long before.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_SOCIAL = re.compile(r"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*/>\s*")
_UPLOADS = ("/gradio_api/upload", "/upload")
USER = "mehealth.user"
"""Where a request's scope says who is signed in."""

_FOR_PEOPLE = ("/gradio_api/mcp", "/page/", "/document/", "/v1/", "/metrics")


@dataclass
class Guard:
    """ASGI middleware. `head` goes into the page; `user` tells who is signed in, None: nobody."""

    app: ASGIApp
    head: str
    user: Callable[[Request], str | None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn away what is not wanted, pass on the rest with the page's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        sender: Send = _Heading(send)
        scope = {**scope, USER: self.user(Request(scope))}
        if scope["path"] in {"", "/"} and scope["method"] == "GET":
            scope = {**scope, "headers": _plain_only(scope["headers"])}
            sender = _Page(sender, self.head)
        await self.app(scope, receive, sender)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path: str = scope["path"]
        if not UPLOADS and path.startswith(_UPLOADS):
            return JSONResponse({"error": "uploads are switched off"}, 403)
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > BODY_BYTES:
            return JSONResponse({"error": f"at most {BODY_BYTES:,} bytes are taken"}, 413)
        if path.startswith(_FOR_PEOPLE) and self.user(Request(scope)) is None:
            return JSONResponse({"error": "sign in first"}, 401)
        return None


@dataclass
class _Heading:
    """Adds the headers."""

    send: Send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await self.send(message)


class _Page:
    """Puts the page's own head in the place of Gradio's."""

    def __init__(self, send: Send, head: str) -> None:
        self._send, self._head = send, head
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        body = with_head(self._body.decode(), self._head).encode()
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def with_head(html: str, head: str) -> str:
    """A page with these lines in its head, and without what Gradio says of itself there."""
    return _SOCIAL.sub("", html).replace("</head>", f"{head}</head>", 1)


def _plain_only(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name != b"accept-encoding"]
