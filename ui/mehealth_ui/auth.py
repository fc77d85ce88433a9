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
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mehealth_rag.errors import UsageError
from mehealth_ui.limits import SIGN_IN_ATTEMPTS, SIGN_IN_ATTEMPTS_ALL, SIGN_IN_WINDOW

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SHORTEST_PASSWORD = 10
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
DEVICE = "mehealth-device"
"""The cookie of a browser in which someone has signed in."""

DEVICE_SECONDS = 365 * 86_400
_NOBODY = f"scrypt${_COST}${_BLOCK}${_PARALLEL}${'00' * 16}${'00' * 32}"


@dataclass(slots=True)
class Visit:
    """Who sends a request: the address, the mark of a browser; `kept` of who just signed in."""

    address: str = ""
    device: str = ""
    kept: str = ""


VISIT: ContextVar[Visit] = ContextVar("visit")
"""The request that is being answered; Gradio asks for a name and a password only."""


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
    """Checks names and passwords, and makes who guesses wait.

    Guesses are counted for a name and an address, so that a stranger shuts nobody else out; and
    for the name from all addresses together, where only browsers that are known still get in.
    """

    path: Path
    clock: Callable[[], float] = time.monotonic
    _tried: defaultdict[tuple[str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _read: tuple[tuple[int, int, int], dict[str, str]] | None = None

    def people(self) -> dict[str, str]:
        """Who may come in now, with their hashes. Raises UsageError."""
        try:
            stat = self.path.stat()
        except OSError:
            return read_people(self.path)
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        read = self._read
        if read is None or read[0] != stamp:
            read = self._read = (stamp, read_people(self.path))
        return read[1]

    def opens(self, name: str, password: str, visit: Visit | None = None) -> bool:
        """Whether this person may come in. Unknown names take as long as known ones.

        `visit` says from where; it is then told which hash the password was compared with.
        """
        visit = visit or Visit()
        kept = self.people().get(name, _NOBODY)
        counted = self._counted(name, visit, kept)
        now = self.clock()
        with self._guard:
            self._forget(now)
            if any(len(self._tried[key]) >= most for key, most in counted):
                return False
            for key, _ in counted:  # before it is compared: many at once are counted as well
                self._tried[key].append(now)
        if not matches(password, kept):
            return False
        with self._guard:
            own, *others = (key for key, _ in counted)
            self._tried.pop(own, None)
            for key in others:
                with suppress(ValueError):  # it is long ago
                    self._tried[key].remove(now)
        visit.kept = kept
        return True

    def still(self, name: str, kept: str) -> bool:
        """Whether who came in with this hash may stay: neither removed nor with a new password."""
        try:
            return bool(kept) and self.people().get(name) == kept
        except UsageError:
            return False

    @staticmethod
    def _counted(name: str, visit: Visit, kept: str) -> tuple[tuple[tuple[str, str], int], ...]:
        """What a try is counted for, and how many are taken of each."""
        if hmac.compare_digest(visit.device.encode(), device_mark(kept).encode()):
            return (((name, "a browser that is known"), SIGN_IN_ATTEMPTS),)
        return (
            ((name, f"from {visit.address}"), SIGN_IN_ATTEMPTS),
            ((name, "anywhere"), SIGN_IN_ATTEMPTS_ALL),
        )

    def _forget(self, now: float) -> None:
        for key, times in list(self._tried.items()):
            recent = [t for t in times if now - t < SIGN_IN_WINDOW]
            if recent:
                self._tried[key] = recent
            else:
                del self._tried[key]


def device_mark(kept: str) -> str:
    """What a browser is given when someone has signed in; a new password makes it worthless."""
    return hmac.digest(kept.encode(), b"a browser that is known", "sha256").hex()


class Sessions(dict[str, str]):
    """Who is signed in, by token: what Gradio keeps, as long as the password file agrees."""

    def __init__(self, guarded: Door) -> None:
        super().__init__()
        self._door = guarded
        self._kept: dict[str, str] = {}

    def __setitem__(self, token: str, name: str) -> None:
        super().__setitem__(token, name)
        self._kept[token] = VISIT.get(Visit()).kept

    def __delitem__(self, token: str) -> None:
        super().__delitem__(token)
        self._kept.pop(token, None)

    def __contains__(self, token: object) -> bool:
        return self.get(token) is not None

    def get(self, token: Any, default: Any = None) -> Any:  # noqa: ANN401 - as a dictionary has it
        """The name behind a token, `default` where there is none or it counts no more."""
        name = super().get(token)
        if name is None:
            return default
        if not self._door.still(name, self._kept.get(token, "")):
            self.pop(token, None)
            self._kept.pop(token, None)
            return default
        return name


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
