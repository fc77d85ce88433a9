"""API keys for programs: a file with the name and SHA-256 of each.

A key is 256 random bits, so a hash without salt is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from mehealth_rag.errors import UsageError
from mehealth_ui.people.callers import Role, role_named
from mehealth_ui.people.line_files import changing, entries, write_private
from mehealth_ui.people.passwords import NAME, check_name

PREFIX = "mh_"
"""The beginning of every key, by which people and secret scanners recognise one."""

_BYTES = 32
_LINE = re.compile(rf"({NAME.pattern}):([0-9a-f]{{64}}):([a-z]+):([0-9-]+)")


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the file, NAME:SHA-256:ROLE:DATE; the date is that of its creation (UTC)."""

    name: str
    digest: str
    role: Role
    added: date


def keys_beside(people: Path) -> Path:
    """Return the file of keys that belongs to a password file."""
    return people.with_name(people.name + ".keys")


def read_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys of a file, which may be missing. Raises UsageError for a damaged line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read; check the setting ui_keys") from error
    return tuple(_key(path, number, line) for number, line in entries(text))


def add_key(path: Path, name: str, role: Role) -> str:
    """Make a key, store its hash and return it: it cannot be recovered later.

    Raises UsageError if the name is bad or taken, or the file cannot be written.
    """
    check_name(name)
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    key = Key(name, digest_of(secret), role, datetime.now(UTC).date())
    with changing(path):
        keys = read_keys(path)
        if any(old.name == name for old in keys):
            raise UsageError(
                f"there is a key '{name}' already; remove it first, or use another name"
            )
        _write(path, (*keys, key))
    return secret


def remove_key(path: Path, name: str) -> None:
    """Remove a key from the file. Raises UsageError."""
    with changing(path):
        keys = read_keys(path)
        if all(key.name != name for key in keys):
            raise UsageError(f"no key is called '{name}' in {path}; see: mehealth auth key list")
        _write(path, tuple(key for key in keys if key.name != name))


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a key in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_key(keys: tuple[Key, ...], secret: str) -> Key | None:
    """Return the entry of a key, in constant time."""
    digest = digest_of(secret)
    matching = [key for key in keys if hmac.compare_digest(key.digest, digest)]
    return matching[0] if matching else None


def _key(path: Path, number: int, line: str) -> Key:
    parts = _LINE.fullmatch(line)
    try:
        if parts:
            name, digest, role, added = parts.groups()
            return Key(name, digest, role_named(role), date.fromisoformat(added))
        problem = "it is not NAME:SHA-256:ROLE:DATE"
    except (ValueError, UsageError) as error:
        problem = str(error)
    raise UsageError(
        f"{path}, line {number}: {problem}; "
        "remove the line and make a key with `mehealth auth key add NAME`"
    )


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    ordered = sorted(keys, key=lambda key: key.name)
    lines = (f"{k.name}:{k.digest}:{k.role.word}:{k.added}" for k in ordered)
    write_private(path, lines)
