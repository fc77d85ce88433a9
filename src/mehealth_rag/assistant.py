"""The assistant: the one door to asking, searching and listing sources over an open index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from mehealth_rag import compose, generated
from mehealth_rag.accounting import PageAccount, page_accounts, page_ranges, unread_pages
from mehealth_rag.answering import extractive
from mehealth_rag.answering.comparing import compared
from mehealth_rag.answering.evidence import Evidence
from mehealth_rag.answering.generative import Task, Writer
from mehealth_rag.answering.links import find_link
from mehealth_rag.answering.named import found_in, inside, plain
from mehealth_rag.answering.parts import parts
from mehealth_rag.answering.rewriting import rewritten
from mehealth_rag.answering.scope import declined
from mehealth_rag.answering.sides import Side, answers_both, giving, of_one_side, tells_both
from mehealth_rag.answering.weighing import Engine
from mehealth_rag.answering.weights import load_models
from mehealth_rag.checking import check_claim
from mehealth_rag.corpus import NOT_LISTED, load_sources, unlisted
from mehealth_rag.errors import UsageError
from mehealth_rag.followups import Standalone, stand_alone
from mehealth_rag.growing import drained, mapped
from mehealth_rag.language.spelling import Speller
from mehealth_rag.naming import Naming
from mehealth_rag.questions import Question, Wanted, analyse
from mehealth_rag.reader.rows import PassageText, passage_text
from mehealth_rag.retrieval import Retriever
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Answer, Hit, Page, Passage, Source, SourceState, Turn, Verdict
from mehealth_rag.wiring import (
    likeness,
    open_index,
    open_language_model,
    open_reader,
    open_sentence_reader,
    register,
    speller,
)

if TYPE_CHECKING:
    from mehealth_rag.index.content import IndexedDocument
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.llm import LanguageModel
    from mehealth_rag.reader.model import PassageReading, Reader
    from mehealth_rag.settings import Settings

MAX_QUESTION = 2_000
"""Characters of a question at the most: what is longer is a document, not a question."""

OTHER_PART_SHARE = 0.6
"""Once one part of a double question is answered, the others need this share of the threshold."""

PASSAGES_READ = 12
"""How many passages are read for one answer."""

PASSAGES_COMPARED = 40
"""How many are looked through for another figure than the answer's."""


_Asked: TypeAlias = tuple[extractive.Draft, Sequence[Evidence]]
"""The answer to one part of a question, and the evidence that it was chosen from."""

