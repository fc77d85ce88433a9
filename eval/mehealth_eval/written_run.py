"""Evaluates over written documents: render, index, ask, check, score."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mehealth_eval.written_data import (
    SentenceFinder,
    Twin,
    WrittenClaim,
    WrittenDocument,
    WrittenQuestion,
    load_documents,
    markdown,
    sampled,
)
from mehealth_eval.written_scores import (
    Answered,
    Judged,
    JudgedTwin,
    WrittenFigures,
    figures,
    quoted_ids,
)
from mehealth_rag.asking import PASSAGES_READ
from mehealth_rag.assistant import Assistant
from mehealth_rag.checking.verdicts import PASSAGES_JUDGED
from mehealth_rag.errors import MehealthError
from mehealth_rag.growing import Progress
from mehealth_rag.guard.case import Case
from mehealth_rag.guard.readings import Weighed, read_together
from mehealth_rag.guard.verdict import weigh
from mehealth_rag.reader.choice import choose
from mehealth_rag.reader.model import Reader
from mehealth_rag.reader.rows import PassageText, gathered, readable, text_of
from mehealth_rag.settings import Settings
from mehealth_rag.types import Answer, Citation, Passage, Span
from mehealth_rag.wiring import ingest

A = TypeVar("A")
B = TypeVar("B")


def evaluate_written(
    folder: Path,
    settings: Settings,
    progress: Progress,
    *,
    reader_only: bool = False,
    sample: int | None = None,
) -> WrittenFigures:
    """Evaluate on the written documents of a folder, each on its own.

    `settings` name the reader; their corpus and index are not used. `sample` limits the questions,
    the claims and the twins. Raises QuestionFileError if the folder holds no documents, or a line
    is invalid.
    """
    documents = sampled(load_documents(folder), sample)
    answered: list[Answered] = []
    judged: list[Judged] = []
    twins: list[JudgedTwin] = []
    with indexed(as_files(documents), settings) as assistant:
        reader = assistant.reader() if reader_only else None
        lines = sum(len(d.questions) + len(d.claims) + len(d.twins) for d in documents)
        progress.stage("reading" if reader_only else "asking", lines)
        for document in documents:
            located = LocatedDocument.of(assistant, document)
            engine = _ReaderAlone(located, reader) if reader else _Whole(located)
            answered += [_counted(engine.answered, q, progress) for q in document.questions]
            judged += [_counted(engine.judged, c, progress) for c in document.claims]
            twins += [_counted(engine.twin, t, progress) for t in document.twins]
    return figures(len(documents), answered, judged, twins)


def as_files(documents: Sequence[WrittenDocument]) -> dict[str, str]:
    """The written documents as Markdown, by file name."""
    return {f"{document.name}.md": markdown(document) for document in documents}


@contextmanager
def indexed(files: Mapping[str, str], settings: Settings) -> Iterator[Assistant]:
    """An assistant over texts, given by file name; its index is deleted afterwards."""
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus"
        corpus.mkdir()
        for file, text in files.items():
            (corpus / file).write_text(text, encoding="utf-8")
        places = {"corpus": corpus, "index": Path(name) / "index"}
        with built(settings.model_copy(update=places)) as assistant:
            yield assistant


@contextmanager
def built(settings: Settings) -> Iterator[Assistant]:
    """An assistant over the corpus of the settings, whose index is built or refreshed."""
    ingest(settings)
    assistant = Assistant.open(settings)
    with closing(assistant.index):
        yield assistant


def _counted(call: Callable[[A], B], line: A, progress: Progress) -> B:
    result = call(line)
    progress.advance()
    return result


@dataclass(frozen=True)
class LocatedDocument:
    """An indexed document, and the places of its numbered sentences."""

    assistant: Assistant
    document: WrittenDocument
    texts: tuple[str, ...]
    finder: SentenceFinder

    @classmethod
    def of(cls, assistant: Assistant, document: WrittenDocument) -> LocatedDocument:
        """Find a document in an assistant's index."""
        (indexed,) = (d for d in assistant.index.documents() if d.source.id == document.name)
        texts = tuple(assistant.page(document.name, n).text for n in range(1, indexed.pages + 1))
        return cls(assistant, document, texts, SentenceFinder(document, texts))

    def passages(self, text: str, history: Sequence[tuple[str, str]], top_k: int) -> list[Passage]:
        """The document's passages that a search returns, best first."""
        evidence = self.assistant.passages(text, history, [self.document.name], top_k)
        return [e.hit.passage for e in evidence]

    def all_passages(self) -> list[Passage]:
        """All passages of the document, in order."""
        index = self.assistant.index
        return index.passages(index.document_ordinals([self.document.name]).tolist())

    def texts_of(self, passages: Sequence[Passage]) -> list[PassageText]:
        """The passages as the reader reads them."""
        return [text_of(p, self.assistant.page) for p in passages]

    def holding(self, gold: frozenset[str]) -> tuple[list[Passage], list[list[int]]]:
        """The passages with numbered sentences of `gold`, and the indices of those sentences."""
        passages, places = [], []
        for p in self.all_passages():
            if matches := [
                n for n, s in enumerate(readable(p)) if self.finder.main(p.page, s.span) & gold
            ]:
                passages.append(p)
                places.append(matches)
        return passages, places

    def quoted(self, answer: Answer) -> frozenset[str]:
        """The numbered sentences that an answer quotes."""
        spans = ((c.page, self._span(c)) for c in answer.citations)
        return quoted_ids(self.finder.shares(page, span) for page, span in spans if span)

    def _span(self, citation: Citation) -> Span | None:
        text = self.texts[citation.page - 1]
        start = text.find(citation.quote)
        return Span(start, start + len(citation.quote)) if start >= 0 else None


