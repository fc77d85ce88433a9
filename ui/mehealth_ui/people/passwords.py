"""The password file: a line NAME:HASH or NAME:HASH:ROLE per person, hashed with scrypt."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from mehealth_rag.errors import UsageError
from mehealth_ui.people.callers import Role, role_named
from mehealth_ui.people.line_files import changing, entries, write_private

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SHORTEST_PASSWORD = 10
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
NO_PASSWORD = f"scrypt${_COST}${_BLOCK}${_PARALLEL}${'00' * 16}${'00' * 32}"
"""A hash that no password has, as slow to compare as a real one."""


@dataclass(frozen=True, slots=True)
class Person:
    """The password's hash, and the role."""

    password_hash: str
    role: Role = Role.READER


People = dict[str, Person]
"""The people of a password file by name."""


def hashed(password: str, salt: bytes | None = None) -> str:
    """Return a password's hash: algorithm, costs, salt and digest."""
    salt = secrets.token_bytes(16) if salt is None else salt
    digest = _digest(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${digest.hex()}"


def matches(password: str, password_hash: str) -> bool:
    """Compare a password with a hash; a damaged hash matches nothing."""
    try:
        algorithm, cost, block, parallel, salt, digest = password_hash.split("$")
        actual = _digest(password, bytes.fromhex(salt), int(cost), int(block), int(parallel))
        return algorithm == "scrypt" and hmac.compare_digest(actual, bytes.fromhex(digest))
    except ValueError:
        return False


def check_name(name: str) -> None:
    """Raise UsageError if this cannot be the name of a person or a key."""
    if not NAME.fullmatch(name):
        raise UsageError(f"'{name}' will not do as a name; use letters, digits and . _ @ -")


def read_people(path: Path) -> People:
    """Return the people of a password file. Raises UsageError if it is missing or damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read; make it with `mehealth auth add NAME`"
        ) from error
    people = {}
    for number, line in entries(text):
        name, _, rest = line.partition(":")
        password_hash, colon, role = rest.partition(":")
        if not NAME.fullmatch(name) or not password_hash.startswith("scrypt$"):
            raise UsageError(f"{path}, line {number}: not NAME:HASH; use `mehealth auth add NAME`")
        try:
            people[name] = Person(password_hash, role_named(role) if colon else Role.READER)
        except UsageError as error:
            raise UsageError(f"{path}, line {number}: {error}") from error
    return people


def add_person(path: Path, name: str, password: str, role: Role | None = None) -> bool:
    """Add or replace a person, and tell whether one was replaced.

    Without `role` a person keeps theirs, and a new one is a reader. Raises UsageError if the name
    or the password is bad, or the file cannot be written.
    """
    check_name(name)
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password is too short; use {SHORTEST_PASSWORD} characters or more")
    with changing(path):
        people = read_people(path) if path.exists() else {}
        before = people.get(name)
        if role is None:
            role = before.role if before else Role.READER
        _write(path, {**people, name: Person(hashed(password), role)})
    return before is not None


def set_role(path: Path, name: str, role: Role) -> Role:
    """Change a person's role, and return the former one. Raises UsageError."""
    with changing(path):
        people = read_people(path)
        before = _known(path, people, name)
        _write(path, {**people, name: replace(before, role=role)})
    return before.role


def remove_person(path: Path, name: str) -> None:
    """Remove a person from the file. Raises UsageError."""
    with changing(path):
        people = read_people(path)
        _known(path, people, name)
        _write(path, {who: person for who, person in people.items() if who != name})


def _known(path: Path, people: People, name: str) -> Person:
    if name not in people:
        raise UsageError(f"nobody is called '{name}' in {path}; see: mehealth auth list")
    return people[name]


def _write(path: Path, people: People) -> None:
    write_private(path, (_line(name, person) for name, person in sorted(people.items())))


def _line(name: str, person: Person) -> str:
    role = "" if person.role is Role.READER else f":{person.role.word}"
    return f"{name}:{person.password_hash}{role}"


def _digest(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, dklen=32)
