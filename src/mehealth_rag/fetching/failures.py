"""Why a source could not be fetched: what is wrong, and what to do about it."""

from __future__ import annotations

BY_HAND = "get it in a browser if that is allowed, and put it into the corpus yourself"
LATER = "run mehealth fetch again later"


class FetchFailure(Exception):  # noqa: N818 - the names here say what happened
    """One source cannot be fetched; the others go on. Reads as "reason; advice"."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}; {advice}")
        self.reason = reason
        self.advice = advice


class Passing(FetchFailure):
    """A fault that may pass: worth another try. `wait` is what the server asks for, in seconds."""

    def __init__(self, reason: str, advice: str = LATER, wait: float | None = None) -> None:
        super().__init__(reason, advice)
        self.wait = wait


class OutOfTime(FetchFailure):
    """The request has had its time."""