Kept: TypeAlias = Callable[[Sequence[Evidence]], tuple[Evidence, ...]]
"""Takes out of evidence what may not answer."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source with its state: how many pages and passages the index holds, and why none.

    `unread` are its pages that show something which could not be read.
    """

    source: Source
    state: SourceState
    pages: int = 0
    passages: int = 0
    reason: str = ""
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A passage of a search with what the reader was given of it, and what it says of that."""

    hit: Hit
    text: PassageText
    reading: PassageReading


@dataclass(frozen=True)
class Assistant:
    """Answers questions over one open index. Keeps no conversation: any number may share it."""

    index: OpenIndex
    retriever: Retriever
    speller: Speller
    engine: Engine
    known_sources: tuple[Source, ...]
    reader: Callable[[], Reader]
    """Opens the reader of passages when it is first needed."""
    model: LanguageModel | None = None
    """The language model that writes the answers, None for the extractive engine."""
    answer_tokens: int = 0
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
            engine=Engine(load_models(), index, likeness(encoder), open_sentence_reader()),
            known_sources=load_sources(settings.corpus) if settings.corpus.is_dir() else (),
            reader=cache(partial(open_reader, settings)),
            model=open_language_model(settings),
            answer_tokens=settings.llm_max_tokens,
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
        """Ranked passages for a query, best first, without an answer."""
        self._check(query, documents)
        mended = self.speller.mend(query)
        found = self.retriever.retrieve(mended, top_k, documents)
        return tuple(e.hit for e in found)

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
        return self.retriever.retrieve(self.speller.mend(alone.text), top_k, documents)

    def read(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[ReadHit, ...]:
        """The passages that a search brings, in its order, each as the reader reads it."""
        hits = [e.hit for e in self.passages(question, history, documents, top_k)]
        texts = [self.passage_text(hit.passage) for hit in hits]
        readings = self.reader().read(question, history, texts)
        return tuple(map(ReadHit, hits, texts, readings))

    def passage_text(self, passage: Passage) -> PassageText:
        """A passage as the reader is given it."""
        return passage_text(passage, self.index.page(passage.document, passage.page).text)

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
        """Every source of the corpus, and every file of it that is left out."""
        indexed = {d.source.id: d for d in self.index.documents()}
        known = self.known_sources or tuple(d.source for d in indexed.values())
        problems = self.index.problems()
        unread = unread_pages(problems)
        failures = {p.source: p.reason for p in problems if p.page is None}
        names = self.index.other_names.items()
        copies = {name: f"the same file as {first}" for name, first in names}
        found = (
            SourceStatus(s, SourceState.INDEXED, reason=copies[s.id])
            if s.id in copies
            else _status(s, indexed.get(s.id), unread.get(s.id, ()), failures.get(s.id))
            for s in known
        )
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
        if refusal is not None:
            return compose.decline(question, refusal, self.index.fingerprint, watch.stop())
        alone = self._stand_alone(question, history)
        analysed = analyse(self.speller.mend(alone.text), self.retriever.acronyms)
        watch.lap("rewrite")
        naming = self.retriever.naming(analysed.text, documents)
        evidence = self._retrieve(analysed, alone, naming, documents)
        watch.lap("retrieve")
        framed = partial(
            replace,
            question=question,
            standalone_question=analysed.text,
            index=self.index.fingerprint,
        )

        def begun(part: Answer) -> Answer:
            watch.mark("first_words")
            return framed(part)

        answer = yield from mapped(self._answer(analysed, evidence, naming, documents), begun)
        watch.lap("answer")
        return framed(answer, timings_ms=watch.stop())

    def _stand_alone(self, question: str, history: Sequence[Turn]) -> Standalone:
        alone = stand_alone(question, history, self.retriever.moved, self.retriever.written)
        if self.model is None or not history:
            return alone
        return rewritten(question, history, alone, self.model)

    def _check(self, text: str, documents: Sequence[str], what: str = "question") -> None:
        if not text.strip():
            verb = "ask" if what == "question" else "state"
            raise UsageError(f"the {what} is empty; {verb} something")
        if len(text) > MAX_QUESTION:
            raise UsageError(
                f"the {what} has {len(text):,} characters; at most {MAX_QUESTION:,} are read"
            )
        known = [*(d.source.id for d in self.index.documents()), *self.index.other_names]
        for document in documents:
            if document not in known:
                raise UsageError(
                    f"no document '{document}' in the index; there are: {', '.join(known[:20])}"
                )

    def _retrieve(
        self, question: Question, alone: Standalone, naming: Naming, documents: Sequence[str]
    ) -> tuple[Evidence, ...]:
        found = self._passages(question.text, naming, documents)
        return extractive.without(found, alone.avoid) if alone.avoid else found

    def _passages(
        self, text: str, naming: Naming, documents: Sequence[str]
    ) -> tuple[Evidence, ...]:
        """The passages for a question: so many for each name in it."""
        count = PASSAGES_READ * max(1, len(naming.named))
        return self.retriever.retrieve(text, count, documents)

    def _answer(
        self,
        question: Question,
        evidence: Sequence[Evidence],
        naming: Naming,
        documents: Sequence[str],
    ) -> Generator[Answer, None, Answer]:
        library = compose.Library(
            self.index.page, self._sources_by_id(), plain=plain(naming, evidence)
        )
        if question.wanted is Wanted.LINK:
            pages = _link_pages(self.index, self.known_sources, evidence)
            link = find_link(question, self.known_sources, pages)
            if link is not None:
                return compose.link_answer(question, link, library)
        asked = self._asked(question, evidence, naming, documents)
        drafts = [draft for draft, _ in asked]
        floor = self.engine.models.threshold
        if any(d.answerable >= floor for d in drafts):
            floor *= OTHER_PART_SHARE
        said = [d for d in drafts if d.statements and d.answerable >= floor]
        sides = self._both_sides(question, said, documents) if len(drafts) == 1 else []
        if not said and not sides:
            library = replace(library, unread=self._unread(documents))
            return compose.not_found(question, evidence, drafts[0], library)
        draft = extractive.joined([d for d, _ in sides] or said)
        asked += sides
        if self.model is None or draft.disagree:
            return compose.answered(question, draft, library)
        found = {e.hit.passage.id: e for _, held in asked for e in held}
        task = Task(question, draft, tuple(found.values()))
        writer = Writer(self.model, self.retriever, self.engine, self.answer_tokens)
        return (yield from generated.answer(task, writer, library))

    def _both_sides(
        self, question: Question, said: Sequence[extractive.Draft], documents: Sequence[str]
    ) -> list[_Asked]:
        """What tells each side of a comparison, if the answer does not speak of both already.

        Nothing where the question compares nothing, or where one of its sides is not told of. One
        sentence may tell both.
        """
        sides = compared(question.text)
        whole = said[0] if said else None
        if not sides or (whole and (whole.introduction or _tells(sides, whole))):
            return []
        floor = self.engine.models.threshold * (OTHER_PART_SHARE if whole else 1)
        told = self._told(sides, [partial(giving, s) for s in sides], documents, floor)
        shared = _shared(told)
        if shared is not None and not answers_both(sides, shared):
            pairs = zip(sides, reversed(sides), strict=True)
            kept = [partial(of_one_side, side, other, shared) for side, other in pairs]
            told = self._told(sides, kept, documents, floor)
            return told if _shared(told) is None else []
        return told

    def _told(
        self,
        sides: Sequence[Side],
        kept: Sequence[Kept],
        documents: Sequence[str],
        floor: float,
    ) -> list[_Asked]:
        """One statement for each side; nothing where one of them is not told of."""
        told = []
        for side, keeps in zip(sides, kept, strict=True):
            telling = partial(extractive.telling, analyse(side.question))
            one = telling if side.wants_figure else extractive.first_statement
            for draft, evidence in self._part(side.question, documents, keeps):
                if not draft.statements or draft.answerable < floor:
                    return []
                told.append((one(draft), evidence))
        return told

    def _asked(
        self,
        question: Question,
        evidence: Sequence[Evidence],
        naming: Naming,
        documents: Sequence[str],
    ) -> list[_Asked]:
        """The drafts for each part of a question, with the evidence of each."""
        asked = parts(question.text)
        if len(asked) == 1:
            return self._drafts(question, evidence, naming, documents)
        return [a for part in asked for a in self._part(part, documents)]

    def _part(self, part: str, documents: Sequence[str], kept: Kept = tuple) -> list[_Asked]:
        """The drafts for one part of a question, or for one side of a comparison.

        `kept` is the evidence that may answer it.
        """
        naming = self.retriever.naming(part, documents)
        found = kept(self._passages(part, naming, documents))
        return self._drafts(analyse(part, self.retriever.acronyms), found, naming, documents)

    def _drafts(
        self,
        question: Question,
        evidence: Sequence[Evidence],
        naming: Naming,
        documents: Sequence[str],
    ) -> list[_Asked]:
        """A draft out of each name's documents; out of all where fewer than two are named."""

        def look(query: str) -> Sequence[Evidence]:
            return self.retriever.retrieve(query, PASSAGES_COMPARED, documents)

        if not naming.named:
            return [(extractive.answer(question, evidence, self.engine, look), evidence)]
        if len(naming.named) == 1:
            asked = inside(question, naming, naming.named[0])
            return [(extractive.answer(asked, evidence, self.engine, look), evidence)]
        found = [(n, found_in(evidence, n.documents)) for n in naming.named]
        return [
            (extractive.answer(inside(question, naming, n), e, self.engine), e) for n, e in found
        ]

    def _unread(self, documents: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
        """Pages of the documents searched that could not be read."""
        unread = unread_pages(self.index.problems())
        return {d: pages for d, pages in unread.items() if not documents or d in documents}

    def _sources_by_id(self) -> Mapping[str, Source]:
        indexed = {d.source.id: d.source for d in self.index.documents()}
        return {s.id: s for s in self.known_sources} | indexed


def _shared(told: Sequence[_Asked]) -> str | None:
    """The one sentence that was chosen for every side, None where there are several."""
    firsts = {draft.statements[0][0] for draft, _ in told}
    return firsts.pop().text if len(firsts) == 1 and len(told) > 1 else None


def _tells(sides: Sequence[Side], whole: extractive.Draft) -> bool:
    return any(tells_both(sides, quotes[0].text) for quotes in whole.statements)


def _status(
    source: Source,
    indexed: IndexedDocument | None,
    unread: tuple[int, ...],
    failure: str | None,
) -> SourceStatus:
    if indexed is not None:
        reason = f"{page_ranges(unread)} could not be read" if unread else ""
        found = SourceState.INDEXED
        return SourceStatus(source, found, indexed.pages, indexed.passages, reason, unread)
    if source.path is not None:
        reason = failure or "present, but not in the index"
        return SourceStatus(source, SourceState.FAILED, reason=reason)
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
