"""The files behind the index, served only while they are unchanged since the ingest."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Files by document id, never by path; `hashes` are those of the indexed files."""

    catalogue: Mapping[str, SourceStatus]
    hashes: Mapping[str, str]
    _verified: dict[str, Stamp] = field(default_factory=dict)

    @classmethod
    def of(cls, assistant: Assistant, catalogue: Mapping[str, SourceStatus]) -> Originals:
        """Return the files of an open index."""
        indexed = assistant.index.documents()
        hashes = {name: d.sha256 for d in indexed for name in (d.source.id, *d.names)}
        return cls(catalogue, hashes)

    def status(self, document: str) -> SourceStatus:
        """Return the state of an indexed document. Raises UsageError if there is none."""
        status = self.catalogue.get(document)
        if status is None or status.state is not SourceState.INDEXED:
            raise UsageError("no such document in the index")
        return status

    def path(self, document: str) -> Path:
        """Return the file of a document; a touched file is hashed again.

        Raises UsageError if there is no such document or file, ReadingError if the file changed.
        """
        path = self.status(document).source.path
        if path is None:
            raise UsageError("this document has no file here")
        try:
            stat = path.stat()
            stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            same = self._verified.get(document) == stamp
            same = same or file_hash(path) == self.hashes.get(document)
        except OSError as error:
            raise ReadingError(f"{document}: the file is no longer there; put it back") from error
        if not same:
            raise ReadingError(
                f"{document}: the file has changed since it was indexed; "
                "ask again when it has been indexed anew (mehealth ingest)"
            )
        self._verified[document] = stamp
        return path
