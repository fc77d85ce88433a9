"""What becomes of a source: a row of the report, or the failure that the row tells of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mehealth_rag.fetching.record import Record
from mehealth_rag.types import Source

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


class Status(StrEnum):
    """What became of a source."""

    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    """The server was asked: it has what is here."""
    UP_TO_DATE = "up to date"
    """The file is here, and its server gives nothing to compare it by: it was not asked."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Row:
    """One source, and what became of it."""

    id: str
    status: Status
    reason: str = ""
    advice: str = ""
    url: str | None = None
    final_url: str | None = None
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, record: Record, status: Status) -> Row:
        """The row of a source whose file is in its place."""
        return cls(
            record.id,
            status,
            url=record.url,
            final_url=record.final_url,
            file=record.file,
            bytes=record.bytes,
            sha256=record.sha256,
        )

    @classmethod
    def skipped(cls, source: Source, reason: str, advice: str = "") -> Row:
        """The row of a source for which nothing is done."""
        return cls(source.id, Status.SKIPPED, reason, advice, url=source.url)

    @classmethod
    def failed(cls, source: Source, failure: FetchFailure) -> Row:
        """The row of a source that cannot be fetched."""
        return cls(source.id, Status.FAILED, failure.reason, failure.advice, url=source.url)

    @property
    def remark(self) -> str:
        """Reason and advice in one line."""
        return "; ".join(part for part in (self.reason, self.advice) if part)
