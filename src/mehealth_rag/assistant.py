"""The assistant: the one door to asking, searching and listing sources over an open index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from rapidfuzz import process

from mehealth_rag.answering import compose
from mehealth_rag.answering.disputes import Sweep
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.reading import ReadHit
from mehealth_rag.answering.talk import about_documents
from mehealth_rag.asking import PASSAGES_READ, Answerer, Finder
from mehealth_rag.checking.verdicts import PASSAGES_JUDGED, Desk, check_claim
from mehealth_rag.corpus import LeftOut, left_out, load_sources
from mehealth_rag.errors import UsageError
from mehealth_rag.generating.pace import Pace
from mehealth_rag.generating.writing import Pen
from mehealth_rag.growing import drained, mapped
from mehealth_rag.guide.values import Guide
from mehealth_rag.index.accounting import PageAccount, page_accounts
from mehealth_rag.index.report import Progress
from mehealth_rag.index.sources import SourceStatus, source_statuses
from mehealth_rag.language.spelling import Speller
from mehealth_rag.retrieval.retriever import Evidence, Retriever
from mehealth_rag.types import (
    Answer,
    Citation,
    ConflictReport,
    Hit,
    Page,
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
    left_out: tuple[LeftOut, ...] = ()
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
            left_out=left_out(settings.corpus),
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
        self._check(question, documents)
        return drained(self._answerer.answers(question, history, documents))

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] = ()
    ) -> Iterator[Answer]:
        """The same answer as it grows; the last one is what `ask` returns.

        What a language model writes is shown sentence by sentence, as soon as it is grounded.
        """
        self._check(question, documents)
        shown = ""

        def noted(part: Answer) -> Answer:
            nonlocal shown
            shown = part.answer
            return part

        answers = self._answerer.answers(question, history, documents)
        whole = yield from mapped(answers, noted)
        yield from compose.growing(whole, shown)

    def search(self, query: str, top_k: int = 10, documents: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Ranked passages for a query, best first, without an answer.

        The first dozen that retrieval brings are put in the order of the reader.
        """
        self._check(query, documents)
        return self._finder.ranked(query, top_k, documents)

    def passages(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[Evidence, ...]:
        """The passages to read for a question, best first, searched for as it stands alone."""
        self._check(question, documents)
        finder = self._finder
        alone = finder.stand_alone(question, about_documents(history, self.speller))
        return finder.search(question, alone, documents, top_k).evidence

    def read(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[ReadHit, ...]:
        """The passages that a search brings, in its order, each as the reader reads it."""
        self._check(question, documents)
        return self._finder.found_and_read(question, history, documents, top_k)[1]

    def reordered(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[ReadHit, ...]:
        """The same in the order of the reader; documents that are named take turns."""
        self._check(question, documents)
        finder = self._finder
        found, read = finder.found_and_read(question, history, documents, top_k)
        return finder.reordered(read, found.naming)

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

    def guides(self, documents: Sequence[str] = ()) -> tuple[Guide[Citation], ...]:
        """What each document is about, in the order of the corpus; of `documents` if given.

        Raises UsageError where the index has not all of them.
        """
        known = [*(d.source.id for d in self.index.documents()), *self.index.other_names]
        for name in documents:
            if name not in known:
                nearest = process.extractOne(name, known)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                raise UsageError(f"no document '{name}' in the index{hint}")
        wanted = {self.index.other_names.get(name, name) for name in documents}
        library = self._library()
        names = (d.source.id for d in self.index.documents())
        return tuple(library.cited(self.index.guide(n)) for n in names if not wanted or n in wanted)

    def sources(self) -> tuple[SourceStatus, ...]:
        """Every source of the corpus, and every file of it that is left out."""
        found = source_statuses(self.index, self.known_sources)
        others = (
            SourceStatus(o.source, SourceState.LEFT_OUT, reason=o.reason) for o in self.left_out
        )
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

    @property
    def _finder(self) -> Finder:
        return Finder(self.retriever, self.speller, self.reader, self.index.page, self.model)

    @property
    def _answerer(self) -> Answerer:
        pen = None if self.model is None else Pen(self.model, self.answer_tokens, self.pace)
        return Answerer(self.index, self._finder, self.known_sources, pen)

    def _library(self) -> Library:
        return Library.of(self.index, self.known_sources)
