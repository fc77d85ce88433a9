"""The generative engine: a language model writes; only what the evidence entails is shown.

The model is asked whenever retrieval finds anything, however unsure the reader is. It gets passages
under their headings, best first, with their link addresses, and the whole document of the best one
if that fits. Its output passes the gate sentence by sentence.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self

from mehealth_rag.answering.drafting import Draft, ReadHit
from mehealth_rag.answering.questions import Question
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.generating.foreign_judge import ForeignBench
from mehealth_rag.generating.gate import Gate, Judge, Passed
from mehealth_rag.generating.judging import Bench, links_of
from mehealth_rag.generating.units import without_marks
from mehealth_rag.guard.case import Exhibit, exhibits_of
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.detection import ENGLISH
from mehealth_rag.language.injection import gives_orders, silenced
from mehealth_rag.llm.language_model import LanguageModel, Message
from mehealth_rag.llm.prompts import (
    EvidenceItem,
    PromptQuestion,
    TokenBudget,
    answer_messages,
    fitting,
)
from mehealth_rag.reader.choice import order
from mehealth_rag.reader.model import Reader
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.settings import Settings
from mehealth_rag.types import Dropped, Hit, Turn

LEAST_PASSAGE = 12
"""Tokens of a passage at least: its title and page alone."""

SERVED, ON_THIS_MACHINE = 500.0, 50.0
"""Prompt tokens per second assumed until measured: for a server, and for a model file."""

LEAST_TOKENS = 450
"""Tokens a prompt may always have, enough for a passage or two; otherwise a model that failed once
would never be asked again."""

IN_TIME = 0.8
"""Share of the time limit that reading a prompt may take."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question and what the extractive engine found: its draft, evidence and readings.

    `asked` is the wording given to the model, after the turns of `history`. `language` is the ISO
    639 code of the language to answer in.
    """

    question: Question
    asked: str
    history: Sequence[Turn]
    draft: Draft
    evidence: tuple[Evidence, ...]
    hits: tuple[ReadHit, ...]
    language: str = ENGLISH

    def judge(self, exhibits: Sequence[Exhibit], reader: Reader) -> Judge:
        """Return the judge for the sentences of the answer."""
        if self.language != ENGLISH:
            return ForeignBench(self.question.text, self.language, exhibits).judge
        return Bench(self.question.text, exhibits, reader).judge


@dataclass
class Pace:
    """How fast a model reads, and the `limit` in seconds for its first words.

    A faster prompt raises the speed and only a failure lowers it, so that the length of prompts
    does not change from one question to the next.
    """

    limit: float = 60.0
    tokens_per_second: float = SERVED

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the assumed pace of the model in the settings."""
        assumed = SERVED if settings.llm_gguf is None else ON_THIS_MACHINE
        return cls(settings.llm_first_token_timeout, assumed)

    @property
    def tokens(self) -> int:
        """Tokens a prompt may have."""
        return max(LEAST_TOKENS, int(self.tokens_per_second * self.limit * IN_TIME))

    def read(self, tokens: int, seconds: float) -> None:
        """Record that the first words after a prompt took this many seconds."""
        self.tokens_per_second = max(self.tokens_per_second, tokens / max(seconds, 0.001))

    def too_slow(self, tokens: int) -> None:
        """Record that the first words did not come in time."""
        self.tokens_per_second = min(self.tokens_per_second, tokens / self.limit) / 2


