"""The assistant: the one door to asking, searching and listing sources over an open index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from mehealth_rag import compose, generated
from mehealth_rag.accounting import PageAccount, PageName, page_accounts, unread_pages
from mehealth_rag.answering import reading
from mehealth_rag.answering.certainty import LIKELY_FROM
from mehealth_rag.answering.disputes import Sweep
from mehealth_rag.answering.leading import lead
from mehealth_rag.answering.links import FoundLink, find_link
from mehealth_rag.answering.named import plain
from mehealth_rag.answering.reading import ReadHit
from mehealth_rag.answering.scope import Refusal, declined
from mehealth_rag.checking import PASSAGES_JUDGED, Desk, check_claim
from mehealth_rag.corpus import NOT_LISTED, load_sources, unlisted
from mehealth_rag.errors import UsageError
from mehealth_rag.followups import Standalone, stand_alone
from mehealth_rag.generating.evidence import Shelf
from mehealth_rag.generating.pace import Pace
from mehealth_rag.generating.rewriting import rewritten
from mehealth_rag.generating.writing import Task, Writer
from mehealth_rag.growing import drained, mapped
from mehealth_rag.index.report import Progress
from mehealth_rag.language.spelling import Speller
from mehealth_rag.naming import Naming
from mehealth_rag.questions import Question, Wanted, analyse
from mehealth_rag.reader.rows import text_of
from mehealth_rag.retrieval import Evidence, Found, Retriever
from mehealth_rag.sources import SourceStatus, source_statuses
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import (
    Answer,
    ConflictReport,
    Hit,
    Page,
    Passage,
    Source,
    SourceState,
    Turn,
    Verdict,
)
from mehealth_rag.wiring import (
    open_index,
    open_language_model,
    open_reader,
    register,
    speller,
)

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.llm import LanguageModel
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.settings import Settings

MAX_QUESTION = 2_000
"""Characters of a question at the most: what is longer is a document, not a question."""

PASSAGES_READ = 12
"""How many passages are read for one answer."""


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


@dataclass(frozen=True)
class Assistant:
    """Answers questions over one open index. Keeps no conversation: any number may share it."""

    index: OpenIndex
    retriever: Retriever
    speller: Speller
    known_sources: tuple[Source, ...]
    reader: Callable[[], Reader]
    """Opens the reader of passages when it is first needed."""
    model: LanguageModel | None = None
    """The language model that writes the answers, None for the extractive engine."""
    answer_tokens: int = 0
    pace: Pace = field(default_factory=Pace)
    """How long the model's prompts may be for its first words to come in time."""
    left_out: tuple[Source, ...] = ()
    """Files of the corpus folder that are not read."""

    @classmethod
    def open(cls, settings: Settings) -> Assistant:
        """Open the current index.

        Raises:
            NoIndexError: there is none yet; `mehealth ingest` builds it.
            IndexStateError: it was built by another layout or model, or is damaged.
        """
        index, encoder = open_index(settings)
        names = register(index)
        return cls(
            index=index,
            retriever=Retriever(index, encoder, index.acronyms(), names),
            speller=speller(index, names),
            known_sources=load_sources(settings.corpus) if settings.corpus.is_dir() else (),
            reader=cache(partial(open_reader, settings)),
            model=open_language_model(settings),
            answer_tokens=settings.llm_max_tokens,
            pace=Pace.of(settings),
            left_out=unlisted(settings.corpus),
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
        return drained(self._answers(question, history, documents))

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] = ()
    ) -> Iterator[Answer]:
        """The same answer as it grows; the last one is what `ask` returns.

        What a language model writes is shown sentence by sentence, as soon as it is grounded.
        """
        shown = ""

        def noted(part: Answer) -> Answer:
            nonlocal shown
            shown = part.answer
            return part

        whole = yield from mapped(self._answers(question, history, documents), noted)
        yield from compose.growing(whole, shown)

    def search(self, query: str, top_k: int = 10, documents: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Ranked passages for a query, best first, without an answer.

        The first dozen that retrieval brings are put in the order of the reader.
        """
        self._check(query, documents)
        most = max(top_k, PASSAGES_READ)
        found = self.retriever.retrieve(self.speller.mend(query), most, documents)
        read = self._read(query, (), found.evidence[:PASSAGES_READ])
        hits = [h.hit for h in self._reordered(read, found.naming)]
        return (*hits, *(e.hit for e in found.evidence[PASSAGES_READ:]))[:top_k]

    def passages(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[Evidence, ...]:
        """The passages to read for a question, best first, searched for as it stands alone."""
        self._check(question, documents)
        alone = self._stand_alone(question, history)
        meant = self._meant(question, alone, documents)
        return self._search(alone, meant, top_k).evidence

    def read(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[ReadHit, ...]:
        """The passages that a search brings, in its order, each as the reader reads it."""
        return self._found_and_read(question, history, documents, top_k)[1]

    def reordered(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[ReadHit, ...]:
        """The same in the order of the reader; documents that are named take turns."""
        found, read = self._found_and_read(question, history, documents, top_k)
        return self._reordered(read, found.naming)

    def _found_and_read(
        self, question: str, history: Sequence[Turn], documents: Sequence[str], top_k: int
    ) -> tuple[Found, tuple[ReadHit, ...]]:
        self._check(question, documents)
        alone = self._stand_alone(question, history)
        found = self._search(alone, self._meant(question, alone, documents), top_k)
        return found, self._read(question, _turns(alone, history), found.evidence)

    def _reordered(self, read: Sequence[ReadHit], naming: Naming) -> tuple[ReadHit, ...]:
        return reading.reordered(read, self.reader().limits, in_turns=bool(naming.named))

    def _search(self, alone: Standalone, documents: Sequence[str], top_k: int) -> Found:
        return self.retriever.retrieve(self.speller.mend(alone.search), top_k, documents)

    def _meant(self, question: str, alone: Standalone, documents: Sequence[str]) -> Sequence[str]:
        """The documents to search: a follow-up that names some leaves those before it behind."""
        if not alone.leans:
            return documents
        named = self.retriever.naming(self.speller.mend(question), documents).documents
        return sorted(named) or documents

    def _read(
        self, question: str, history: Sequence[Turn], evidence: Sequence[Evidence]
    ) -> tuple[ReadHit, ...]:
        hits = [e.hit for e in evidence]
        texts = [text_of(hit.passage, self.index.page) for hit in hits]
        readings = self.reader().read(question, history, texts)
        return tuple(map(ReadHit, hits, texts, map(reading.allowed, readings, evidence)))

    def check(self, claim: str, documents: Sequence[str] = (), question: str = "") -> Verdict:
        """What the documents say of a claim; `documents` limits the search.

        `question` is what the claim answers, empty where that is not known.

        Raises:
            UsageError: the claim is empty, too long or a question, or a document is not in the
                index.
        """
        self._check(claim, documents, "claim")

        def search(text: str) -> tuple[Evidence, ...]:
            return self.retriever.retrieve(text, PASSAGES_JUDGED, documents).evidence

        desk = Desk(self.reader(), search, self.speller, self._library())
        return replace(check_claim(claim, desk, question), index=self.index.fingerprint)

    def conflicts(
        self, documents: Sequence[str] = (), progress: Progress | None = None
    ) -> ConflictReport:
        """Figures that pages give differently for the same thing; `documents` limits the search.

        It reads the whole index, which takes seconds to minutes: `progress` is told how far it is.

        Raises UsageError where the index has not all of the documents.
        """
        self.check_documents(documents)
        sweep = Sweep(self.index, self.reader, progress or Progress())
        found = sweep.disputes(documents)
        return compose.conflict_report(found, self._library(), self.index.fingerprint)

    def sources(self) -> tuple[SourceStatus, ...]:
        """Every source of the corpus, and every file of it that is left out."""
        found = source_statuses(self.index, self.known_sources)
        others = (SourceStatus(s, SourceState.LEFT_OUT, reason=NOT_LISTED) for s in self.left_out)
        return (*found, *others)

    def pages(self, document: str) -> tuple[PageAccount, ...]:
        """Every page of a document of the index in figures, with what is wrong with it.

        Raises UsageError where the index has no such document.
        """
        for indexed in self.index.documents():
            if indexed.source.id == document:
                return tuple(page_accounts(self.index, indexed))
        raise UsageError(f"no document '{document}' in the index")

    def page(self, document: str, number: int) -> Page:
        """One page as it was read; `number` counts from 1."""
        return self.index.page(document, number)

    def _answers(
        self, question: str, history: Sequence[Turn], documents: Sequence[str]
    ) -> Generator[Answer, None, Answer]:
        """The answer as it grows, and returned when it is whole."""
        watch = Stopwatch()
        self._check(question, documents)
        refusal = declined(question)
        if refusal is not None and refusal.final:
            refused = compose.decline(question, refusal.sentence, self.index.fingerprint)
            return replace(refused, timings_ms=watch.stop())
        alone = self._stand_alone(question, history)
        shown, whole, search = map(self.speller.mend, (alone.text, alone.whole, alone.search))
        analysed = analyse(shown, whole)
        watch.lap("rewrite")
        meant = self._meant(question, alone, documents)
        found = self.retriever.retrieve(search, PASSAGES_READ, meant, each=True)
        watch.lap("retrieve")
        framed = partial(
            replace,
            question=question,
            standalone_question=shown,
            index=self.index.fingerprint,
        )

        def begun(part: Answer) -> Answer:
            watch.mark("first_words")
            return framed(part)

        evidence = found.evidence
        read = partial(self._read, question, _turns(alone, history), evidence)
        known = plain(found.naming, evidence)
        asked = _Asked(analysed, shown, history, evidence, read, known, refusal)
        answer = yield from mapped(self._answer(asked, documents), begun)
        watch.lap("answer")
        return framed(answer, timings_ms=watch.stop())

    def _stand_alone(self, question: str, history: Sequence[Turn]) -> Standalone:
        alone = stand_alone(question, history)
        if self.model is None or not history:
            return alone
        return rewritten(question, history, alone, self.model)

    def check_documents(self, documents: Sequence[str]) -> None:
        """Raise UsageError where the index has not all of these documents."""
        known = [*(d.source.id for d in self.index.documents()), *self.index.other_names]
        for document in documents:
            if document not in known:
                raise UsageError(
                    f"no document '{document}' in the index; there are: {', '.join(known[:20])}"
                )

    def _check(self, text: str, documents: Sequence[str], what: str = "question") -> None:
        if not text.strip():
            verb = "ask" if what == "question" else "state"
            raise UsageError(f"the {what} is empty; {verb} something")
        if len(text) > MAX_QUESTION:
            raise UsageError(
                f"the {what} has {len(text):,} characters; at most {MAX_QUESTION:,} are read"
            )
        self.check_documents(documents)

    def _answer(self, asked: _Asked, documents: Sequence[str]) -> Generator[Answer, None, Answer]:
        question = asked.question
        library = replace(self._library(), plain=asked.plain)
        link = self._link(asked) if question.wanted is Wanted.LINK else None
        if link is not None and self.model is None:
            return compose.link_answer(question, link, library)
        hits, reader = asked.read(), self.reader()
        draft = reading.drafted(question, hits, reader.limits, self.index.page)
        draft = replace(draft, confidence=reader.right.of(draft.confidence))
        library = replace(library, unread=self._unread(documents))
        unlikely = not draft.statements or draft.confidence < LIKELY_FROM
        if asked.refusal is not None and unlikely:
            return compose.decline(question.text, asked.refusal.sentence, self.index.fingerprint)
        if self.model is not None:
            task = Task(question, asked.shown, asked.history, draft, asked.evidence, hits)
            answer = yield from generated.answer(task, self._writer(self.model), library)
            if link is None or answer.engine == generated.ENGINE:
                return answer
            found = compose.link_answer(question, link, library)
            return replace(found, dropped=answer.dropped, tokens=answer.tokens)
        if not draft.statements:
            return compose.not_found(question, reading.nearest(hits), draft, library)
        draft = replace(draft, lead=lead(question, draft, hits, reader))
        return compose.answered(question, draft, library)

    def _link(self, asked: _Asked) -> FoundLink | None:
        """The link that a question for an address is answered with."""
        pages = _link_pages(self.index, self.known_sources, asked.evidence)
        return find_link(asked.question, self.known_sources, pages)

    def _writer(self, model: LanguageModel) -> Writer:
        """A language model with what its words are held against."""
        shelf = Shelf(self.index.page, self._document)
        return Writer(model, self.reader(), shelf, self.pace, self.answer_tokens)

    def _document(self, document: str, most: int) -> Sequence[Passage]:
        """The passages of a document in reading order; none where there are more than `most`."""
        ordinals = self.index.document_ordinals([document])
        return self.index.passages(ordinals.tolist()) if len(ordinals) <= most else ()

    def _unread(self, documents: Sequence[str]) -> Mapping[str, tuple[PageName, ...]]:
        """Pages of the documents searched that could not be read."""
        unread = unread_pages(self.index.problems())
        return {d: pages for d, pages in unread.items() if not documents or d in documents}

    def _library(self) -> compose.Library:
        return compose.Library(self.index.page, self._sources_by_id())

    def _sources_by_id(self) -> Mapping[str, Source]:
        indexed = {d.source.id: d.source for d in self.index.documents()}
        return {s.id: s for s in self.known_sources} | indexed


def _turns(alone: Standalone, history: Sequence[Turn]) -> Sequence[Turn]:
    """The turns that a question is read with: none where it leans on none.

    Earlier turns would draw a question that changes the subject back to theirs.
    """
    return history if alone.leans else ()


def _link_pages(
    index: OpenIndex, sources: Sequence[Source], evidence: Sequence[Evidence]
) -> tuple[tuple[str, Page], ...]:
    """The pages that an address may stand on: those found, and those the manifest names."""
    found = [(e.hit.passage.document, e.hit.passage.page) for e in evidence]
    named = [(x.document, n) for s in sources for x in s.linked_from for n in x.pages]
    indexed = {d.source.id for d in index.documents()}
    places = dict.fromkeys(p for p in (*found, *named) if p[0] in indexed)
    return tuple((document, index.page(document, number)) for document, number in places)
