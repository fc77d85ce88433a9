"""The assistant: the one door to asking, searching and listing sources over an open index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag import compose
from mehealth_rag.answering import extractive
from mehealth_rag.answering.evidence import Evidence
from mehealth_rag.answering.links import find_link
from mehealth_rag.answering.named import found_in, inside, plain
from mehealth_rag.answering.parts import parts
from mehealth_rag.answering.scope import declined
from mehealth_rag.answering.weighing import Engine
from mehealth_rag.answering.weights import load_models
from mehealth_rag.checking import check_claim
from mehealth_rag.corpus import load_sources
from mehealth_rag.errors import UsageError
from mehealth_rag.followups import Standalone, stand_alone
from mehealth_rag.language.spelling import Speller
from mehealth_rag.naming import Naming
from mehealth_rag.questions import Question, Wanted, analyse
from mehealth_rag.retrieval import Retriever
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Answer, Hit, Page, Source, SourceState, Turn, Verdict
from mehealth_rag.wiring import likeness, open_index, open_reader, register, speller

if TYPE_CHECKING:
    from mehealth_rag.index.content import IndexedDocument
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.settings import Settings

MAX_QUESTION = 2_000
"""Characters of a question at the most: what is longer is a document, not a question."""

OTHER_PART_SHARE = 0.6
"""Once one part of a double question is answered, the others need this share of the threshold."""

PASSAGES_READ = 12
"""How many passages are read for one answer."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source with its state: how many pages and passages the index holds, and why none."""

    source: Source
    state: SourceState
    pages: int = 0
    passages: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Assistant:
    """Answers questions over one open index. Keeps no conversation: any number may share it."""

    index: OpenIndex
    retriever: Retriever
    speller: Speller
    engine: Engine
    known_sources: tuple[Source, ...]

    @classmethod
    def open(cls, settings: Settings) -> Assistant:
        """Open the current index.

        Raises:
            NoIndexError: there is none yet; `mehealth ingest` builds it.
            IndexStateError: it was built by another layout or model, or is damaged.
        """
        index, encoder = open_index(settings)
        reader = open_reader(settings)
        names = register(index)
        return cls(
            index=index,
            retriever=Retriever(index, encoder, index.acronyms(), names),
            speller=speller(index, names),
            engine=Engine(
                load_models(with_reader=reader is not None), index, likeness(encoder), reader
            ),
            known_sources=load_sources(settings.corpus) if settings.corpus.is_dir() else (),
        )

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
    ) -> Answer:
        """Answer one question; `history` holds the turns before, `documents` limits the search.

        Raises:
            UsageError: the question is empty or too long, or a document is not in the index.
        """
        watch = Stopwatch()
        self._check(question, documents)
        refusal = declined(question)
        if refusal is not None:
            return compose.decline(question, refusal, self.index.fingerprint, watch.stop())
        alone = stand_alone(question, history, self.retriever.moved)
        analysed = analyse(self.speller.mend(alone.text), self.retriever.acronyms)
        watch.lap("rewrite")
        naming = self.retriever.naming(analysed.text, documents)
        evidence = self._retrieve(analysed, alone, naming, documents)
        watch.lap("retrieve")
        answer = self._answer(analysed, evidence, naming, documents)
        watch.lap("answer")
        return replace(
            answer,
            question=question,
            standalone_question=analysed.text,
            index=self.index.fingerprint,
            timings_ms=watch.stop(),
        )

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] = ()
    ) -> Iterator[Answer]:
        """The same answer as it grows; the last one is what `ask` returns."""
        whole = self.ask(question, history, documents)
        yield from compose.growing(whole)

    def search(self, query: str, top_k: int = 10, documents: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Ranked passages for a query, best first, without an answer."""
        self._check(query, documents)
        mended = self.speller.mend(query)
        found = self.retriever.retrieve(mended, top_k, documents)
        return tuple(e.hit for e in found)

    def check(self, claim: str, documents: Sequence[str] = ()) -> Verdict:
        """What the documents say of a claim; `documents` limits the search.

        Raises:
            UsageError: the claim is empty, too long or a question, or a document is not in the
                index.
        """
        self._check(claim, documents, "claim")
        library = compose.Library(self.index.page, self._sources_by_id())
        verdict = check_claim(claim, self.retriever, self.speller, library, documents)
        return replace(verdict, index=self.index.fingerprint)

    def sources(self) -> tuple[SourceStatus, ...]:
        """Every source of the corpus, and those of the index that the corpus no longer holds."""
        indexed = {d.source.id: d for d in self.index.documents()}
        known = self.known_sources or tuple(d.source for d in indexed.values())
        return tuple(_status(source, indexed.get(source.id)) for source in known)

    def page(self, document: str, number: int) -> Page:
        """One page as it was read; `number` counts from 1."""
        return self.index.page(document, number)

    def _check(self, text: str, documents: Sequence[str], what: str = "question") -> None:
        if not text.strip():
            verb = "ask" if what == "question" else "state"
            raise UsageError(f"the {what} is empty; {verb} something")
        if len(text) > MAX_QUESTION:
            raise UsageError(
                f"the {what} has {len(text):,} characters; at most {MAX_QUESTION:,} are read"
            )
        known = [d.source.id for d in self.index.documents()]
        for document in documents:
            if document not in known:
                raise UsageError(
                    f"no document '{document}' in the index; there are: {', '.join(known[:20])}"
                )

    def _retrieve(
        self, question: Question, alone: Standalone, naming: Naming, documents: Sequence[str]
    ) -> tuple[Evidence, ...]:
        count = PASSAGES_READ * max(1, len(naming.named))
        found = self.retriever.retrieve(question.text, count, documents)
        return extractive.without(found, alone.avoid) if alone.avoid else found

    def _answer(
        self,
        question: Question,
        evidence: Sequence[Evidence],
        naming: Naming,
        documents: Sequence[str],
    ) -> Answer:
        library = compose.Library(self.index.page, self._sources_by_id(), plain(naming, evidence))
        if question.wanted is Wanted.LINK:
            pages = _link_pages(self.index, self.known_sources, evidence)
            link = find_link(question, self.known_sources, pages)
            if link is not None:
                return compose.link_answer(question, link, library)
        asked = parts(question.text)
        if len(asked) == 1:
            drafts = self._drafts(question, evidence, naming)
        else:
            drafts = [d for part in asked for d in self._part_drafts(part, documents)]
        floor = self.engine.models.threshold
        if any(d.answerable >= floor for d in drafts):
            floor *= OTHER_PART_SHARE
        said = [d for d in drafts if d.statements and d.answerable >= floor]
        if not said:
            return compose.not_found(question, evidence, drafts[0], library)
        return compose.answered(question, extractive.joined(said), library)

    def _part_drafts(self, part: str, documents: Sequence[str]) -> list[extractive.Draft]:
        """The drafts for one part of a double question."""
        question = analyse(part, self.retriever.acronyms)
        naming = self.retriever.naming(part, documents)
        count = PASSAGES_READ * max(1, len(naming.named))
        found = self.retriever.retrieve(part, count, documents)
        return self._drafts(question, found, naming)

    def _drafts(
        self, question: Question, evidence: Sequence[Evidence], naming: Naming
    ) -> list[extractive.Draft]:
        """An answer out of each name's documents; one out of all where fewer than two are named."""
        if not naming.named:
            return [extractive.answer(question, evidence, self.engine)]
        if len(naming.named) == 1:
            asked = inside(question, naming, naming.named[0])
            return [extractive.answer(asked, evidence, self.engine)]
        return [
            extractive.answer(
                inside(question, naming, named), found_in(evidence, named.documents), self.engine
            )
            for named in naming.named
        ]

    def _sources_by_id(self) -> Mapping[str, Source]:
        indexed = {d.source.id: d.source for d in self.index.documents()}
        return {s.id: s for s in self.known_sources} | indexed


def _status(source: Source, indexed: IndexedDocument | None) -> SourceStatus:
    if indexed is not None:
        return SourceStatus(source, SourceState.INDEXED, indexed.pages, indexed.passages)
    if source.path is not None:
        return SourceStatus(source, SourceState.FAILED, reason="present, but not in the index")
    return SourceStatus(source, SourceState.NOT_FETCHED)


def _link_pages(
    index: OpenIndex, sources: Sequence[Source], evidence: Sequence[Evidence]
) -> tuple[tuple[str, Page], ...]:
    """The pages that an address may stand on: those found, and those the manifest names."""
    found = [(e.hit.passage.document, e.hit.passage.page) for e in evidence]
    named = [(x.document, n) for s in sources for x in s.linked_from for n in x.pages]
    indexed = {d.source.id for d in index.documents()}
    places = dict.fromkeys(p for p in (*found, *named) if p[0] in indexed)
    return tuple((document, index.page(document, number)) for document, number in places)
