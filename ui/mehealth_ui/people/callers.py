"""Who sends a request: name, address and role. Each role may do what the roles below it may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import Request

USER, ROLE = "mehealth.user", "mehealth.role"
"""Keys of a request's ASGI scope: the name of the person or key, and its role."""


class Role(IntEnum):
    """Readers ask and check; staff decide on claims and change documents; admins see it all."""

    READER = 1
    STAFF = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The name used in files, messages and JSON; `role_named` reads it back."""
        return self.name.lower()


class ForbiddenError(UsageError):
    """The caller's role is too low. The service answers with status 403."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a key; the name is empty if nobody signs in."""

    name: str
    role: Role = Role.READER


def role_named(name: str) -> Role:
    """Return the role with this name. Raises UsageError."""
    try:
        return Role[name.upper()]
    except KeyError:
        known = ", ".join(role.word for role in Role)
        raise UsageError(f"'{name}' is no role; there are: {known}") from None


def role_of(scope: Mapping[str, Any]) -> Role:
    """Return the caller's role; a caller without one is a reader."""
    role: Role = scope.get(ROLE, Role.READER)
    return role


def require(scope: Mapping[str, Any], role: Role) -> None:
    """Raise ForbiddenError if the caller's role is lower than this one."""
    if role_of(scope) < role:
        raise ForbiddenError(f"this needs the role {role.word}")


def user_of(request: Request | gr.Request) -> str:
    """Return the name of the person or key, empty if nobody signs in."""
    return str(_unwrapped(request).scope.get(USER) or "")


def address_of(request: Request) -> str:
    """Return the client's address, empty if it is unknown."""
    return request.client.host if request.client else ""


def visitor(request: Request | gr.Request | None) -> tuple[str, str]:
    """Return who asks and from which address; the address stands in for a missing name.

    A browser could invent any session, so limits never count by session.
    """
    if request is None:
        return "", ""
    address = address_of(_unwrapped(request))
    return user_of(request) or address, address


def _unwrapped(request: Request | gr.Request) -> Request:
    """Return the web server's request, which Gradio's queue wraps."""
    plain: Any = getattr(request, "request", request)
    return cast("Request", plain)
