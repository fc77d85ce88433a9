"""The files of added documents in `added/` of the corpus, each with a name of its own.

A file arrives completely or not at all, and never replaces another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mehealth_rag.corpus import ADDED, FORMATS, is_added
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError, ReadingError, UsageError
from mehealth_rag.reading.sniffing import check_kind
from mehealth_ui.limits import UPLOAD_BYTES, TooLargeError

if TYPE_CHECKING:
    from mehealth_rag.fetching.outcomes import StateFile

LOG = logging.getLogger("mehealth.ui")
ENDINGS = tuple(sorted(FORMATS))
_FORMATS = (
    "PDF, Word, PowerPoint, Excel, OpenDocument, RTF, EPUB, e-mails, web pages, Markdown, "
    "reStructuredText, plain text, CSV, PNG, JPEG and TIFF"
)
_ODD = re.compile(r"[^\w .()+&,'-]+")
"""Characters that some system does not allow in a file's name."""

_LONGEST_NAME = 120
"""In bytes: systems allow 255, and a number or an ending is added."""

_PIECE = 1 << 20
_PART = ".part"


@dataclass(frozen=True)
class AddedFiles:
    """The added files of one corpus, `room` bytes in total. Thread-safe."""

    corpus: Path
    room: float = math.inf
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def folder(self) -> Path:
        """The folder of the files."""
        return self.corpus / ADDED

    def holds(self, path: Path) -> bool:
        """Tell whether a file was added here."""
        return is_added(path, self.corpus) and path.parent == self.folder

    @contextlib.contextmanager
    def part(self) -> Iterator[Path]:
        """Return a temporary file that ingests ignore.

        Raises MehealthError if the folder cannot be written.
        """
        with self._writing():
            if self.folder.is_symlink():
                raise UsageError(f"'{ADDED}' in the corpus is a link; put a folder in its place")
            self.folder.mkdir(exist_ok=True)
            part = self.folder / f".{secrets.token_hex(8)}{_PART}"
            try:
                yield part
            finally:
                part.unlink(missing_ok=True)

    def put(self, part: Path, name: str, taken: Collection[str], address: str = "") -> Path:
        """Move a complete file to its name, with a number if the name is one of `taken`.

        `address` is its source. Raises TooLargeError if the files together are too large.
        """
        others = {stem.casefold() for stem in taken}
        path = Path(name)
        with self._lock, self._writing():
            self._check_room(part)
            others |= {p.stem.casefold() for p in self.folder.iterdir()}
            stems = (path.stem if n == 1 else f"{path.stem}-{n}" for n in range(1, 10_000))
            for stem in stems:
                place = self.folder / f"{stem}{path.suffix}"
                if stem.casefold() not in others and _linked(part, place):
                    self._store_address(place, address)
                    return place
        raise UsageError(f"there are too many documents named {path.stem}; name it otherwise")

    def replace(self, part: Path, place: Path, address: str) -> None:
        """Replace a file by the new content of its address. Raises TooLargeError."""
        with self._lock, self._writing():
            self._check_room(part, place)
            part.replace(place)
            self._store_address(place, address)

    def remove(self, place: Path) -> None:
        """Remove a file and its address."""
        with self._lock, self._writing():
            place.unlink(missing_ok=True)
            self._record(lambda state: state.drop(place.name))

    def _check_room(self, part: Path, replaced: Path | None = None) -> None:
        """Raise TooLargeError if the files with this one, without `replaced`, are too large."""
        others = (p for p in self.folder.rglob("*") if p.suffix != _PART and p != replaced)
        used = sum(p.stat().st_size for p in (part, *others) if p.is_file())
        if used > self.room:
            raise TooLargeError(
                f"the added documents would take {math.ceil(used / 1e6):,} MB together, of "
                f"{self.room / 1e6:,.0f} MB at the most; remove some, or ask whoever runs this "
                "page to raise MEHEALTH_UI_DOCUMENTS_MEGABYTES"
            )

    def _store_address(self, place: Path, address: str) -> None:
        if not address:
            return
        from mehealth_rag.fetching.outcomes import Record

        record = Record(
            id=place.name,
            url=address,
            final_url=address,
            file=place.name,
            sha256=file_hash(place),
            bytes=place.stat().st_size,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._record(lambda state: state.put(record))

    def _record(self, change: Callable[[StateFile], None]) -> None:
        """Change the record of addresses; a damaged one must not stop the document."""
        from mehealth_rag.fetching.outcomes import StateFile

        try:
            change(StateFile(self.folder))
        except MehealthError as error:
            LOG.warning("addresses of added documents are not kept: %s", error)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            LOG.warning("%s cannot be written: %s", self.folder, error)
            raise MehealthError(
                f"the folder for added documents cannot be written ({error.strerror or error}); "
                "whoever runs this page can mend that"
            ) from error


def safe_name(name: str) -> str:
    """Return a name without folders or odd characters. Raises UsageError for unknown endings."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    path = Path(_ODD.sub("_", last).strip(" ._"))
    ending = path.suffix.lower()
    if ending not in FORMATS:
        safe = _ODD.sub("_", last)[:100]
        raise UsageError(f"'{safe}' is of no format that is read; there are: {_FORMATS}")
    stem = path.stem.encode()[:_LONGEST_NAME].decode(errors="ignore").strip(" .")
    return f"{stem}{ending}"


def copied(content: IO[bytes], part: Path) -> str:
    """Copy an upload durably to a file, and return its SHA-256. Raises TooLargeError."""
    digest = hashlib.sha256()
    with part.open("wb") as stream:
        while piece := content.read(_PIECE):
            if stream.tell() + len(piece) > UPLOAD_BYTES:
                raise TooLargeError(
                    f"the file is larger than {UPLOAD_BYTES // 1_000_000} MB; divide it"
                )
            stream.write(piece)
            digest.update(piece)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def check_content(part: Path, name: str) -> None:
    """Raise UsageError if a file is empty or not what its name says."""
    content = part.read_bytes()
    if not content:
        raise UsageError(f"{name}: the file is empty; choose another one")
    try:
        check_kind(Path(name), FORMATS[Path(name).suffix.lower()], content)
    except ReadingError as error:
        raise UsageError(str(error)) from error


def _linked(part: Path, place: Path) -> bool:
    """Move a file to its name, unless another file has it."""
    try:
        os.link(part, place)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if place.exists():
            return False
        part.replace(place)
    return True
