"""Who is signed in: what Gradio keeps of it, as long as the password file and the time allow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mehealth_ui.auth import VISIT, Door, Visit


@dataclass(frozen=True, slots=True)
class _Session:
    kept: str
    """The hash that the password was compared with."""
    ends: float


class Sessions(dict[str, str]):
    """Names by token. One ends `seconds` after the sign-in, or when the door no longer knows it."""

    def __init__(
        self, guarded: Door, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._door, self._seconds, self._clock = guarded, seconds, clock
        self._of: dict[str, _Session] = {}

    def __setitem__(self, token: str, name: str) -> None:
        now = self._clock()
        for old in [t for t, session in list(self._of.items()) if session.ends <= now]:
            self._end(old)
        super().__setitem__(token, name)
        self._of[token] = _Session(VISIT.get(Visit()).kept, now + self._seconds)

    def __delitem__(self, token: str) -> None:
        super().__delitem__(token)
        self._of.pop(token, None)

    def __contains__(self, token: object) -> bool:
        return self.get(token) is not None

    def get(self, token: Any, default: Any = None) -> Any:  # noqa: ANN401 - as a dictionary has it
        """The name behind a token, `default` where there is none or it counts no more."""
        name, session = super().get(token), self._of.get(token)
        if name is None or session is None:
            return default
        if session.ends <= self._clock() or not self._door.still(name, session.kept):
            self._end(token)
            return default
        return name

    def end(self, token: str) -> str | None:
        """End a session; returns whose it was, None where there was none."""
        name: str | None = self.get(token)
        self._end(token)
        return name

    def _end(self, token: str) -> None:
        self.pop(token, None)
        self._of.pop(token, None)