@dataclass(frozen=True, slots=True)
class Pen:
    """A model, the tokens it may write, and how fast it reads."""

    model: LanguageModel
    max_tokens: int
    pace: Pace

    @property
    def prompt_tokens(self) -> int:
        """Tokens a prompt may have: it must be read in time and leave room for the answer."""
        return min(self.model.context_tokens - self.max_tokens, self.pace.tokens)

    def tokens(self, prompt: Sequence[Message]) -> int:
        """Return the number of tokens in a prompt."""
        return sum(self.model.count(message.content) for message in prompt)

    def pieces(self, prompt: Sequence[Message]) -> Iterator[str]:
        """Yield what the model writes, and record how long its first words took.

        Raises `LanguageModelError` if the model fails.
        """
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
    """A model and what is needed to verify its output against the documents."""

    pen: Pen
    reader: Reader
    index: OpenIndex


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The sentences the evidence entails, and what became of the rest.

    `failure` is the model's error, if any. `silent`: it said that the evidence does not answer.
    `tokens` counts those of the prompt and of the output.
    """

    passed: tuple[Passed, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    failure: LanguageModelError | None = None
    silent: bool = False
    tokens: dict[str, int] = field(default_factory=dict)


def write(task: Task, writer: Writer) -> Generator[tuple[Passed, ...], None, CheckedText]:
    """Ask the model; yield what may be shown whenever it grows, and return everything."""
    (prompt, exhibits), pen = _prepared(task, writer), writer.pen
    gate = Gate(task.judge(exhibits, writer.reader))
    text = ""
    failure = None
    try:
        for piece in pen.pieces(prompt) if exhibits else ():
            text += piece
            if gate.feed(piece):
                yield tuple(gate.passed)
            if gate.done:
                break
    except LanguageModelError as error:
        failure = error
    if gate.finish(ended=failure is None):
        yield tuple(gate.passed)
    return CheckedText(
        passed=tuple(gate.passed),
        dropped=tuple(gate.dropped),
        failure=failure,
        silent=gate.silent,
        tokens={"prompt": pen.tokens(prompt), "written": pen.model.count(text) if text else 0},
    )


def _prepared(task: Task, writer: Writer) -> tuple[tuple[Message, ...], tuple[Exhibit, ...]]:
    """Return the prompt, and its passages in the order of their numbers.

    These are the passages that fit, best first; if all of them and the best one's whole document
    fit, its other passages too. Silenced sentences are not included.
    """
    budget = TokenBudget(writer.pen.prompt_tokens, writer.pen.model.count)
    ranked = [task.evidence[place] for place in order([hit.reading for hit in task.hits])]
    best = exhibits_of(ranked, writer.index.page)
    exhibits = [*best, *_other_passages(best, writer.index, budget.tokens)]
    items = [_item(exhibit) for exhibit in exhibits]
    history = [(question, _plain(answer)) for question, answer in task.history]
    asked = PromptQuestion(task.asked, history, foreign=task.language != ENGLISH)
    count = len(fitting(asked, items, budget))
    count = count if count == len(items) else min(count, len(best))
    return answer_messages(asked, items[:count], budget), tuple(exhibits[:count])


def _other_passages(best: Sequence[Exhibit], index: OpenIndex, tokens: int) -> tuple[Exhibit, ...]:
    """Return the other passages of the best one's document; empty if they are surely too many."""
    ordinals = index.document_ordinals([e.passage.document for e in best[:1]])
    if len(ordinals) > tokens // LEAST_PASSAGE:
        return ()
    included = {e.passage.id for e in best}
    passages = index.passages(ordinals.tolist())
    others = (Evidence(Hit(p, 0.0), silenced(p)) for p in passages if p.id not in included)
    return exhibits_of(others, index.page)


def _item(exhibit: Exhibit) -> EvidenceItem:
    """Return a passage as shown to the model: under its headings, with its link addresses."""
    passage = exhibit.passage
    sentences = [_with_addresses(exhibit, place) for place in range(len(exhibit.sentences))]
    text = "\n".join(sentences)
    headings = exhibit.text.context.removeprefix(passage.title).split(" > ")
    visible = [part for part in headings if part and part not in text and not gives_orders(part)]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([" > ".join(visible), text]))


def _with_addresses(exhibit: Exhibit, place: int) -> str:
    text = exhibit.text.sentences[place]
    unseen = [url for url in links_of(exhibit, place) if url not in text]
    return f"{text} ({', '.join(unseen)})" if unseen else text


def _plain(answer: str) -> str:
    """Return an earlier answer without its citation numbers, which refer to other evidence."""
    return without_marks(answer.replace("**", "")).text
