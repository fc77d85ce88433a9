"""The assistant: the entry point for questions, searches and checks over an open index."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from mehealth_rag.answering import compose
from mehealth_rag.answering.disputes import Sweep
from mehealth_rag.answering.drafting import ReadHit, reordered
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.talk import about_documents
from mehealth_rag.asking import PASSAGES_READ, Answerer, Finder, turns_of
from mehealth_rag.checking.verdicts import Desk, check_claim
from mehealth_rag.corpus import LeftOut, left_out, load_sources
from mehealth_rag.errors import UsageError
from mehealth_rag.generating.writing import Pace, Pen
from mehealth_rag.growing import Progress, drained, mapped
from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.accounting import PageAccount, SourceStatus, page_accounts, source_statuses
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.spelling import Speller
from mehealth_rag.llm.language_model import LanguageModel, is_configured
from mehealth_rag.reader.model import Reader
from mehealth_rag.retrieval.retriever import Evidence, Retriever
from mehealth_rag.settings import Engine, Settings
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
from mehealth_rag.wiring import open_index, open_language_model, open_reader, register, speller

EXTRACTIVE: Engine = "extractive"
GENERATIVE: Engine = "generative"

MAX_QUESTION = 2_000
"""The most characters of a question or claim; anything longer is a document."""


@dataclass(frozen=True)
class Assistant:
    """Answers questions over one open index. Keeps no conversation, so it can be shared."""

    index: OpenIndex
    retriever: Retriever
    speller: Speller
    known_sources: tuple[Source, ...]
    reader: Callable[[], Reader]
    """Loads the reader on first use."""
    model: LanguageModel | None = None
    """The language model that writes answers; None for the extractive engine."""
    answer_tokens: int = 0
    pace: Pace = field(default_factory=Pace)
    """How long the model's prompts may be for its first words to come in time."""
    left_out: tuple[LeftOut, ...] = ()
    """Files of the corpus folder that are not read."""

    @classmethod
    def open(cls, settings: Settings) -> Assistant:
        """Open the current index.

        Raises NoIndexError if there is none, IndexStateError if it cannot be used.
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

    def reopened(self, settings: Settings) -> Assistant:
        """Open the current index again, with the loaded models. Raises as `open` does.

        The old index stays open.
        """
        index, encoder = open_index(settings, self.retriever.encoder)
        names = register(index)
        return replace(
            self.relisted(settings),
            index=index,
            retriever=Retriever(index, encoder, index.acronyms(), names),
            speller=speller(index, names),
        )

    def relisted(self, settings: Settings) -> Assistant:
        """Return the same index with the corpus folder's present sources. Raises as `open` does."""
        there = settings.corpus.is_dir()
        return replace(
            self,
            known_sources=load_sources(settings.corpus) if there else (),
            left_out=left_out(settings.corpus),
        )

    def ask(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] = ()
    ) -> Answer:
        """Answer a question; `history` holds the turns before it, `documents` limits the search.

        Here and below, a name in `documents` with a slash at its end is a collection: all its
        documents in the index.

        Raises UsageError for a question that is empty or too long, and for an unknown document.
        """
        documents = self._check(question, documents)
        return drained(self._answerer.answers(question, history, documents))

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] = ()
    ) -> Iterator[Answer]:
        """Yield the answer as it grows; the last one is what `ask` returns.

        A language model's sentences appear one by one, as soon as each is checked.
        """
        documents = self._check(question, documents)
        so_far = ""

        def remember(part: Answer) -> Answer:
            nonlocal so_far
            so_far = part.answer
            return part

        answers = self._answerer.answers(question, history, documents)
        whole = yield from mapped(answers, remember)
        yield from compose.growing(whole, so_far)

    def search(self, query: str, top_k: int = 10, documents: Sequence[str] = ()) -> tuple[Hit, ...]:
        """Return ranked passages for a query, best first, without an answer.

        The first dozen that retrieval returns are re-ranked by the reader.
        """
        documents = self._check(query, documents)
        return self._finder.ranked(query, top_k, documents)

    def passages(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
    ) -> tuple[Evidence, ...]:
        """Return the passages to read for a question, rewritten to stand alone, best first."""
        documents = self._check(question, documents)
        finder = self._finder
        alone = finder.stand_alone(question, about_documents(history, self.speller))
        return finder.search(question, alone, documents, top_k).evidence

    def read(
        self,
        question: str,
        history: Sequence[Turn] = (),
        documents: Sequence[str] = (),
        top_k: int = PASSAGES_READ,
        *,
        ranked: bool = False,
    ) -> tuple[ReadHit, ...]:
        """Retrieve and read passages for a question, in retrieval order.

        With `ranked` the reader orders them; several named documents take turns.
        """
        documents = self._check(question, documents)
        history = about_documents(history, self.speller)
        alone = self._finder.stand_alone(question, history)
        result = self._finder.search(question, alone, documents, top_k)
        hits = self._finder.read(question, turns_of(alone, history), result.evidence)
        return reordered(hits, in_turns=bool(result.naming.named)) if ranked else hits

    def check(self, claim: str, documents: Sequence[str] = (), question: str = "") -> Verdict:
        """Check a claim against the documents; `documents` limits the search.

        `question` is what the claim answers, empty if unknown. Raises UsageError as `ask` does, and
        for a question.
        """
        self._check(claim, documents, "claim")
        verdict = check_claim(claim, self.desk(documents), question)
        return replace(verdict, index=self.index.fingerprint)

    def desk(self, documents: Sequence[str] = ()) -> Desk:
        """Return what checking claims needs; `documents` limits the search. Raises UsageError."""
        return self._finder.desk(self._library(), self.chosen(documents))

    def conflicts(
        self, documents: Sequence[str] = (), progress: Progress | None = None
    ) -> ConflictReport:
        """Find figures that pages give differently for the same thing.

        `documents` limits the search. It reads the whole index, which takes seconds to minutes;
        `progress` is updated meanwhile. Raises UsageError if a document is not in the index.
        """
        documents = self.chosen(documents)
        sweep = Sweep(self.index, self.reader, progress or Progress())
        disputes = sweep.disputes(documents)
        return compose.conflict_report(disputes, self._library(), self.index.fingerprint)

    def guides(self, documents: Sequence[str] = ()) -> tuple[Guide[Citation], ...]:
        """Return what each document is about, in corpus order; of `documents` if given.

        Raises UsageError if a document is not in the index.
        """
        library = self._library()
        chosen = self.index.described(self.chosen(documents))
        return tuple(library.cited(self.index.guide(d.source.id)) for d in chosen)

    def sources(self) -> tuple[SourceStatus, ...]:
        """Return every source of the corpus, and every file that is left out."""
        statuses = source_statuses(self.index, self.known_sources)
        others = (
            SourceStatus(o.source, SourceState.LEFT_OUT, reason=o.reason) for o in self.left_out
        )
        return (*statuses, *others)

    def pages(self, document: str) -> tuple[PageAccount, ...]:
        """Return the figures and problems of every page of a document.

        Raises UsageError if the document is not in the index.
        """
        for indexed in self.index.documents():
            if indexed.source.id == document:
                return tuple(page_accounts(self.index, indexed))
        raise UsageError(f"no document '{document}' in the index")

    def page(self, document: str, number: int) -> Page:
        """Return one page as read; `number` counts from 1."""
        return self.index.page(document, number)

    def chosen(self, documents: Sequence[str]) -> tuple[str, ...]:
        """Return ids of documents, each collection among them as its documents in the index.

        Raises UsageError if a document or collection is not in the index.
        """
        known = [*(d.source.id for d in self.index.documents()), *self.index.other_names]
        by_collection = self._collections()
        ids: list[str] = []
        for name in documents:
            if name not in known and name not in by_collection:
                what = "collection" if name.endswith("/") else "document"
                names = ", ".join([*known, *by_collection][:20])
                raise UsageError(f"no {what} '{name}' in the index; there are: {names}")
            ids += [name] if name in known else by_collection[name]
        return tuple(dict.fromkeys(ids))

    def _collections(self) -> dict[str, list[str]]:
        """Return the indexed documents of each collection, by its name with a slash at the end."""
        indexed = {d.source.id: d.source for d in self.index.documents()}
        collections: dict[str, list[str]] = {}
        for source in self.known_sources or indexed.values():
            if source.collection and source.id in indexed:
                collections.setdefault(f"{source.collection}/", []).append(source.id)
        return collections

    def _check(
        self, text: str, documents: Sequence[str], what: str = "question"
    ) -> tuple[str, ...]:
        """Check a text; return the documents that `documents` names. Raises UsageError."""
        if not text.strip():
            verb = "ask" if what == "question" else "state"
            raise UsageError(f"the {what} is empty; {verb} something")
        if len(text) > MAX_QUESTION:
            raise UsageError(
                f"the {what} has {len(text):,} characters; at most {MAX_QUESTION:,} are read"
            )
        return self.chosen(documents)

    @property
    def _finder(self) -> Finder:
        return Finder(self.retriever, self.speller, self.reader, self.index.page, self.model)

    @property
    def _answerer(self) -> Answerer:
        pen = None if self.model is None else Pen(self.model, self.answer_tokens, self.pace)
        return Answerer(self.index, self._finder, self.known_sources, pen)

    def _library(self) -> Library:
        return Library.of(self.index, self.known_sources)


def engine_of(assistant: Assistant) -> Engine:
    """Return the engine of an assistant."""
    return EXTRACTIVE if assistant.model is None else GENERATIVE


class Engines:
    """One assistant per engine; `settings` name the language model, which is opened once."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self._assistant = assistant
        self._settings = settings
        self._lock = threading.Lock()
        self._opened = {engine_of(assistant): assistant}

    def of(self, engine: Engine | None) -> Assistant:
        """Return the assistant with an engine; the original for None. Raises as `open_model`."""
        if engine is None:
            return self._assistant
        with self._lock:
            if engine not in self._opened:
                self._opened[engine] = self._open(engine)
            return self._opened[engine]

    def choices(self) -> dict[str, Assistant]:
        """Return both engines if a language model is configured, else nothing."""
        if self._assistant.model is None and not is_configured(self._settings):
            return {}
        return {engine: self.of(engine) for engine in (EXTRACTIVE, GENERATIVE)}

    def _open(self, engine: Engine) -> Assistant:
        settings = self._settings.model_copy(update={"engine": engine})
        model = open_language_model(settings)
        return replace(self._assistant, model=model, answer_tokens=settings.llm_max_tokens)
