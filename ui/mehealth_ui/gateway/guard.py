"""Checks every request before Gradio and the service see it: host, origin, caller, size."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mehealth_rag.encoder.shipped import first_line
from mehealth_ui.error_text import UNEXPECTED
from mehealth_ui.gateway.hosts import Hosts
from mehealth_ui.gateway.reception import key_sent
from mehealth_ui.limits import BODY_BYTES, BODY_SECONDS, UPLOAD_BYTES, TooLargeError
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.callers import ROLE, USER, Caller, Role, address_of
from mehealth_ui.people.door import DEVICE, DEVICE_SECONDS, VISIT, Visit, device_mark

LOG = logging.getLogger("mehealth.ui")
POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio compiles strings to functions; documents and questions are escaped before.
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
    "cross-origin-resource-policy": "same-origin",
}
_SOCIAL = re.compile(r"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*/>\s*")
_GRADIO = "/gradio_api/"
_USED = re.compile(
    r"/gradio_api/(?:info|openapi\.json|queue/(?:join|data)|call/.+|cancel|reset|heartbeat/.+"
    r"|component_server|app_id|login_check|token|user|startup-events|theme\.css|mcp(?:/.*)?)/?"
)
"""The part of Gradio in use. The rest takes files, fetches addresses or edits the page."""

_CALLED = re.compile(r"/gradio_api/call/(?:v2/)?([^/]+)")
_OPEN = re.compile(
    r"/?|/log(?:in|out)/?|/healthz|/readyz|/config/?|/(?:ui|assets|static|svelte)/.*|/favicon\.ico"
    r"|/theme\.css|/robots\.txt|/manifest\.json|/gradio_api/(?:app_id|login_check|token|user"
    r"|startup-events|theme\.css)/?"
)
"""The paths that need no sign-in."""


@dataclass
class Guard:
    """ASGI middleware. It records unknown keys and roles that are too low in the audit log.

    `head` goes into the page; `who` identifies the caller, or returns None.
    """

    app: ASGIApp
    head: str
    who: Callable[[Request], Caller | None]
    hosts: Hosts
    audit: Audit | None = None
    endpoints: tuple[str, ...] = ()
    """The names that Gradio clients may call; Gradio says nothing useful about others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on and add the page's headers to the response."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})  # there are none here
            return
        request = Request(scope)
        visit = _visit(request)
        VISIT.set(visit)
        sender = _Heading(send, visit)
        caller = self.who(request)
        if caller is not None:
            scope[USER] = caller.name  # the log names who asks
        refusal = self._refusal(request, caller)
        if refusal == _UNKNOWN_KEY:
            await self._note(request, "", "an unknown key")
        if refusal is not None:
            await _refused(*refusal)(scope, receive, sender)
            return
        name, role = (caller.name, caller.role) if caller else (None, Role.READER)
        scope = {**scope, USER: name, ROLE: role}
        try:  # an upload goes to disk as it arrives, once its sender's role is checked
            body = _bounded(receive) if _is_upload(scope) else await _whole(scope, receive)
        except HTTPException as error:
            await _refused(error.status_code, error.detail)(scope, receive, sender)
            return
        except ClientDisconnect:
            return
        await self._answer(scope, body, sender)
        if name and sender.status == 403:
            await self._note(request, name, f"the role {role.word}")

    async def _note(self, request: Request, name: str, why: str) -> None:
        if self.audit is not None:
            what = f"{why} at {request.method} {request.scope['path']}"
            await run_in_threadpool(self.audit.refused, name, what, _visit(request).address)

    async def _answer(self, scope: Scope, receive: Receive, sender: _Heading) -> None:
        page = scope["path"] in {"", "/"} and scope["method"] == "GET"
        if page:
            scope = {**scope, "headers": _plain_only(scope["headers"])}
        try:
            await self.app(scope, receive, _Page(sender, self.head) if page else sender)
        except Exception as error:
            if sender.status not in {0, 500}:
                LOG.warning("%s %s broke off: %s", scope["method"], scope["path"], _line(error))
                return
            LOG.exception("%s %s failed", scope["method"], scope["path"])
            if not sender.status:
                await _refused(500, UNEXPECTED)(scope, receive, sender)

    def _refusal(self, request: Request, caller: Caller | None) -> tuple[int, str] | None:
        path: str = request.scope["path"]
        headers = request.headers
        refusal = self.hosts.refusal(headers)
        if refusal is not None:
            return refusal
        if path.startswith(_GRADIO) and not _USED.fullmatch(path):
            return 403, "this is switched off"
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > BODY_BYTES and not _is_upload(request.scope):
            return _TOO_LARGE
        if caller is None and not _OPEN.fullmatch(path):
            return _SIGN_IN if key_sent(request) is None else _UNKNOWN_KEY
        called = _CALLED.match(path)
        if called and called[1] not in self.endpoints:
            known = ", ".join(self.endpoints) or "none"
            return 404, f"there is no endpoint '{called[1][:100]}'; there are: {known}"
        return None


_TOO_LARGE = (413, f"at most {BODY_BYTES:,} bytes are taken")
_SIGN_IN = (401, "sign in first; a program sends its key as `Authorization: Bearer KEY`")
_UNKNOWN_KEY = (401, "this key is not known; `mehealth auth key add NAME` makes one")


_ENVELOPE = 10_000
"""Bytes of an upload around its file."""


def _is_upload(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "")
    adds = scope["method"] == "POST" and scope["path"] == "/v1/documents"
    return adds and kind.lower().startswith("multipart/form-data")


def _bounded(receive: Receive) -> Receive:
    """Return a receiver that raises TooLargeError if an upload is too large."""
    taken = 0

    async def received() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > UPLOAD_BYTES + _ENVELOPE:
            raise TooLargeError(
                f"the file is larger than {UPLOAD_BYTES // 1_000_000} MB; divide it"
            )
        return message

    return received


async def _whole(scope: Scope, receive: Receive) -> Receive:
    """Read the body and return a receiver that gives it in one piece.

    Raises HTTPException if it is too large or too slow, ClientDisconnect if the client left.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in Request(scope, receive).stream():
                body += piece
                if len(body) > BODY_BYTES:
                    raise HTTPException(*_TOO_LARGE)
    except TimeoutError:
        line = f"the request took over {BODY_SECONDS:g} s to come"
        raise HTTPException(408, line) from None
    first: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received


def _refused(status: int, line: str) -> JSONResponse:
    return JSONResponse({"error": line}, status)


def _line(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):  # a task group wraps the error
        inner = error.exceptions[0]
        error = inner if isinstance(inner, Exception) else error
    return first_line(error)


def _visit(request: Request) -> Visit:
    return Visit(address_of(request), request.cookies.get(DEVICE, ""))


@dataclass
class _Heading:
    """Adds the headers, and remembers the status."""

    send: Send
    visit: Visit
    status: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if self.visit.password_hash:  # just signed in: this browser is known from now on
                headers.append("set-cookie", self._cookie())
        await self.send(message)

    def _cookie(self) -> str:
        return (
            f"{DEVICE}={device_mark(self.visit.password_hash)}; Path=/; HttpOnly; SameSite=Strict; "
            f"Max-Age={DEVICE_SECONDS}"
        )


class _Page:
    """Puts the page's head into Gradio's."""

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
        body = _with_head(self._body.decode(), self._head).encode()
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _with_head(html: str, head: str) -> str:
    """Add these lines to a page's head, and remove Gradio's social media tags."""
    return _SOCIAL.sub("", html).replace("</head>", f"{head}</head>", 1)


def _plain_only(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name != b"accept-encoding"]
