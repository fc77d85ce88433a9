"""What a person or a program may do: each role may do what the ones below it may."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

ROLE = "mehealth.role"
"""Key of a request's ASGI scope with the role of whoever sends it."""


class Role(IntEnum):
    """Ask and check; decide on claims, change documents; see and delete what is kept of others."""

    READER = 1
    STAFF = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """Its name, as files, messages and JSON have it; `role_named` reads it back."""
        return self.name.lower()


def role_named(name: str) -> Role:
    """The role of that name. Raises UsageError."""
    try:
        return Role[name.upper()]
    except KeyError:
        known = ", ".join(role.word for role in Role)
        raise UsageError(f"'{name}' is no role; there are: {known}") from None


class ForbiddenError(UsageError):
    """Whoever asks has not the role that this needs. The service answers with status 403."""


def role_of(scope: MutableMapping[str, Any]) -> Role:
    """Return the role of whoever sends a request; a visitor without one is a reader."""
    role: Role = scope.get(ROLE, Role.READER)
    return role


def require(scope: MutableMapping[str, Any], role: Role) -> None:
    """Raise ForbiddenError if whoever sends a request has not at least this role."""
    if role_of(scope) < role:
        raise ForbiddenError(f"this needs the role {role.word}")
