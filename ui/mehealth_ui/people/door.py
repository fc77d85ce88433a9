"""The door of the page: names and passwords are checked here, and who guesses has to wait."""

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
from mehealth_ui.people.passwords import NOBODY, People, matches, read_people

DEVICE = "mehealth-device"
"""The cookie of a browser in which someone has signed in."""

DEVICE_SECONDS = 365 * 86_400


@dataclass(slots=True)
class Visit:
    """Who sends a request: the address, the mark of a browser; `kept` of who just signed in."""

    address: str = ""
    device: str = ""
    kept: str = ""


VISIT: ContextVar[Visit] = ContextVar("visit")
"""The request that is being answered; Gradio asks for a name and a password only."""


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
    _file: Current[People] = field(init=False)

    def __post_init__(self) -> None:
        self._file = Current(self.path, read_people)

    def people(self) -> People:
        """Who may come in now, by name. Raises UsageError."""
        return self._file.get()

    def opens(self, name: str, password: str, visit: Visit | None = None) -> bool:
        """Whether this person may come in. Unknown names take as long as known ones.

        `visit` says from where; it is then told which hash the password was compared with.
        """
        visit = visit or Visit()
        person = self.people().get(name)
        kept = person.kept if person else NOBODY
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

    def still(self, name: str, mark: str) -> bool:
        """Whether who came in may stay: neither removed nor with a new password.

        `mark` is the `device_mark` of the password then.
        """
        try:
            person = self.people().get(name)
        except UsageError:
            return False
        return person is not None and hmac.compare_digest(device_mark(person.kept), mark)

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
