"""What a fetch tells in the end: a row for every source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kept import Record
from mehealth_rag.types import Source


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
    links: tuple[str, ...] = ()
    """Addresses that the fetched document links to and that are no source yet."""

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
