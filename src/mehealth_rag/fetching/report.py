"""What a fetch tells: on the way, and in the end a row for every source."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kept import Origin, Record
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
    LEFT_ALONE = "left alone"
    """A file of a folder handed over that belongs to no source for sure."""


@dataclass(frozen=True, slots=True)
class Row:
    """One source, or one file that found none (`id` is None then)."""

    id: str | None
    status: Status
    reason: str = ""
    advice: str = ""
    url: str | None = None
    final_url: str | None = None
    origin: Origin | None = None
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    links: tuple[str, ...] = ()
    """Addresses that the fetched document links to and that are no source yet."""

    @classmethod
    def of(cls, record: Record, status: Status, reason: str = "") -> Row:
        """The row of a source whose file is in its place."""
        return cls(
            record.id,
            status,
            reason,
            url=record.url,
            final_url=record.final_url,
            origin=record.origin,
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


def row_json(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return asdict(row)


class Watcher:
    """Is told how it goes; this one lets nobody know."""

    def received(self, source: str, size: int, total: int | None) -> None:
        """So many bytes of a source are here, of so many where the server said so."""

    def ended(self, row: Row) -> None:
        """A source is done with."""

    def told(self, text: str) -> None:
        """Something worth a line."""
