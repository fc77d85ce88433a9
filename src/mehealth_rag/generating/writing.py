"""The generative engine: a language model writes, and only what the evidence carries is shown.

Evidence and abstention are the extractive engine's: the model is asked only where that engine would
answer. What it writes passes the gate sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.answering.draft import Draft
from mehealth_rag.answering.reading import ReadHit
from mehealth_rag.errors import LanguageModelError
from mehealth_rag.generating.gate import Gate, Passed
from mehealth_rag.generating.judging import Bench
from mehealth_rag.guard.exhibits import Exhibit
from mehealth_rag.questions import Question
from mehealth_rag.retrieval import Evidence
from mehealth_rag.types import Dropped, PageOf

if TYPE_CHECKING:
    from mehealth_rag.llm import EvidenceItem, LanguageModel, Message
    from mehealth_rag.reader.model import Reader

MOST_PASSAGES = 5
"""How many passages a model is given at the most, best first."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question with what the extractive engine found: its draft, and what it was read in."""

    question: Question
    draft: Draft
    evidence: tuple[Evidence, ...]
    hits: tuple[ReadHit, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """A model, and what is needed to hold what it writes against the documents."""

    model: LanguageModel
    reader: Reader
    page: PageOf
    max_tokens: int


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
    prompt, given = _prompt(task, writer)
    gate = Gate(Bench(task.question.text, given, writer.reader).judge)
    text: list[str] = []
    failure = None
    try:
        for piece in _pieces(writer, prompt) if given else ():
            text.append(piece)
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
        tokens=_tokens(prompt, text, writer.model),
    )


def _prompt(task: Task, writer: Writer) -> tuple[tuple[Message, ...], tuple[Exhibit, ...]]:
    """What the model is told, and the passages that fit into that: none where none fits."""
    from mehealth_rag.llm import TokenBudget, answer_messages, fitting

    model, question = writer.model, task.question.text
    best = _best(task, writer.page)
    budget = TokenBudget(model.context_tokens - writer.max_tokens, model.count)
    shown = fitting(question, [_item(e) for e in best], budget)
    return answer_messages(question, shown, budget), best[: len(shown)]


def _pieces(writer: Writer, prompt: Sequence[Message]) -> Iterator[str]:
    with closing(writer.model.stream(prompt, writer.max_tokens)) as pieces:
        yield from pieces


def _tokens(prompt: Sequence[Message], text: Sequence[str], model: LanguageModel) -> dict[str, int]:
    written = model.count("".join(text)) if text else 0
    return {"prompt": sum(model.count(m.content) for m in prompt), "written": written}


def _best(task: Task, page_of: PageOf) -> tuple[Exhibit, ...]:
    """The passages that answer most likely, best first, without what may not be evidence."""
    pairs = zip(task.evidence, task.hits, strict=True)
    ranked = sorted(pairs, key=lambda pair: -pair[1].likeliest)
    exhibits = (
        Exhibit.of(e, page_of(e.hit.passage.document, e.hit.passage.page), read.text)
        for e, read in ranked[:MOST_PASSAGES]
    )
    return tuple(exhibit for exhibit in exhibits if exhibit.sentences)


def _item(exhibit: Exhibit) -> EvidenceItem:
    """A passage as the model sees it, under its heading."""
    from mehealth_rag.llm import EvidenceItem

    passage = exhibit.passage
    text = "\n".join(exhibit.text.sentences)
    above = [h for h in passage.headings[-1:] if h not in text]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([*above, text]))
