"""Identifies callers: people who signed in, and programs with a key."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_ui.people.audit import SIGNED_IN, SIGNED_OUT, Audit
from mehealth_ui.people.callers import Caller, address_of
from mehealth_ui.people.door import VISIT, Door, Visit
from mehealth_ui.people.keys import find_key, keys_beside, read_keys
from mehealth_ui.people.line_files import Current
from mehealth_ui.people.sessions import Ended, Sessions, secret_beside

if TYPE_CHECKING:
    from starlette.requests import Request

    from mehealth_rag.settings import Settings

LOG = logging.getLogger("mehealth.ui")
_FOR_PROGRAMS = re.compile(r"/v1/.*|/metrics|/openapi\.json")
"""The paths that accept a key; the page is for people."""

_HASHING = 2
"""Passwords that are hashed at the same time; each takes 16 MB."""

_HOUR = 3600


def key_sent(request: Request) -> str | None:
    """Return the key that a program sends; None if there is none or the path accepts none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _FOR_PROGRAMS.fullmatch(request.scope["path"]):
        return None
    return key.strip()


class Reception:
    """Checks passwords, sessions and keys, and records sign-ins in the audit log."""

    def __init__(self, login: Door, settings: Settings, audit: Audit) -> None:
        """Raise UsageError if the file of keys is damaged."""
        self._door, self._audit = login, audit
        self._keys = Current(settings.ui_keys or keys_beside(login.path), read_keys)
        self._keys.get()
        secret = secret_beside(settings.index)
        ended = Ended.from_settings(settings)
        self.sessions = Sessions(login, settings.ui_session_hours * _HOUR, secret, ended)
        self._hashing = ThreadPoolExecutor(_HASHING, "sign-in")
        # Pages at other ports share this one's cookies; its replicas share the secret.
        self._id = hashlib.sha256(f"cookie {secret}".encode()).hexdigest()[:16]
        self._cookie = f"access-token-{self._id}"

    def attach(self, gradio: Any) -> None:  # noqa: ANN401 - Gradio's application
        """Replace Gradio's dictionary of cookies by the sessions."""
        gradio.tokens, gradio.cookie_id = self.sessions, self._id

    def who(self, request: Request) -> Caller | None:
        """Return the caller; None if nobody is signed in or the key is unknown."""
        key = key_sent(request)
        try:
            if key is not None:
                entry = find_key(self._keys.get(), key)
                return Caller(entry.name, entry.role) if entry else None
            name: str | None = self.sessions.get(request.cookies.get(self._cookie))
            return None if name is None else Caller(name, self._door.people()[name].role)
        except KeyError:
            return None  # removed in this moment
        except UsageError as error:
            LOG.error("nobody is let in: %s", error)  # noqa: TRY400 - one line says all
            return None

    async def check(self, name: str, password: str) -> bool:
        """Check a password, off the event loop because hashing is slow by design."""
        loop, visit = asyncio.get_running_loop(), VISIT.get(Visit())
        return await loop.run_in_executor(self._hashing, self._check, name, password, visit)

    def _check(self, name: str, password: str, visit: Visit) -> bool:
        try:
            opened = self._door.opens(name, password, visit)
            known = name in self._door.people()
        except MehealthError:
            LOG.exception("nobody can sign in")
            return False
        if opened:
            self._audit.record(name, SIGNED_IN, f"from {visit.address}")
        else:  # an unknown name may be a password in the wrong field: never record it
            self._audit.refused(name if known else "", "sign-in", visit.address)
        return opened

    def routes(self) -> list[Route]:
        """Return routes that replace Gradio's sign-in, which keeps sessions in memory."""
        return [
            Route("/login", self._sign_in, methods=["POST"]),
            Route("/login/", self._sign_in, methods=["POST"]),
            Route("/logout", self._sign_out, methods=["GET", "POST"]),
        ]

    async def _sign_in(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            name, password = (str(form.get(field, "")) for field in ("username", "password"))
        name, visit = name.strip(), VISIT.get(Visit())
        if not await self.check(name, password):
            return JSONResponse({"detail": "Incorrect credentials."}, 400)
        response = JSONResponse({"success": True})
        token = self.sessions.begin(name, visit.password_hash)
        secure = request.url.scheme == "https"
        response.set_cookie(self._cookie, token, httponly=True, secure=secure, samesite="lax")
        return response

    def _sign_out(self, request: Request) -> Response:
        name = self.sessions.end(request.cookies.get(self._cookie))
        if name is not None:
            self._audit.record(name, SIGNED_OUT, f"from {address_of(request)}")
        response = RedirectResponse("./", 303)
        response.delete_cookie(self._cookie, httponly=True)
        return response
