"""Checks names and passwords, and slows down guessing."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from mehealth_rag.errors import UsageError
from mehealth_ui.limits import SIGN_IN_ATTEMPTS, SIGN_IN_ATTEMPTS_ALL, SIGN_IN_WINDOW
from mehealth_ui.people.line_files import Current
from mehealth_ui.people.passwords import NO_PASSWORD, People, matches, read_people

DEVICE = "mehealth-device"
"""The cookie of a browser in which someone has signed in."""

DEVICE_SECONDS = 365 * 86_400


@dataclass(slots=True)
class Visit:
    """The sender of a request: address, browser mark, and the hash that just opened the door."""

    address: str = ""
    device: str = ""
    password_hash: str = ""


VISIT: ContextVar[Visit] = ContextVar("visit")
"""The current request, because Gradio passes only a name and a password."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass
class Door:
    """Checks names and passwords, and counts failures.

    Failures count for a name and an address, so that a stranger locks out nobody else. They also
    count for a name from all addresses; beyond that limit only known browsers get in.
    """

    path: Path
    clock: Callable[[], float] = time.monotonic
    _failures: defaultdict[tuple[str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _file: Current[People] = field(init=False)

    def __post_init__(self) -> None:
        self._file = Current(self.path, read_people)

    def people(self) -> People:
        """Return the people of the file as it is now. Raises UsageError."""
        return self._file.get()

    def opens(self, name: str, password: str, visit: Visit | None = None) -> bool:
        """Check a password, and note its hash in `visit` if it is right.

        Unknown names take as long as known ones.
        """
        visit = visit or Visit()
        person = self.people().get(name)
        password_hash = person.password_hash if person else NO_PASSWORD
        limits = self._limits(name, visit, password_hash)
        now = self.clock()
        with self._guard:
            self._forget(now)
            if any(len(self._failures[key]) >= most for key, most in limits):
                return False
            for key, _ in limits:  # before comparing, so that simultaneous tries count too
                self._failures[key].append(now)
        if not matches(password, password_hash):
            return False
        with self._guard:
            own, *others = (key for key, _ in limits)
            self._failures.pop(own, None)
            for key in others:
                with suppress(ValueError):  # forgotten meanwhile
                    self._failures[key].remove(now)
        visit.password_hash = password_hash
        return True

    def still(self, name: str, mark: str) -> bool:
        """Tell whether a person still has the password that `mark` was made from."""
        try:
            person = self.people().get(name)
        except UsageError:
            return False
        return person is not None and hmac.compare_digest(device_mark(person.password_hash), mark)

    @staticmethod
    def _limits(
        name: str, visit: Visit, password_hash: str
    ) -> tuple[tuple[tuple[str, str], int], ...]:
        """Return the keys that a failure counts for, each with its limit."""
        if hmac.compare_digest(visit.device.encode(), device_mark(password_hash).encode()):
            return (((name, "a browser that is known"), SIGN_IN_ATTEMPTS),)
        return (
            ((name, f"from {visit.address}"), SIGN_IN_ATTEMPTS),
            ((name, "anywhere"), SIGN_IN_ATTEMPTS_ALL),
        )

    def _forget(self, now: float) -> None:
        for key, times in list(self._failures.items()):
            self._failures[key] = [t for t in times if now - t < SIGN_IN_WINDOW]
            if not self._failures[key]:
                del self._failures[key]


def device_mark(password_hash: str) -> str:
    """Return the mark that a browser gets at sign-in; a new password makes it worthless."""
    return hmac.digest(password_hash.encode(), b"a browser that is known", "sha256").hex()


def door(host: str, path: Path | None) -> Door | None:
    """Return the door for an address, or None if only this machine can reach it.

    Raises UsageError if others could reach the page and nobody can sign in.
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
