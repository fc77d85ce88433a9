"""The generative engine: a language model writes, and only what the evidence carries is shown.

The model is asked wherever a search brought anything, however unsure the reader is of it. It is
given passages under their headings, best first, with the addresses that their links lead to, and
the whole document of the best one where that fits. What it writes passes the gate sentence by
sentence.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.answering.questions import Question
from mehealth_rag.answering.reading import Draft, ReadHit
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.generating.addresses import links_of
from mehealth_rag.generating.foreign import ForeignBench
from mehealth_rag.generating.gate import Gate, Judge, Passed
from mehealth_rag.generating.judging import Bench
from mehealth_rag.generating.markers import without_marks
from mehealth_rag.generating.pace import Pace
from mehealth_rag.guard.verdict import Exhibit, exhibits_of
from mehealth_rag.language.detection import ENGLISH
from mehealth_rag.language.orders import gives_orders, silenced
from mehealth_rag.llm import (
    Asked,
    EvidenceItem,
    LanguageModel,
    Message,
    TokenBudget,
    answer_messages,
    fitting,
)
from mehealth_rag.reader.choice import order
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Dropped, Hit, Turn

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader

LEAST_TOKENS = 12
"""Tokens of a passage at the least, by its title and page alone."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question with what the extractive engine found: its draft, and what it was read in.

    `asked` are the words to ask it in, after the turns of `history`. `language` is the one to
    answer in, as ISO 639 writes it.
    """

    question: Question
    asked: str
    history: Sequence[Turn]
    draft: Draft
    evidence: tuple[Evidence, ...]
    hits: tuple[ReadHit, ...]
    language: str = ENGLISH

    def judge(self, exhibits: Sequence[Exhibit], reader: Reader) -> Judge:
        """What rules on the sentences of the answer."""
        if self.language != ENGLISH:
            return ForeignBench(self.question.text, self.language, exhibits).judge
        return Bench(self.question.text, exhibits, reader).judge


@dataclass(frozen=True, slots=True)
class Pen:
    """A model, how many tokens of an answer it may write, and how fast it reads."""

    model: LanguageModel
    max_tokens: int
    pace: Pace

    @property
    def prompt_tokens(self) -> int:
        """How many tokens a prompt may have: it is read in time and leaves room for the answer."""
        return min(self.model.context_tokens - self.max_tokens, self.pace.tokens)

    def tokens(self, prompt: Sequence[Message]) -> int:
        """How many tokens a prompt has."""
        return sum(self.model.count(message.content) for message in prompt)

    def pieces(self, prompt: Sequence[Message]) -> Iterator[str]:
        """What the model writes, piece by piece; how long its first words took is learnt."""
        size = self.tokens(prompt)
        begun = time.monotonic()
        waiting = True
        try:
            with closing(self.model.stream(prompt, self.max_tokens)) as pieces:
                for piece in pieces:
                    if waiting:
                        self.pace.read(size, time.monotonic() - begun)
                    waiting = False
                    yield piece
        except LanguageModelError as error:
            if waiting and error.kind is LanguageModelFailure.SLOW:
                self.pace.too_slow(size)
            raise


@dataclass(frozen=True, slots=True)
class Writer:
    """What writes, and what is needed to hold what it writes against the documents."""

    pen: Pen
    reader: Reader
    index: OpenIndex


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote and the evidence carries, and what became of the rest.

    `failure` says how the model failed, None where it did not. `silent`: it said that the evidence
    does not answer. `tokens` are those of the prompt and of what was written.
    """

    passed: tuple[Passed, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    failure: LanguageModelError | None = None
    silent: bool = False
    tokens: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Given:
    """What a model is told, and the passages in it by their numbers, from 1."""

    prompt: tuple[Message, ...]
    exhibits: tuple[Exhibit, ...]


def write(task: Task, writer: Writer) -> Generator[tuple[Passed, ...], None, Written]:
    """Ask the model; yields what may be shown so far whenever that grows, returns all of it."""
    given, pen = _given(task, writer), writer.pen
    gate = Gate(task.judge(given.exhibits, writer.reader))
    text = ""
    failure = None
    try:
        for piece in pen.pieces(given.prompt) if given.exhibits else ():
            text += piece
            if gate.feed(piece):
                yield tuple(gate.passed)
            if gate.done:
                break
    except LanguageModelError as error:
        failure = error
    if gate.finish(ended=failure is None):
        yield tuple(gate.passed)
    return Written(
        passed=tuple(gate.passed),
        dropped=tuple(gate.dropped),
        failure=failure,
        silent=gate.silent,
        tokens={
            "prompt": pen.tokens(given.prompt),
            "written": pen.model.count(text) if text else 0,
        },
    )


def _given(task: Task, writer: Writer) -> _Given:
    """The passages that fit, best first, and what else the best one's document has, if all fits.

    What may not be evidence is not told.
    """
    budget = TokenBudget(writer.pen.prompt_tokens, writer.pen.model.count)
    ranked = [task.evidence[place] for place in order([hit.reading for hit in task.hits])]
    best = exhibits_of(ranked, writer.index.page)
    exhibits = [*best, *_rest(best, writer.index, budget.tokens)]
    items = [_item(exhibit) for exhibit in exhibits]
    history = [(question, _plain(answer)) for question, answer in task.history]
    asked = Asked(task.asked, history, foreign=task.language != ENGLISH)
    kept = len(fitting(asked, items, budget))
    kept = kept if kept == len(items) else min(kept, len(best))
    prompt = answer_messages(asked, items[:kept], budget)
    return _Given(prompt, tuple(exhibits[:kept]))


def _rest(best: Sequence[Exhibit], index: OpenIndex, tokens: int) -> tuple[Exhibit, ...]:
    """The other passages of the best one's document; none where they are surely too many."""
    ordinals = index.document_ordinals([e.passage.document for e in best[:1]])
    if len(ordinals) > tokens // LEAST_TOKENS:
        return ()
    known = {e.passage.id for e in best}
    whole = index.passages(ordinals.tolist())
    others = (Evidence(Hit(p, 0.0), silenced(p)) for p in whole if p.id not in known)
    return exhibits_of(others, index.page)


def _item(exhibit: Exhibit) -> EvidenceItem:
    """A passage as the model sees it: under its headings, with the addresses of its links."""
    passage = exhibit.passage
    said = [_with_addresses(exhibit, place) for place in range(len(exhibit.sentences))]
    text = "\n".join(said)
    above = exhibit.text.context.removeprefix(passage.title).split(" > ")
    told = [part for part in above if part and part not in text and not gives_orders(part)]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([" > ".join(told), text]))


def _with_addresses(exhibit: Exhibit, place: int) -> str:
    text = exhibit.text.sentences[place]
    unseen = [url for url in links_of(exhibit, place) if url not in text]
    return f"{text} ({', '.join(unseen)})" if unseen else text


def _plain(answer: str) -> str:
    """An earlier answer without its marks, whose numbers are of other evidence."""
    return without_marks(answer.replace("**", "")).text
