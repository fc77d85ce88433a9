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
    """Ask and check; decide on claims and change documents; see and delete what is kept of all."""

    READER = 1
    STAFF = 2
    ADMIN = 3


class ForbiddenError(UsageError):
    """Whoever asks has not the role that this needs. The service answers with status 403."""


def role_of(scope: MutableMapping[str, Any]) -> Role:
    """Return the role of whoever sends a request; a visitor without one is a reader."""
    role: Role = scope.get(ROLE, Role.READER)
    return role


def require(scope: MutableMapping[str, Any], role: Role) -> None:
    """Raise ForbiddenError if whoever sends a request has not at least this role."""
    if role_of(scope) < role:
        raise ForbiddenError(f"this needs the role {role.name.lower()}")
