"""What a visitor may ask of the page: the one place for its limits."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

HISTORY_TURNS = 12
"""Earlier turns that are sent along with a question; older ones say nothing about it."""

CONVERSATION_TURNS = 200
"""Turns that a conversation may hold when it is shown again or exported."""

PICTURE_WIDTHS = (480, 960, 1600)
"""Pixels: the only widths that pages are drawn in, so that nobody can ask for a million."""

PICTURE_CACHE_BYTES = 48_000_000
COMMENT_LENGTH = 2_000
SEARCH_HITS = 50
BODY_BYTES = 4_000_000
"""Of one request; a long conversation that is shown again is far below."""

SESSIONS = 200
"""Kept by Gradio at some 40 kB each. Nothing of ours is in them, so few are enough."""

VISITORS_PER_ADDRESS = 40
"""An office shares one address: so many times the rate of one visitor is let through from it."""

UPLOADS = False
"""Nobody can upload anything."""

SIGN_IN_ATTEMPTS = 10
SIGN_IN_WINDOW = 300.0
"""Seconds in which so many wrong passwords for one name are taken; then it has to wait."""


class TooManyError(UsageError):
    """A visitor asks faster than the page allows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that are settings."""

    question_length: int = 2_000
    questions_per_minute: int = 60
    queue: int = 200
    concurrency: int = 2

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        return cls(
            question_length=settings.ui_question_length,
            questions_per_minute=settings.ui_questions_per_minute,
            queue=settings.ui_queue,
            concurrency=settings.ui_concurrency,
        )


@dataclass
class Rate:
    """At most so many a minute for each key; a burst of that size is fine. Forgets old keys."""

    per_minute: int
    keys: int = 10_000
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: str) -> float:
        """Take one; 0 when it was there, else the seconds until the next is."""
        now = self.clock()
        with self._guard:
            left, then = self._left.pop(key, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - then) * self.per_minute / 60)
            taken = left >= 1
            self._left[key] = (left - 1 if taken else left, now)
            while len(self._left) > self.keys:
                self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) * 60 / self.per_minute


@dataclass(frozen=True)
class Gate:
    """Lets a visitor's questions in, at the rate of one visitor and of one address."""

    visitors: Rate
    addresses: Rate

    @classmethod
    def of(cls, limits: Limits) -> Gate:
        """A gate for these limits."""
        rate = limits.questions_per_minute
        return cls(Rate(rate), Rate(rate * VISITORS_PER_ADDRESS))

    def admit(self, visitor: str, address: str) -> None:
        """Let one question in.

        Raises:
            TooManyError: too many in the last minute; it says how long to wait.
        """
        wait = max(self.visitors.wait(visitor), self.addresses.wait(address))
        if wait > 0:
            raise TooManyError(
                f"that was too many questions in a minute; ask again in {max(1, round(wait))} s"
            )
