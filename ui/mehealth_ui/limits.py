"""Every limit of the page and the service, and the counters that enforce them."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from mehealth_rag.errors import UsageError

# Questions and conversations
HISTORY_TURNS = 12
"""Earlier turns that count for a follow-up."""

CONVERSATION_TURNS = 200
"""Turns of a conversation that is shown again or exported."""

SEARCH_HITS = 50
SESSIONS = 200
"""Sessions that Gradio keeps, at 40 kB each. They hold nothing of ours."""

# Pictures of pages
PICTURE_WIDTHS = (480, 960, 1600)
"""The only widths, in pixels, in which pages are drawn."""

PICTURE_CACHE_BYTES = 48_000_000
PICTURES_WAITING = 100
"""Pictures that wait to be drawn; any further one is a grey page."""

PICTURE_RETRY_SECONDS = 600.0
"""A page that could not be drawn is tried again after this time."""

# The index
OPENING_SECONDS = 10.0
"""A request waits this long for a new index, then the old one answers it."""

REOPEN_SECONDS = 60.0
"""An index that could not be opened is tried again after this time."""

EDITIONS_KNOWN = 16
"""Earlier indexes whose file hashes are remembered."""

# Added documents
UPLOAD_BYTES = 100_000_000
"""Size of one added file."""

UPLOAD_SECONDS = 600.0
"""Time for one upload to arrive."""

ADDRESS_SECONDS = 120.0
"""Time to download one address."""

UPLOADS_WAITING = 100
"""Documents that wait to be read; any further one is refused."""

JOBS_KEPT = 500
"""Finished jobs whose outcome is remembered."""

# Feedback, drafts and decisions
COMMENT_LENGTH = 2_000
FEEDBACK_PER_MINUTE = 20
FEEDBACK_BYTES = 200_000
"""Size of one verdict with its answer; long answers take a tenth of it."""

FEEDBACK_STORE_BYTES = 200_000_000
DRAFT_CHARACTERS = 200_000
DRAFT_SENTENCES = 1_000
DRAFTS_OF_ONE = 2
"""Drafts that one visitor checks at the same time."""

DECISIONS_PER_MINUTE = 120
DECISIONS_STORE_BYTES = 200_000_000

# Connections
BODY_BYTES = 4_000_000
"""Size of one request other than an upload."""

BODY_SECONDS = 30.0
"""Time for one request to arrive."""

STALLED_SECONDS = 15.0
"""A connection is closed after standing still for one to two times this long."""

CONNECTIONS = 1_000
ENDING_SECONDS = 60.0
"""Time to finish answers when the service ends."""

# Signing in and the audit log
VISITORS_PER_ADDRESS = 40
"""An address, which an office shares, gets this many times the rate of one visitor."""

SIGN_IN_WINDOW = 300.0
"""Seconds in which failed sign-ins are counted."""

SIGN_IN_ATTEMPTS = 10
"""Failed sign-ins for one name from one address, or from one known browser."""

SIGN_IN_ATTEMPTS_ALL = 100
"""Failed sign-ins for one name from all addresses; known browsers do not count."""

LEARN_SECONDS = 5.0
"""Interval at which a replica learns of sessions that others have ended."""

REFUSALS_PER_MINUTE = 20
"""Refusals of one address that the audit log records, and 40 times that of all together."""

AUDIT_REFUSALS = 100_000
"""Refusals that the audit log keeps. Strangers cause them, so they need a bound."""

AUDIT_ABOUT = 500
"""Characters of an audit entry's subject."""


class TooLargeError(UsageError):
    """A request is too large. The service answers with status 413."""


class TooManyError(UsageError):
    """A visitor asks too often. The service answers with status 429."""


@dataclass
class Rate:
    """A token bucket for each key, which refills in a minute. Old keys are forgotten."""

    per_minute: int
    keys: int = 10_000
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: str) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        now = self.clock()
        with self._guard:
            left, then = self._left.pop(key, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - then) * self.per_minute / 60)
            self._left[key] = (left - (left >= 1), now)
            while len(self._left) > self.keys:
                self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) * 60 / self.per_minute


@dataclass(frozen=True)
class Gate:
    """Limits the rate of each visitor and of each address; the words are those of its error."""

    visitors: Rate
    addresses: Rate
    what: str = "questions"
    again: str = "ask"

    @classmethod
    def at(cls, rate: int, what: str = "questions", again: str = "ask") -> Gate:
        """Return a gate for this many a minute."""
        return cls(Rate(rate), Rate(rate * VISITORS_PER_ADDRESS), what, again)

    def admit(self, visitor: str, address: str) -> None:
        """Count one. Raises TooManyError, which says how long to wait."""
        wait = max(self.visitors.wait(visitor), self.addresses.wait(address))
        if wait > 0:
            raise TooManyError(
                f"that was too many {self.what} in a minute; "
                f"{self.again} again in {max(1, round(wait))} s"
            )


@dataclass
class Slots:
    """Limits the tasks that run at the same time, in `total` and for `each` visitor."""

    total: int
    each: int
    what: str
    _taken: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, visitor: str) -> None:
        """Begin a task. Raises TooManyError."""
        with self._guard:
            own = self._taken[visitor] >= self.each
            if own or self._taken.total() >= self.total:
                whose = "of yours" if own else "of others"
                raise TooManyError(
                    f"{self.each if own else self.total} {self.what} {whose} are being checked; "
                    "wait until one is done, or stop it"
                )
            self._taken[visitor] += 1

    def free(self, visitor: str) -> None:
        """End a task."""
        with self._guard:
            self._taken[visitor] -= 1
            self._taken += Counter()  # keeps the visitors with a task only
