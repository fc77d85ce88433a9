"""What stands before Gradio and the service: who may ask what, how much of it, and the page's head.

Every request passes here, whichever route it goes to.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mehealth_rag.encoder.shipped import first_line
from mehealth_ui.gateway.hosts import Hosts
from mehealth_ui.gateway.reception import Caller, key_sent
from mehealth_ui.limits import BODY_BYTES, BODY_SECONDS, UPLOAD_BYTES, TooLargeError
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.door import DEVICE, DEVICE_SECONDS, VISIT, Visit, device_mark
from mehealth_ui.people.roles import ROLE, Role, role_of
from mehealth_ui.telling import UNEXPECTED
from mehealth_ui.visitors import USER, address_of

LOG = logging.getLogger("mehealth.ui")
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
    "cross-origin-resource-policy": "same-origin",
}
_SOCIAL = re.compile(r"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*/>\s*")
_GRADIO = "/gradio_api/"
_USED = re.compile(
    r"/gradio_api/(?:info|openapi\.json|queue/(?:join|data)|call/.+|cancel|reset|heartbeat/.+"
    r"|component_server|app_id|login_check|token|user|startup-events|theme\.css|mcp(?:/.*)?)/?"
)
"""What the page and its callers need of Gradio; the rest takes files, or fetches, or edits."""

_CALLED = re.compile(r"/gradio_api/call/(?:v2/)?([^/]+)")
_OPEN = re.compile(
    r"/?|/log(?:in|out)/?|/healthz|/readyz|/config/?|/(?:ui|assets|static|svelte)/.*|/favicon\.ico"
    r"|/theme\.css|/robots\.txt|/manifest\.json|/gradio_api/(?:app_id|login_check|token|user"
    r"|startup-events|theme\.css)/?"
)
"""What someone sees who has yet to sign in."""


@dataclass
class Guard:
    """ASGI middleware. `head` goes into the page; `who` tells who asks, None: nobody known.

    The audit log is told of keys that are not known and of roles that are too low.
    """

    app: ASGIApp
    head: str
    who: Callable[[Request], Caller | None]
    hosts: Hosts
    audit: Audit | None = None
    endpoints: tuple[str, ...] = ()
    """The names that Gradio's own clients may call; it knows nothing to say to others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn away what is not wanted, pass on the rest with the page's headers."""
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
        if refusal is not None:
            if refusal == _UNKNOWN_KEY:
                await self._note(request, "", "an unknown key")
            await _refused(*refusal)(scope, receive, sender)
            return
        name, role = (caller.name, caller.role) if caller else (None, Role.READER)
        scope = {**scope, USER: name, ROLE: role}
        if _is_upload(scope):  # it goes to disk as it comes, once its sender's role is known
            await self._passed_on(scope, _bounded(receive), sender)
            return
        try:
            body = await _whole(receive)
        except _RefusedError as error:
            await _refused(error.status, str(error))(scope, receive, sender)
            return
        except _GoneError:
            return
        await self._passed_on(scope, _again(body, receive), sender)

    async def _passed_on(self, scope: Scope, receive: Receive, sender: _Heading) -> None:
        """Have a request answered, and note whose role was too low for it."""
        await self._answer(scope, receive, sender)
        if scope[USER] and sender.status == 403:
            await self._note(Request(scope), scope[USER], f"the role {role_of(scope).word}")

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
            if sender.status == 500:
                LOG.exception("%s %s failed", scope["method"], scope["path"])
            elif sender.status:
                LOG.warning("%s %s broke off: %s", scope["method"], scope["path"], _line(error))
            else:
                LOG.exception("%s %s failed", scope["method"], scope["path"])
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
"""Bytes that an upload may have around its file."""


def _is_upload(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "")
    here = scope["method"] == "POST" and scope["path"] == "/v1/documents"
    return here and kind.lower().startswith("multipart/form-data")


def _bounded(receive: Receive) -> Receive:
    """A receiver of an upload that raises TooLargeError where more comes than is taken."""
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


class _RefusedError(Exception):
    """A body that is not taken."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class _GoneError(Exception):
    """Who asked has gone."""


async def _whole(receive: Receive) -> bytes:
    """The body of a request, however it was cut up. Raises _RefusedError, _GoneError."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                body += message.get("body", b"")
                if len(body) > BODY_BYTES:
                    raise _RefusedError(*_TOO_LARGE)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise _RefusedError(408, f"the request took over {BODY_SECONDS:g} s to come") from None


def _again(body: bytes, receive: Receive) -> Receive:
    """A receiver that gives the body that was received already, then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received


def _refused(status: int, line: str) -> JSONResponse:
    return JSONResponse({"error": line}, status)


def _line(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):  # a task group wraps what went wrong in it
        inner = error.exceptions[0]
        error = inner if isinstance(inner, Exception) else error
    return first_line(error)


def _visit(request: Request) -> Visit:
    return Visit(address_of(request), request.cookies.get(DEVICE, ""))


@dataclass
class _Heading:
    """Adds the headers, and remembers how the answer began."""

    send: Send
    visit: Visit
    status: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if self.visit.kept:  # just signed in: the next time this browser is known
                headers.append("set-cookie", self._cookie())
        await self.send(message)

    def _cookie(self) -> str:
        return (
            f"{DEVICE}={device_mark(self.visit.kept)}; Path=/; HttpOnly; SameSite=Strict; "
            f"Max-Age={DEVICE_SECONDS}"
        )


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
