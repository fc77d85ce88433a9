"""What a visitor may ask of the page: the one place for its limits."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from mehealth_rag.errors import UsageError

HISTORY_TURNS = 12
"""Earlier turns that are sent along with a question; older ones say nothing about it."""

CONVERSATION_TURNS = 200
"""Turns that a conversation may hold when it is shown again or exported."""

PICTURE_WIDTHS = (480, 960, 1600)
"""Pixels: the only widths that pages are drawn in, so that nobody can ask for a million."""

PICTURE_CACHE_BYTES = 48_000_000
PICTURES_WAITING = 100
"""Pictures that may wait to be drawn; of more a grey page is shown."""

PICTURE_AGAIN_SECONDS = 600.0
"""After which a page that could not be drawn is tried again: it may have been the machine."""

OPENING_SECONDS = 10.0
"""That a request waits for a new index to be opened; then the one before answers it."""

AGAIN_SECONDS = 60.0
"""After which an index that could not be opened is tried again."""

EDITIONS_KNOWN = 16
"""Indexes that served before of which it is known which files they were made from."""

UPLOAD_BYTES = 100_000_000
"""Of one file that is added on the page or from an address."""

UPLOAD_SECONDS = 600.0
"""In which a file has to be here."""

ADDRESS_SECONDS = 120.0
"""In which an address has to give its file."""

UPLOADS_WAITING = 100
"""Documents that may wait to be read; of more the next is refused."""

JOBS_KEPT = 500
"""Orders to add, read or remove a document of which the outcome is still told."""

COMMENT_LENGTH = 2_000
FEEDBACK_PER_MINUTE = 20
FEEDBACK_BYTES = 200_000
"""Of one verdict with its answer: a long answer has a tenth."""

FEEDBACK_STORE_BYTES = 200_000_000
"""Of all verdicts together; more are refused until somebody has looked at them."""

DRAFT_CHARACTERS = 200_000
DRAFT_SENTENCES = 1_000
"""Of one draft that is checked."""

DRAFTS_OF_ONE = 2
"""Drafts that are checked at a time for one visitor; for all, twice the questions at a time."""

DECISIONS_PER_MINUTE = 120
DECISIONS_STORE_BYTES = 200_000_000
"""Of all decisions together; more are refused until somebody has looked at them."""

SEARCH_HITS = 50
BODY_BYTES = 4_000_000
"""Of one request; a long conversation that is shown again is far below."""

BODY_SECONDS = 30.0
"""In which a request has to be here."""

STALLED_SECONDS = 15.0
"""Twice as long, at the most, a connection may stand still while the other side has to act."""

CONNECTIONS = 1_000
"""At a time; more are told that the page is busy."""

ENDING_SECONDS = 60.0
"""In which answers are finished when the service is told to end; then they are broken off."""

SESSIONS = 200
"""Kept by Gradio at some 40 kB each. Nothing of ours is in them, so few are enough."""

VISITORS_PER_ADDRESS = 40
"""An office shares one address: so many times the rate of one person is let through from it."""

SIGN_IN_ATTEMPTS = 10
"""Wrong passwords for one name from one address, or from a browser that signed in before."""

SIGN_IN_ATTEMPTS_ALL = 100
"""The same from all addresses together. A browser that signed in before is not counted there."""

LEARN_SECONDS = 5.0
"""After which it is asked again which sessions other replicas have ended."""

SIGN_IN_WINDOW = 300.0
"""Seconds in which so many are taken; then they have to wait."""


REFUSALS_PER_MINUTE = 20
"""From one address that the audit log keeps, and forty times that from all together."""

AUDIT_REFUSALS = 100_000
"""Refusals that the audit log keeps: the last ones. Strangers make them, so there is an end."""

AUDIT_ABOUT = 500
"""Characters that one entry of the audit log says of its matter."""


class TooLargeError(UsageError):
    """Something that is sent is larger than is taken. The service answers with status 413."""


class TooManyError(UsageError):
    """A visitor asks faster than the page allows."""


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
    what: str = "questions"
    again: str = "ask"

    @classmethod
    def at(cls, rate: int, what: str = "questions", again: str = "ask") -> Gate:
        """A gate for so many a minute; `what` and `again` are the words of its error."""
        return cls(Rate(rate), Rate(rate * VISITORS_PER_ADDRESS), what, again)

    def admit(self, visitor: str, address: str) -> None:
        """Let one in. Who has not signed in is known by the address alone, as `visitor` too.

        Raises:
            TooManyError: too many in the last minute; it says how long to wait.
        """
        wait = max(self.visitors.wait(visitor), self.addresses.wait(address))
        if wait > 0:
            raise TooManyError(
                f"that was too many {self.what} in a minute; "
                f"{self.again} again in {max(1, round(wait))} s"
            )


@dataclass
class Slots:
    """At most `total` long tasks at a time, and `each` of one visitor. `what` is one of them."""

    total: int
    each: int
    what: str
    _taken: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, visitor: str) -> None:
        """Begin a task. Raises TooManyError where too many are under way."""
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
