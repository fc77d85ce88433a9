"""What is kept on disk: the record of what was fetched, and the files in their places.

`.fetched.json` in the corpus folder records where and when each file came from. A file is written
beside its place and gets there in one rename, right after its record is on disk: a crash between
the two never leaves a file that nobody knows.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from mehealth_rag.corpus import ADDRESSES as STATE
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError
from mehealth_rag.index.folder import write_durably

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One fetched file. `url` is the address asked, `final_url` where redirects ended."""

    id: str
    url: str
    final_url: str
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


_RECORDS: TypeAdapter[list[Record]] = TypeAdapter(list[Record])


class StateFile:
    """The records of a corpus by id. Every change is on disk before `put` returns."""

    def __init__(self, folder: Path) -> None:
        """Read the state of a corpus folder.

        Raises MehealthError where it cannot be read, is damaged, or a newer version wrote it.
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
            raise MehealthError(
                f"{path}: cannot be read ({error.strerror}); check its permissions"
            ) from error
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise MehealthError(
                f"{path}: is damaged; remove it. Files that it vouched for stay as they are; to "
                "have them compared with the server run: mehealth fetch --force"
            ) from error
        self._records = {record.id: record for record in records}

    def __getitem__(self, source: str) -> Record | None:
        return self._records.get(source)

    def put(self, record: Record) -> None:
        """Record a file."""
        self._records[record.id] = record
        self._write()

    def drop(self, source: str) -> None:
        """Forget a file."""
        if self._records.pop(source, None) is not None:
            self._write()

    def _write(self) -> None:
        kept = sorted(self._records.values(), key=lambda r: r.id)
        whole = {"schema": SCHEMA, "sources": [asdict(r) for r in kept]}
        write_durably(self._path, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


def put_in_place(part: Path, place: Path, record: Record, state: StateFile) -> None:
    """Record a whole file and move it to its place; raises OSError where that fails."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    before = state[record.id]
    state.put(record)
    try:
        part.replace(place)
    except OSError:
        if before is not None:  # what lies there is still that file
            state.put(before)
        raise


def is_file_of(path: Path, record: Record | None) -> bool:
    """Whether a file holds exactly what the record says."""
    return record is not None and path.is_file() and file_hash(path) == record.sha256
