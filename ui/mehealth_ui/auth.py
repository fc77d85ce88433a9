"""Who may use the page: a file with a line per person, the password hashed with scrypt."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mehealth_rag.errors import UsageError
from mehealth_ui.limits import SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SHORTEST_PASSWORD = 10
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_NOBODY = f"scrypt${_COST}${_BLOCK}${_PARALLEL}${'00' * 16}${'00' * 32}"


def hashed(password: str, salt: bytes | None = None) -> str:
    """A password as it is kept: algorithm, costs, salt, digest."""
    salt = secrets.token_bytes(16) if salt is None else salt
    digest = _digest(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${digest.hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether a password is the one that is kept."""
    try:
        algorithm, cost, block, parallel, salt, digest = kept.split("$")
        if algorithm != "scrypt":
            return False
        found = _digest(password, bytes.fromhex(salt), int(cost), int(block), int(parallel))
        return hmac.compare_digest(found, bytes.fromhex(digest))
    except ValueError:
        return False


def add_person(path: Path, name: str, password: str) -> bool:
    """Write a person's line; an old one of that name is replaced. Returns whether there was one.

    Raises:
        UsageError: the name or password will not do, or the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"'{name}' will not do as a name; use letters, digits and . _ @ -")
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password is too short; use {SHORTEST_PASSWORD} characters or more")
    people = read_people(path) if path.exists() else {}
    was_there = name in people
    people[name] = hashed(password)
    text = "".join(f"{who}:{kept}\n" for who, kept in sorted(people.items()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    return was_there


def read_people(path: Path) -> dict[str, str]:
    """The people of a password file.

    Raises:
        UsageError: it is missing or holds a line that is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read; make it with `mehealth auth add NAME`"
        ) from error
    people = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, kept = line.strip().partition(":")
        if not colon or not NAME.fullmatch(name) or not kept.startswith("scrypt$"):
            raise UsageError(f"{path}, line {number}: not NAME:HASH; use `mehealth auth add NAME`")
        people[name] = kept
    return people


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass
class Door:
    """Checks names and passwords, and makes who guesses wait."""

    path: Path
    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, list[float]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def opens(self, name: str, password: str) -> bool:
        """Whether this person may come in. Unknown names take as long as known ones."""
        now = self.clock()
        with self._guard:
            recent = [t for t in self._wrong.get(name, ()) if now - t < SIGN_IN_WINDOW]
            if len(recent) >= SIGN_IN_ATTEMPTS:
                return False
        right = matches(password, read_people(self.path).get(name, _NOBODY))
        with self._guard:
            if right:
                self._wrong.pop(name, None)
            else:
                self._wrong = {k: v for k, v in self._wrong.items() if now - v[-1] < SIGN_IN_WINDOW}
                self._wrong[name] = [*recent, now]
        return right


def door(host: str, path: Path | None) -> Door | None:
    """The door for an address: none is needed on this machine alone.

    Raises:
        UsageError: others could reach the page and there is nobody to let in.
    """
    if path is not None:
        if not read_people(path):
            raise UsageError(f"{path}: nobody is in it; add someone with `mehealth auth add NAME`")
        return Door(path)
    if is_loopback(host):
        return None
    raise UsageError(
        f"{host} can be reached by others, so a login is needed: run `mehealth auth add NAME` "
        "and set MEHEALTH_UI_AUTH to the file; or stay on 127.0.0.1"
    )


def _digest(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, dklen=32)
