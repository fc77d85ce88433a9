"""The generative engine: a language model writes, and only what the evidence carries is shown.

The model is asked wherever a search brought anything, however unsure the reader is of it. It is
given passages under their headings, best first, and the whole document of the best one where that
fits. What it writes passes the gate sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.answering.questions import Question
from mehealth_rag.answering.reading import Draft, ReadHit
from mehealth_rag.errors import LanguageModelError
from mehealth_rag.generating.gate import Gate, Passed
from mehealth_rag.generating.judging import Bench
from mehealth_rag.generating.markers import without_marks
from mehealth_rag.guard.verdict import Exhibit, exhibits_of
from mehealth_rag.language.orders import gives_orders, silenced
from mehealth_rag.llm import (
    Asked,
    EvidenceItem,
    LanguageModel,
    Message,
    answer_messages,
    estimate_tokens,
    fitting,
)
from mehealth_rag.reader.choice import order
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Dropped, Hit, Turn

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader

MOST_TOKENS = 24_000
"""Tokens of a prompt at the most, however large the context is: more costs time and money."""

LEAST_TOKENS = 12
"""Tokens of a passage at the least, by its title and page alone."""


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
class Writer:
    """What writes, at most `max_tokens`, and what holds that against the documents."""

    model: LanguageModel
    max_tokens: int
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
    given = _given(task, writer)
    gate = Gate(Bench(task.question.text, given.exhibits, writer.reader).judge)
    text = ""
    failure = None
    try:
        for piece in _pieces(writer, given):
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
            "prompt": sum(estimate_tokens(message.content) for message in given.prompt),
            "written": estimate_tokens(text) if text else 0,
        },
    )


def prompt_tokens(model: LanguageModel, answer_tokens: int) -> int:
    """How many tokens a prompt may have that leaves room for an answer."""
    return min(model.context_tokens - answer_tokens, MOST_TOKENS)


def _pieces(writer: Writer, given: _Given) -> Iterator[str]:
    """What the model writes, piece by piece; it is not asked where no passage fits."""
    if given.exhibits:
        with closing(writer.model.stream(given.prompt, writer.max_tokens)) as pieces:
            yield from pieces


def _given(task: Task, writer: Writer) -> _Given:
    """The passages that fit, best first, and what else the best one's document has, if all fits.

    What may not be evidence is not told.
    """
    tokens = prompt_tokens(writer.model, writer.max_tokens)
    ranked = [task.evidence[place] for place in order([hit.reading for hit in task.hits])]
    best = exhibits_of(ranked, writer.index.page)
    exhibits = [*best, *_rest(best, writer.index, tokens)]
    items = [_item(exhibit) for exhibit in exhibits]
    asked = Asked(task.asked, [(question, _plain(answer)) for question, answer in task.history])
    kept = len(fitting(asked, items, tokens))
    kept = kept if kept == len(items) else min(kept, len(best))
    return _Given(answer_messages(asked, items[:kept], tokens), tuple(exhibits[:kept]))


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
    """A passage as the model sees it: under its headings."""
    passage = exhibit.passage
    text = "\n".join(exhibit.text.sentences)
    above = exhibit.text.context.removeprefix(passage.title).split(" > ")
    told = [part for part in above if part and part not in text and not gives_orders(part)]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([" > ".join(told), text]))


def _plain(answer: str) -> str:
    """An earlier answer without its marks, whose numbers are of other evidence."""
    return without_marks(answer.replace("**", "")).text
