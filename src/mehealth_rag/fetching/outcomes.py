"""The outcome of fetching a source: a row of the report, a failure, the record of a fetched file.

`.fetched.json` in the corpus folder records where and when each file came from. A file is written
beside its place and renamed right after its record is on disk, so that a crash never leaves a file
without a record.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from mehealth_rag.corpus import ADDRESSES as STATE
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError
from mehealth_rag.index.folder import write_durably
from mehealth_rag.types import Source

SCHEMA = 1

BY_HAND = "get it in a browser if that is allowed, and put it into the corpus yourself"
LATER = "run mehealth fetch again later"


class FetchFailure(Exception):  # noqa: N818 - the names here say what happened
    """One source cannot be fetched; the others still are. Its text is "reason; advice"."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}; {advice}")
        self.reason = reason
        self.advice = advice


class Passing(FetchFailure):
    """A fault that may pass, so the request is repeated, after the server's `wait` in seconds."""

    def __init__(self, reason: str, advice: str = LATER, wait: float | None = None) -> None:
        super().__init__(reason, advice)
        self.wait = wait


class OutOfTime(FetchFailure):
    """The request took too long."""


class FetchStatus(StrEnum):
    """The outcome for a source."""

    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    """The server was asked and has the same file."""
    UP_TO_DATE = "up to date"
    """The file is here; the server was not asked, since it sent nothing to compare by."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Record:
    """One fetched file. `url` is the address asked, `final_url` where redirects ended."""

    id: str
    url: str
    final_url: str
    file: str
    sha256: str
    bytes: int
    etag: str | None = None
    last_modified: str | None = None
    when: str = ""

    @property
    def can_be_compared(self) -> bool:
        """True if the server can tell whether the file has changed."""
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class FetchRow:
    """A row of the report: one source and its outcome."""

    id: str
    status: FetchStatus
    reason: str = ""
    advice: str = ""
    url: str | None = None
    final_url: str | None = None
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, record: Record, status: FetchStatus) -> FetchRow:
        """Return the row of a source whose file is in its place."""
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
    def skipped(cls, source: Source, reason: str, advice: str = "") -> FetchRow:
        """Return the row of a source that is not fetched."""
        return cls(source.id, FetchStatus.SKIPPED, reason, advice, url=source.url)

    @classmethod
    def failed(cls, source: Source, failure: FetchFailure) -> FetchRow:
        """Return the row of a source that cannot be fetched."""
        return cls(source.id, FetchStatus.FAILED, failure.reason, failure.advice, url=source.url)

    @property
    def remark(self) -> str:
        """The reason and the advice in one line."""
        return "; ".join(part for part in (self.reason, self.advice) if part)


_RECORDS: TypeAdapter[list[Record]] = TypeAdapter(list[Record])


class StateFile:
    """The records of a corpus by id. Every change is on disk before `put` returns."""

    def __init__(self, folder: Path) -> None:
        """Read the state of a corpus folder.

        Raises MehealthError if it cannot be read, is damaged, or was written by a newer version.
        """
        self.folder = folder
        self._path = path = folder / STATE
        records: list[Record] = []
        try:
            state = json.loads(path.read_bytes())
            if state["schema"] > SCHEMA:
                raise MehealthError(f"{path}: written by a newer version; update, or remove it")
            records = _RECORDS.validate_python(state["sources"])
        except FileNotFoundError:
            pass
        except OSError as error:
            why = f"{path}: cannot be read ({error.strerror}); check its permissions"
            raise MehealthError(why) from error
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise MehealthError(
                f"{path}: is damaged; remove it. Files that it vouched for stay as they are; to "
                "have them compared with the server run: mehealth fetch --force"
            ) from error
        self._records = {record.id: record for record in records}

    def __getitem__(self, source: str) -> Record | None:
        return self._records.get(source)

    def put(self, record: Record) -> None:
        """Add the record of a file, or replace it."""
        self._records[record.id] = record
        self._write()

    def drop(self, source: str) -> None:
        """Remove the record of a file."""
        if self._records.pop(source, None) is not None:
            self._write()

    def _write(self) -> None:
        records = sorted(self._records.values(), key=lambda r: r.id)
        whole = {"schema": SCHEMA, "sources": [asdict(r) for r in records]}
        write_durably(self._path, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


def put_in_place(part: Path, place: Path, record: Record, state: StateFile) -> None:
    """Record a complete file and move it to its place. Raises OSError."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    before = state[record.id]
    state.put(record)
    try:
        part.replace(place)
    except OSError:
        if before is not None:  # the file there is still that one
            state.put(before)
        raise


def is_file_of(path: Path, record: Record | None) -> bool:
    """Return whether a file is the one that a record describes."""
    return record is not None and path.is_file() and file_hash(path) == record.sha256
