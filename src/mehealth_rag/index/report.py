"""What a build is told and what it tells: plan, progress, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mehealth_rag.embedding import PassageText, PassageVectors
    from mehealth_rag.index.folder import IndexFolder
    from mehealth_rag.types import Document, DocumentProblem, Passage, Source


class RowStatus(StrEnum):
    """What became of a document since the index before."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    """The same file as another source: one document with two names."""
    LEFT_OUT = "left out"
    """A file of the folder that the manifest does not name."""


class BulkEncoder(Protocol):
    """What a build needs of an embedder; `embedding.PassageEncoder` is one."""

    def encode(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order."""

    def export(self, models: Path) -> Path:
        """Write the question encoder below `models`; return its folder."""


class Progress(Protocol):
    """Who wants to know how far a build has come."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps; the one before has ended."""

    def advance(self, n: int = 1) -> None:
        """Count steps of the current stage as done."""

    def message(self, text: str) -> None:
        """Say something that matters now."""


class NoProgress:
    """A progress that nobody watches."""

    def stage(self, name: str, total: int) -> None:
        """Ignore it."""

    def advance(self, n: int = 1) -> None:
        """Ignore it."""

    def message(self, text: str) -> None:
        """Ignore it."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of what makes passages and words: another one means another index."""

    reader: int
    splitter: int
    words: int = 1


@dataclass(frozen=True, slots=True)
class Language:
    """What an index learns of words: stems for matching, surface words for spelling, acronyms."""

    stems: Callable[[str], list[str]]
    words: Callable[[str], list[str]]
    acronyms: Callable[[Iterable[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """All that a build needs. `encoder` is called only when a vector has to be computed.

    `expect` is told which sources will be read, in order. `model` is the model's id, and
    `lock_timeout` the seconds to wait for another build.
    """

    sources: tuple[Source, ...]
    folder: IndexFolder
    read: Callable[[Source], Document]
    split: Callable[[Document], tuple[Passage, ...]]
    encoder: Callable[[], BulkEncoder]
    language: Language
    versions: Versions
    model: str
    chroma_url: str | None = None
    rebuild: bool = False
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
    """What a build did.

    `seconds` are by stage; `embedded` counts the passages that were not in the cache, `truncated`
    those whose end the model's window cuts off (they are found by their words all the same).
    """

    documents: tuple[DocumentRow, ...]
    problems: tuple[DocumentProblem, ...]
    pages: int
    passages: int
    generation: str
    changed: bool
    truncated: int = 0
    embedded: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
