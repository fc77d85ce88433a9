"""The plan of a build, and its report: a row for each document, problems, times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mehealth_rag.encoder.embedding import PassageEncoder
from mehealth_rag.errors import IndexStateError
from mehealth_rag.index.content import ContentReader, IndexedDocument, same_file
from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.types import Document, DocumentProblem, Passage, Source

_NAMED = 5  # failures that an error lists


class RowStatus(StrEnum):
    """How a document changed since the previous index."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    """The same file as another source: one document with two names."""
    LEFT_OUT = "left out"
    """A file of the folder that the manifest does not name."""


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """All that a build needs. `encoder` is called only if a vector has to be computed.

    `versions` are those of the reader and the splitter: another one means another index. `expect`
    gets the sources that will be read, in order. `model` is the model's id, `portion` the passages
    that are embedded between two commits (what an interruption can cost), and `lock_timeout` the
    seconds to wait for another build.
    """

    sources: tuple[Source, ...]
    folder: IndexFolder
    read: Callable[[Source], Document]
    split: Callable[[Document], tuple[Passage, ...]]
    encoder: Callable[[], PassageEncoder]
    versions: tuple[int, int]
    model: str
    chroma_url: str | None = None
    rebuild: bool = False
    portion: int = 256
    expect: Callable[[Sequence[Source]], None] | None = None
    lock_timeout: float = 3600.0


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document of the corpus after a build.

    `reason` says why it failed or was left out, or whose duplicate it is, else it is empty.
    """

    id: str
    title: str
    pages: int
    passages: int
    status: RowStatus
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a build did, in the order of its JSON; `index` is the generation's name.

    `seconds` are by stage; `embedded` counts the passages that were not in the cache, `truncated`
    those whose end the model's window cuts off (they are found by their words all the same).
    """

    documents: tuple[DocumentRow, ...]
    pages: int
    passages: int
    problems: tuple[DocumentProblem, ...]
    truncated: int
    embedded: int
    changed: bool
    index: str
    seconds: Mapping[str, float]


@dataclass(slots=True)
class Tally:
    """The problems and figures of a build so far; `seconds` by stage."""

    problems: list[DocumentProblem] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    truncated: int = 0
    embedded: int = 0

    def fail(self, source: Source, reason: str) -> None:
        """Count a source as failed."""
        self.problems.append(DocumentProblem(source.id, reason))

    def duplicate(self, source: Source, first: str) -> None:
        """Count a source that is the same file as the source `first`."""
        if any(p.source == first and p.page is None for p in self.problems):
            self.fail(source, f"{same_file(first)}, which cannot be read")

    def note(self, document: Document) -> None:
        """Count a document that was read, with those of its pages that have no text."""
        self.problems += [
            DocumentProblem(document.source.id, page.problem, page.number, page.fault, page.label)
            for page in document.pages
            if page.problem
        ]

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time inside to a stage's."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def report(
        self, sources: Sequence[Source], generation: Path, before: dict[str, IndexedDocument]
    ) -> IngestReport:
        """Return what became of each source since the documents of the generation `before`."""
        with closing(ContentReader(generation)) as content:
            now = {d.source.id: d for d in content.documents()}
            problems = content.problems()
        reasons = {p.source: p.reason for p in problems if p.page is None}
        firsts = {name: d.source.id for d in now.values() for name in d.names}

        def row(source: Source) -> DocumentRow:
            if document := now.get(source.id):
                status, title = _status(document, before.get(source.id)), document.source.title
                return DocumentRow(source.id, title, document.pages, document.passages, status)
            if source.id in firsts:
                reason = same_file(firsts[source.id])
                return DocumentRow(source.id, source.title, 0, 0, RowStatus.DUPLICATE, reason)
            reason = reasons.get(source.id, "")
            return DocumentRow(source.id, source.title, 0, 0, RowStatus.FAILED, reason)

        ids = {source.id for source in sources}
        gone = [old.source for name, old in before.items() if name not in ids]
        return IngestReport(
            documents=(
                *map(row, sources),
                *(DocumentRow(s.id, s.title, 0, 0, RowStatus.REMOVED) for s in gone),
            ),
            pages=sum(d.pages for d in now.values()),
            passages=sum(d.passages for d in now.values()),
            problems=problems,
            truncated=self.truncated,
            embedded=self.embedded,
            changed=True,
            index=generation.name,
            seconds={name: round(s, 3) for name, s in self.seconds.items()},
        )

    def nothing(self) -> str:
        """Say why there is nothing to build an index from."""
        if not self.problems:
            return "the corpus holds no document with text: add one, such as a PDF or Word file"
        reasons = "; ".join(f"{p.source}: {p.reason}" for p in self.problems[:_NAMED])
        more = f"; and {len(self.problems) - _NAMED} more" if len(self.problems) > _NAMED else ""
        return f"no document of the corpus has text that can be read ({reasons}{more})"


def indexed_documents(generation: Path | None) -> dict[str, IndexedDocument]:
    """Return the documents of a generation by id; none where it is missing or damaged."""
    if generation is None:
        return {}
    try:
        with closing(ContentReader(generation)) as content:
            return {d.source.id: d for d in content.documents()}
    except IndexStateError:
        return {}


def _status(document: IndexedDocument, before: IndexedDocument | None) -> RowStatus:
    if before is None:
        return RowStatus.ADDED
    same = before.sha256 == document.sha256
    return RowStatus.UNCHANGED if same else RowStatus.CHANGED
