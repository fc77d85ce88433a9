"""An answer as it grows: quoted by the reader's choice, or written by a language model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mehealth_rag.answering import compose, reading
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.links import find_link, link_pages
from mehealth_rag.answering.questions import Wanted, analyse
from mehealth_rag.answering.reading import ReadHit, lead
from mehealth_rag.answering.scope import declined
from mehealth_rag.followups import Standalone, stand_alone
from mehealth_rag.generating.answer import ENGINE
from mehealth_rag.generating.answer import answer as written_answer
from mehealth_rag.generating.rewriting import rewritten
from mehealth_rag.generating.writing import Task, Writer
from mehealth_rag.growing import mapped
from mehealth_rag.index.accounting import unread_pages
from mehealth_rag.reader.rows import text_of
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import LIKELY_FROM

if TYPE_CHECKING:
    from mehealth_rag.answering.links import FoundLink
    from mehealth_rag.answering.questions import Question
    from mehealth_rag.answering.reading import Draft
    from mehealth_rag.answering.scope import Refusal
    from mehealth_rag.generating.writing import Pen
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.llm import LanguageModel
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.naming import Naming
    from mehealth_rag.retrieval.retriever import Evidence, Found, Retriever
    from mehealth_rag.types import Answer, Hit, PageOf, Source, Turn

    Growing = Generator[Answer, None, Answer]
    """An answer as it grows, returned when it is whole."""


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
        return reading.reordered(read, in_turns=bool(naming.named))

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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it stands alone, and the passages found for it.

    `shown` are its words as it is shown, `history` the turns before. `read` has the reader read
    the passages: what only a link answers need not be read. `plain` are the documents that an
    answer need not name. `refusal` declines it where they do not answer it.
    """

    question: Question
    shown: str
    history: Sequence[Turn]
    evidence: tuple[Evidence, ...]
    read: Callable[[], tuple[ReadHit, ...]]
    plain: frozenset[str]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions over one open index; with a `pen` a language model writes."""

    index: OpenIndex
    finder: Finder
    sources: tuple[Source, ...]
    pen: Pen | None = None

    def answers(self, question: str, history: Sequence[Turn], documents: Sequence[str]) -> Growing:
        """The answer as it grows, and returned when it is whole."""
        watch = Stopwatch()
        refusal = declined(question)
        if refusal is not None and refusal.final:
            refused = compose.decline(question, refusal.sentence, self.index.fingerprint)
            return replace(refused, timings_ms=watch.stop())
        alone = self.finder.stand_alone(question, history)
        analysed = analyse(alone.text, alone.whole)
        watch.lap("rewrite")
        found = self.finder.search(question, alone, documents, PASSAGES_READ, each=True)
        evidence = found.evidence
        watch.lap("retrieve")
        framed = partial(
            replace,
            question=question,
            standalone_question=alone.text,
            index=self.index.fingerprint,
        )

        def begun(part: Answer) -> Answer:
            watch.mark("first_words")
            return framed(part)

        read = partial(self.finder.read, question, turns_of(alone, history), evidence)
        asked = _Asked(analysed, alone.text, history, evidence, read, found.plain, refusal)
        answer = yield from mapped(self._answer(asked, documents), begun)
        watch.lap("answer")
        return framed(answer, timings_ms=watch.stop())

    def _answer(self, asked: _Asked, documents: Sequence[str]) -> Growing:
        question = asked.question
        library = replace(Library.of(self.index, self.sources), plain=asked.plain)
        link = self._link(asked) if question.wanted is Wanted.LINK else None
        if link is not None and self.pen is None:
            return compose.link_answer(question, link, library)
        hits, reader = asked.read(), self.finder.reader()
        draft = reading.drafted(question, hits, reader.limits, self.index.page)
        draft = replace(draft, confidence=reader.right.of(draft.confidence))
        library = replace(library, unread=unread_pages(self.index.problems(), documents))
        unlikely = not draft.statements or draft.confidence < LIKELY_FROM
        if asked.refusal is not None and unlikely:
            return compose.decline(question.text, asked.refusal.sentence, self.index.fingerprint)
        if self.pen is not None:
            task = Task(question, asked.shown, asked.history, draft, asked.evidence, hits)
            return (yield from self._written(task, self.pen, link, library))
        return self._quoted(question, hits, draft, library)

    def _link(self, asked: _Asked) -> FoundLink | None:
        """The link that a question for an address is answered with."""
        pages = link_pages(self.index, self.sources, asked.evidence)
        return find_link(asked.question, self.sources, pages)

    def _written(self, task: Task, pen: Pen, link: FoundLink | None, library: Library) -> Growing:
        """What a language model writes; the link that was found where it writes nothing."""
        writer = Writer(pen, self.finder.reader(), self.index)
        answer = yield from written_answer(task, writer, library)
        if link is None or answer.engine == ENGINE:
            return answer
        found = compose.link_answer(task.question, link, library)
        return replace(found, dropped=answer.dropped, tokens=answer.tokens)

    def _quoted(
        self, question: Question, hits: Sequence[ReadHit], draft: Draft, library: Library
    ) -> Answer:
        """What the reader chose, in the documents' own words."""
        if not draft.statements:
            return compose.not_found(question, reading.nearest(hits), draft, library)
        draft = replace(draft, lead=lead(question, draft, hits, self.finder.reader()))
        return compose.answered(question, draft, library)
