"""The files behind the index: handed out only while they are what was indexed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.types import SourceState

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.index.accounting import SourceStatus

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class Originals:
    """Documents by their ids, never by a path; `hashes` are those of the files as indexed.

    An answer's pages and quotes are of one edition of a file: another one is never shown to it.
    """

    catalogue: Mapping[str, SourceStatus]
    hashes: Mapping[str, str]
    hashed: Callable[[Path], str] = file_hash
    _known: dict[str, Stamp] = field(default_factory=dict)

    @classmethod
    def of(cls, assistant: Assistant, catalogue: Mapping[str, SourceStatus]) -> Originals:
        """The files of an open index."""
        indexed = assistant.index.documents()
        hashes = {name: d.sha256 for d in indexed for name in (d.source.id, *d.names)}
        return cls(catalogue, hashes)

    def status(self, document: str) -> SourceStatus:
        """A document of the index. Raises UsageError where there is none."""
        status = self.catalogue.get(document)
        if status is None or status.state is not SourceState.INDEXED:
            raise UsageError("no such document in the index")
        return status

    def path(self, document: str) -> Path:
        """The file of a document, looked at again: it is hashed anew when it was touched.

        Raises:
            UsageError: no such document in the index, or it has no file.
            ReadingError: the file is gone, or another one than was indexed.
        """
        path = self.status(document).source.path
        if path is None:
            raise UsageError("this document has no file here")
        try:
            stat = path.stat()
            stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            same = self._known.get(document) == stamp
            same = same or self.hashed(path) == self.hashes.get(document)
        except OSError as error:
            raise ReadingError(f"{document}: the file is no longer there; put it back") from error
        if not same:
            raise ReadingError(
                f"{document}: the file has changed since it was indexed; "
                "ask again when it has been indexed anew (mehealth ingest)"
            )
        self._known[document] = stamp
        return path
