"""Makes guides while an index is built: main sentences are chosen once there are vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mehealth_rag.guide.candidates import sampled
from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.guide.making import GUIDE_VERSION, completed, facts
from mehealth_rag.index.cache import BuildCache, digest
from mehealth_rag.index.content import ContentWriter
from mehealth_rag.index.dense import SentenceVectors
from mehealth_rag.types import Document, Passage, Quote


@dataclass(frozen=True, slots=True)
class _Begun:
    """A guide without its main sentences, and where its document's passages are."""

    key: bytes
    guide: Guide[Quote]
    first: int
    passages: int


@dataclass(slots=True)
class GuideMaker:
    """Makes the guide of each document, or takes it from the cache; `model` is the encoder's id."""

    cache: BuildCache
    model: str
    _begun: list[_Begun] = field(default_factory=list)
    _known: list[Guide[Quote]] = field(default_factory=list)

    def begin(
        self, read: bytes, document: Document, passages: Sequence[Passage], first: int
    ) -> None:
        """Begin a document's guide; `read` is its key in the cache, `first` its first ordinal."""
        key = digest(read.hex(), self.model, GUIDE_VERSION)
        if (known := self.cache.guide(key)) is not None:
            self._known.append(known)
        else:
            self._begun.append(_Begun(key, facts(document, passages), first, len(passages)))

    def finish(self, content: ContentWriter, generation: Path) -> None:
        """Write all guides; the passages are in `content`, their vectors in `generation`."""
        vectors = SentenceVectors(generation)
        for begun in self._begun:
            ordinals = [begun.first + n for n in sampled(begun.passages)]
            rows = [vectors.of(ordinal) for ordinal in ordinals]
            guide = completed(begun.guide, content.passages_at(ordinals), rows)
            self.cache.put_guide(begun.key, guide)
            self._known.append(guide)
        for guide in self._known:
            content.add_guide(guide)
