"""From a question and the turns before it to passages, each as the reader reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag.answering import reading
from mehealth_rag.answering.reading import ReadHit
from mehealth_rag.followups import Standalone, stand_alone
from mehealth_rag.generating.rewriting import rewritten
from mehealth_rag.reader.rows import text_of

if TYPE_CHECKING:
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.llm import LanguageModel
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.naming import Naming
    from mehealth_rag.retrieval.retriever import Evidence, Found, Retriever
    from mehealth_rag.types import Hit, PageOf, Turn

PASSAGES_READ = 12
"""How many passages are read for one answer."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the passages for a question; `reader` opens their reader when it is first needed.

    `model` puts follow-ups into words that stand alone, where there is one.
    """

    retriever: Retriever
    speller: Speller
    reader: Callable[[], Reader]
    page: PageOf
    model: LanguageModel | None = None

    def stand_alone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """A question after the turns before it, its misspelt words mended."""
        alone = stand_alone(question, history)
        if self.model is not None and history:
            alone = rewritten(question, history, alone, self.model)
        text, whole, search = map(self.speller.mend, (alone.text, alone.whole, alone.search))
        return replace(alone, text=text, whole=whole, search=search)

    def search(
        self,
        question: str,
        alone: Standalone,
        documents: Sequence[str],
        top_k: int = PASSAGES_READ,
        *,
        each: bool = False,
    ) -> Found:
        """The passages to read for a question, best first; `each`: so many for each name in it."""
        meant = self._meant(question, alone, documents)
        return self.retriever.retrieve(alone.search, top_k, meant, each=each)

    def _meant(self, question: str, alone: Standalone, documents: Sequence[str]) -> Sequence[str]:
        """The documents to search: a follow-up that names some leaves those before it behind."""
        if not alone.leans:
            return documents
        named = self.retriever.naming(self.speller.mend(question), documents).documents
        return sorted(named) or documents

    def found_and_read(
        self, question: str, history: Sequence[Turn], documents: Sequence[str], top_k: int
    ) -> tuple[Found, tuple[ReadHit, ...]]:
        """What a search brings for a question, in its order, and each as the reader reads it."""
        alone = self.stand_alone(question, history)
        found = self.search(question, alone, documents, top_k)
        return found, self.read(question, turns_of(alone, history), found.evidence)

    def read(
        self, question: str, turns: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> tuple[ReadHit, ...]:
        """Passages as the reader reads them for a question; what may not answer does not."""
        hits = [e.hit for e in evidence]
        texts = [text_of(hit.passage, self.page) for hit in hits]
        readings = self.reader().read(question, turns, texts)
        return tuple(map(ReadHit, hits, texts, map(reading.allowed, readings, evidence)))

    def reordered(self, read: Sequence[ReadHit], naming: Naming) -> tuple[ReadHit, ...]:
        """What was read in the order of the reader; documents that are named take turns."""
        return reading.reordered(read, self.reader().limits, in_turns=bool(naming.named))

    def ranked(self, query: str, top_k: int, documents: Sequence[str]) -> tuple[Hit, ...]:
        """Passages for a query, the first dozen in the order of the reader."""
        most = max(top_k, PASSAGES_READ)
        found = self.retriever.retrieve(self.speller.mend(query), most, documents)
        read = self.read(query, (), found.evidence[:PASSAGES_READ])
        hits = [h.hit for h in self.reordered(read, found.naming)]
        return (*hits, *(e.hit for e in found.evidence[PASSAGES_READ:]))[:top_k]


def turns_of(alone: Standalone, history: Sequence[Turn]) -> Sequence[Turn]:
    """The turns that a question is read with: none where it leans on none.

    Earlier turns would draw a question that changes the subject back to theirs.
    """
    return history if alone.leans else ()
