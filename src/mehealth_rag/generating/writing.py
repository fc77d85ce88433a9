"""The generative engine: a language model writes, and only what the evidence carries is shown.

The model is asked wherever a search brought anything, however unsure the reader is of it. What it
writes passes the gate sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.answering.questions import Question
from mehealth_rag.answering.reading import Draft, ReadHit
from mehealth_rag.errors import LanguageModelError
from mehealth_rag.generating.evidence import Given, given, prompt_tokens
from mehealth_rag.generating.gate import Gate, Passed
from mehealth_rag.generating.judging import Bench
from mehealth_rag.generating.markers import without_marks
from mehealth_rag.llm import Asked, LanguageModel, estimate_tokens
from mehealth_rag.reader.choice import order
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Dropped, Turn

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader


@dataclass(frozen=True, slots=True)
class Task:
    """A question with what the extractive engine found: its draft, and what it was read in.

    `asked` are the words to ask it in, after the turns of `history`.
    """

    question: Question
    asked: str
    history: Sequence[Turn]
    draft: Draft
    evidence: tuple[Evidence, ...]
    hits: tuple[ReadHit, ...]


@dataclass(frozen=True, slots=True)
class Pen:
    """A model, and how many tokens of an answer it may write."""

    model: LanguageModel
    max_tokens: int


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


def write(task: Task, writer: Writer) -> Generator[tuple[Passed, ...], None, Written]:
    """Ask the model; yields what may be shown so far whenever that grows, returns all of it."""
    told = _given(task, writer)
    gate = Gate(Bench(task.question.text, told.exhibits, writer.reader).judge)
    text = ""
    failure = None
    try:
        for piece in _pieces(writer.pen, told):
            text += piece
            if gate.feed(piece):
                yield tuple(gate.passed)
            if gate.done:
                break
    except LanguageModelError as error:
        failure = error
    if gate.finish():
        yield tuple(gate.passed)
    return Written(
        passed=tuple(gate.passed),
        dropped=tuple(gate.dropped),
        failure=failure,
        silent=gate.silent,
        tokens={
            "prompt": sum(estimate_tokens(message.content) for message in told.prompt),
            "written": estimate_tokens(text) if text else 0,
        },
    )


def _given(task: Task, writer: Writer) -> Given:
    """What the model is told: nothing of the documents where no passage fits."""
    readings = [hit.reading for hit in task.hits]
    ranked = [task.evidence[place] for place in order(readings)]
    history = [(question, _plain(answer)) for question, answer in task.history]
    asked = Asked(task.asked, history)
    tokens = prompt_tokens(writer.pen.model, writer.pen.max_tokens)
    return given(asked, ranked, writer.index, tokens)


def _plain(answer: str) -> str:
    """An earlier answer without its marks, whose numbers are of other evidence."""
    return without_marks(answer.replace("**", "")).text


def _pieces(pen: Pen, told: Given) -> Iterator[str]:
    """What the model writes, piece by piece; it is not asked where it has been told nothing."""
    if told.exhibits:
        with closing(pen.model.stream(told.prompt, pen.max_tokens)) as pieces:
            yield from pieces