@dataclass(frozen=True)
class _ReaderAlone:
    """The reader over our search; its verdicts are held to exact values like the engine's."""

    located: LocatedDocument
    reader: Reader

    def answered(self, question: WrittenQuestion) -> Answered:
        passages = self.located.passages(question.question, question.history, PASSAGES_READ)
        texts = self.located.texts_of(passages)
        readings = self.reader.read(question.question, question.history, texts)
        choice = choose(readings, self.reader.limits)
        finder = self.located.finder
        spans = [
            (passages[c.passage].page, readable(passages[c.passage])[c.sentence].span)
            for c in (*choice.sentences, *filter(None, [choice.best]))
        ]
        chosen = spans[: len(choice.sentences)]
        best = finder.main(*spans[-1]) if spans else frozenset()
        return Answered(question, quoted_ids(finder.shares(p, s) for p, s in chosen), best)

    def judged(self, claim: WrittenClaim) -> Judged:
        passages = self.located.passages(claim.claim, (), PASSAGES_JUDGED)
        weighed = weigh(self.reader, Case(claim.claim, self.located.texts_of(passages)))
        return Judged(claim, self.reader.limits.verdict(weighed.judgement))

    def twin(self, twin: Twin) -> JudgedTwin:
        """Judge both halves on the true one's evidence, as a sentence is on its citations."""
        texts = self._evidence(frozenset(twin.gold))
        true, lie = (
            self._on_citations(Case(statement, texts, twin.question))
            for statement in (twin.true, twin.lie)
        )
        carried = true.judgement.carried, lie.judgement.carried
        return JudgedTwin(twin, true.is_carried, lie.is_carried, *carried)

    def _on_citations(self, case: Case) -> Weighed:
        passages = self.reader.judge(case.statement, case.texts, case.question)
        return read_together(self.reader, case, passages)

    def _evidence(self, gold: frozenset[str]) -> list[PassageText]:
        """The passage with the gold sentences; if several, those sentences under their headings."""
        passages, places = self.located.holding(gold)
        texts = self.located.texts_of(passages)
        return texts if len(texts) < 2 else [gathered(list(zip(texts, places, strict=True)))]


@dataclass(frozen=True)
class _Whole:
    """The complete engine, as users have it."""

    located: LocatedDocument

    def answered(self, question: WrittenQuestion) -> Answered:
        assistant, name = self.located.assistant, self.located.document.name
        try:
            answer = assistant.ask(question.question, question.history, [name])
        except MehealthError:
            return Answered(question, frozenset(), failed=True)
        return Answered(question, self.located.quoted(answer))

    def judged(self, claim: WrittenClaim) -> Judged:
        return Judged(claim, self._verdict(claim.claim)[0])

    def twin(self, twin: Twin) -> JudgedTwin:
        true, lie = (self._verdict(text, twin.question) for text in (twin.true, twin.lie))
        return JudgedTwin(twin, true[0] == "supported", lie[0] == "supported", true[1], lie[1])

    def _verdict(self, statement: str, question: str = "") -> tuple[str, float]:
        """The verdict on a statement, and the confidence that it is supported."""
        assistant, name = self.located.assistant, self.located.document.name
        try:
            verdict = assistant.check(statement, [name], question)
        except MehealthError:
            return "", 0.0
        confidence = verdict.confidence if verdict.verdict == "supported" else 0.0
        return str(verdict.verdict), confidence
