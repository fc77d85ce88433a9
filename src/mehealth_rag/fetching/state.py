"""What was fetched, from where and when: `.fetched.json` in the corpus folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mehealth_rag.errors import FetchStateError
from mehealth_rag.index.folder import write_durably

STATE = ".fetched.json"
SCHEMA = 1


class Origin(StrEnum):
    """Where a file was taken from."""

    WEB = "web"
    MIRROR = "mirror"
    ARCHIVE = "archive"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Record:
    """One fetched file. `asked` is the address asked, `final_url` where redirects ended."""

    id: str
    url: str | None
    asked: str | None
    final_url: str | None
    origin: Origin
    file: str
    sha256: str
    bytes: int
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    when: str = ""

    @property
    def can_be_compared(self) -> bool:
        """Whether the server can be asked if the file has changed."""
        return bool(self.etag or self.last_modified)


RECORD: TypeAdapter[Record] = TypeAdapter(Record)


class StateFile:
    """The records of a corpus by id. Every change is on disk before `put` returns."""

    def __init__(self, path: Path, records: Mapping[str, Record], problem: str | None) -> None:
        self.path = path
        self.problem = problem
        """What was wrong with the file when it was read, in one line; None where nothing was."""
        self._records = dict(records)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path) -> StateFile:
        """Read the state of a corpus folder. What is damaged is set aside and reported.

        Raises FetchStateError where a newer version wrote it, or it cannot be read.
        """
        path = folder / STATE
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return cls(path, {}, None)
        except OSError as error:
            raise FetchStateError(
                f"{path}: cannot be read ({error.strerror}); check its permissions"
            ) from error
        try:
            entries = _entries(path, json.loads(content.decode("utf-8")))
        except (ValueError, TypeError, LookupError, RecursionError):
            return cls(path, {}, _set_aside(path, "is damaged"))
        records, damaged = _valid(entries)
        problem = (
            _set_aside(path, f"holds {damaged} damaged of {len(entries)}") if damaged else None
        )
        return cls(path, records, problem)

    def __getitem__(self, source: str) -> Record | None:
        return self._records.get(source)

    def put(self, record: Record) -> None:
        """Record a file that is in its place."""
        with self._lock:
            self._records[record.id] = record
            kept = sorted(self._records.values(), key=lambda r: r.id)
            whole = {"schema": SCHEMA, "sources": [asdict(r) for r in kept]}
            write_durably(self.path, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


def _entries(path: Path, value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """The entries of a state file; raises where it is none."""
    schema, entries = value["schema"], value["sources"]
    if isinstance(schema, int) and schema > SCHEMA:
        raise FetchStateError(f"{path}: written by a newer version; update, or remove it")
    if schema != SCHEMA or not isinstance(entries, list):
        raise ValueError(schema)
    return entries


def _valid(entries: list[Any]) -> tuple[dict[str, Record], int]:
    records: dict[str, Record] = {}
    for entry in entries:
        try:
            record = RECORD.validate_python(entry)
        except ValidationError:
            continue
        records[record.id] = record
    return records, len(entries) - len(records)


def _set_aside(path: Path, what: str) -> str:
    """Keep a damaged file beside for who wants to look, and tell what it means."""
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    return (
        f"{path}: {what}; kept as {aside.name}. Files that it no longer vouches for stay as they "
        "are; to have them compared with the server run: mehealth fetch --force"
    )
