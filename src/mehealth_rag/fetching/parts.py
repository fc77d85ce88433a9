"""What has come of a file so far: a `.part` beside its place, and a note that tells what it is of.

A file gets to its place in one rename, and into the state right after it. The note holds the record
before the rename, so that a crash between the two is mended by the next run (`recover`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from mehealth_rag.fetching.kinds import HEAD
from mehealth_rag.fetching.state import Record, StateFile
from mehealth_rag.index.folder import write_durably

_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Note:
    """What a part is of. `record` is set once it is whole."""

    asked: str
    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    record: Record | None = None

    @property
    def validator(self) -> str | None:
        """What proves that the rest of it belongs to the same file: a strong ETag, or the date."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


_NOTE: TypeAdapter[Note] = TypeAdapter(Note)


class Sink:
    """Takes a part's bytes: writes, counts and hashes them, and keeps the first ones to look at."""

    def __init__(self, stream: BinaryIO) -> None:
        self.size = 0
        self.head = b""
        self._stream = stream
        self._hash = hashlib.sha256()

    def resume(self) -> None:
        """Take in what the file holds already."""
        self._stream.seek(0)
        while block := self._stream.read(_BLOCK):
            self._count(block)

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        self._stream.write(piece)
        self._count(piece)

    @property
    def sha256(self) -> str:
        """The hash of all bytes so far."""
        return self._hash.hexdigest()

    def _count(self, piece: bytes) -> None:
        self.size += len(piece)
        self._hash.update(piece)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]


class Part:
    """The part of one file; nothing else touches the two paths."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.path = place.with_name(f"{place.name}.part")
        self._note = place.with_name(f"{place.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def note(self) -> Note | None:
        """What the part is of; None where there is none to speak of."""
        try:
            return _NOTE.validate_json(self._note.read_bytes())
        except (OSError, ValidationError):
            return None

    def resumable(self, asked: str) -> Note | None:
        """The note of a part that can be gone on with at this address."""
        note = self.note()
        fits = note is not None and note.asked == asked and note.validator and self.size
        return note if fits else None

    def discard(self) -> None:
        """Forget it."""
        for path in (self.path, self._note):
            path.unlink(missing_ok=True)

    @contextmanager
    def begun(self, note: Note) -> Iterator[Sink]:
        """Begin anew; on disk when left without an exception."""
        self.place.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")  # before the note: it must never stand beside another's bytes
        self._write(note)
        with self._open() as sink:
            yield sink

    @contextmanager
    def resumed(self) -> Iterator[Sink]:
        """Go on where it stopped."""
        with self._open() as sink:
            sink.resume()
            yield sink

    def commit(self, record: Record, state: StateFile) -> None:
        """Move the whole file to its place and record it; raises OSError where that fails."""
        self._write(Note(asked=record.asked or "", record=record))
        self.path.replace(self._place_of(record))
        _flush_folder(self.place.parent)
        state.put(record)
        self.discard()

    def recover(self, state: StateFile) -> None:
        """Finish a commit that was interrupted; leaves everything else as it is."""
        note = self.note()
        if note is None or note.record is None:
            return
        record = note.record
        place = self._place_of(record)
        ours = is_file_of(place, state[record.id])
        if is_file_of(self.path, record) and (ours or not place.exists()):
            self.path.replace(place)
        if is_file_of(place, record):
            state.put(record)
        self.discard()

    def _place_of(self, record: Record) -> Path:
        """Where the whole file belongs: the server may have told another ending."""
        return self.place.with_name(Path(record.file).name)

    def _write(self, note: Note) -> None:
        write_durably(self._note, json.dumps(asdict(note)))

    @contextmanager
    def _open(self) -> Iterator[Sink]:
        with self.path.open("r+b") as stream:
            yield Sink(stream)
            stream.flush()
            os.fsync(stream.fileno())


def sha256_of(path: Path) -> str:
    """The hash of a file; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_file_of(path: Path, record: Record | None) -> bool:
    """Whether a file holds exactly what the record says."""
    return record is not None and path.is_file() and sha256_of(path) == record.sha256


def _flush_folder(folder: Path) -> None:
    """Have the rename itself on disk, where the system can do that for folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
