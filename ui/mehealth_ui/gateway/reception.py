"""Who sends a request: a person who signed in, a program with a key, or anybody."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_ui.people.audit import SIGNED_IN, SIGNED_OUT, Audit
from mehealth_ui.people.door import VISIT, Door, Visit
from mehealth_ui.people.keys import Key, find_key, keys_beside, read_keys
from mehealth_ui.people.line_files import Current
from mehealth_ui.people.roles import Role
from mehealth_ui.people.sessions import Ended, Sessions, secret_beside
from mehealth_ui.visitors import address_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from mehealth_rag.settings import Settings

LOG = logging.getLogger("mehealth.ui")
_FOR_PROGRAMS = re.compile(r"/v1/.*|/metrics|/openapi\.json")
"""What a key opens; the page is for people."""

_BEARER = "bearer "
_HASHING = 2
"""Passwords that are hashed at a time: each takes 16 MB."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a key by name, and what it may do; the name is empty where nobody signs in."""

    name: str
    role: Role = Role.READER


def key_sent(request: Request) -> str | None:
    """The key that a program sends along; None where there is none, or the path takes none."""
    given = request.headers.get("authorization", "")
    if given[: len(_BEARER)].lower() != _BEARER or not _FOR_PROGRAMS.fullmatch(
        request.scope["path"]
    ):
        return None
    return given[len(_BEARER) :].strip()


class Reception:
    """Lets people and programs in: passwords, sessions, keys, and the entries of the audit log.

    Raises:
        UsageError: the file of keys is damaged.
    """

    def __init__(self, guarded: Door, settings: Settings, audit: Audit) -> None:
        self._door, self._audit = guarded, audit
        self._keys = Current(settings.ui_keys or keys_beside(guarded.path), read_keys)
        self._keys.get()
        secret = secret_beside(settings.index)
        ended = Ended.from_settings(settings)
        self.sessions = Sessions(guarded, settings.ui_session_hours * _HOUR, secret, ended)
        self._hashing = ThreadPoolExecutor(_HASHING, "sign-in")
        # Pages at other ports share their cookies with this one; its replicas have the secret.
        self._id = hashlib.sha256(f"cookie {secret}".encode()).hexdigest()[:16]
        self._cookie = f"access-token-{self._id}"

    def attach(self, gradio: Any) -> None:  # noqa: ANN401 - Gradio's application
        """Have Gradio know who is signed in: it looks a cookie up, as in a dictionary."""
        gradio.tokens, gradio.cookie_id = self.sessions, self._id

    def who(self, request: Request) -> Caller | None:
        """Who sends a request; None where nobody is signed in, or the key is not known."""
        key = key_sent(request)
        try:
            if key is not None:
                found: Key | None = find_key(self._keys.get(), key)
                return Caller(found.name, found.role) if found else None
            name: str | None = self.sessions.get(request.cookies.get(self._cookie))
            return None if name is None else Caller(name, self._door.people()[name].role)
        except KeyError:
            return None  # removed in this moment
        except UsageError as error:
            LOG.error("nobody is let in: %s", error)  # noqa: TRY400 - one line says all
            return None

    async def check(self, name: str, password: str) -> bool:
        """Whether a password is right. Off the event loop: hashing takes a while by design."""
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
        else:  # a name that is nobody's may be a password in the wrong field: it is not kept
            self._audit.refused(name if known else "", "sign-in", visit.address)
        return opened

    def routes(self) -> list[Route]:
        """Signing in and out. They take the place of Gradio's, which keeps sessions in memory."""
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
        token = self.sessions.begin(name, visit.kept)
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
