"""The generative engine: a language model writes, and only what the evidence carries is shown.

Evidence, abstention and the sentence that answers are the extractive engine's. The model is asked
only where that engine would answer; what it writes passes the gate sentence by sentence, and where
the rest does not answer by itself, the document's own words are added, or stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.answering.draft import Draft
from mehealth_rag.answering.marking import decisive_figure
from mehealth_rag.answering.reading import ReadHit
from mehealth_rag.errors import LanguageModelError
from mehealth_rag.generating.supporting import Bench, Quotes
from mehealth_rag.grounding.amounts import agree, amounts
from mehealth_rag.grounding.gate import Gate, Passed
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.reader.rows import readable
from mehealth_rag.retrieval import Evidence, Retriever
from mehealth_rag.types import Dropped, PageOf, Quote

if TYPE_CHECKING:
    from mehealth_rag.llm import EvidenceItem, LanguageModel, Message

MOST_PASSAGES = 5
"""How many passages a model is given at the most, best first."""

TO_THE_QUESTION = 0.1
"""A sentence that answers with this probability may be what a written one rests on."""

TOLD = 0.6
"""The share of a quote's words, the question's aside, that a text has to tell."""

SHORT, LONG = 50, 110
"""Words of an answer at the most: to a question for one thing, and to others."""


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
    retriever: Retriever
    page: PageOf
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote and the evidence carries, and what became of the rest.

    `failure` says how the model failed, None where it did not. `silent`: it said that the evidence
    does not answer. `answers`: what passed answers the question by itself. `tokens` are those of
    the prompt and of what was written.
    """

    passed: tuple[Passed[Quotes], ...] = ()
    dropped: tuple[Dropped, ...] = ()
    failure: LanguageModelError | None = None
    silent: bool = False
    answers: bool = False
    tokens: dict[str, int] = field(default_factory=dict)


def write(task: Task, writer: Writer) -> Generator[tuple[Passed[Quotes], ...], None, Written]:
    """Ask the model; yields what may be shown so far whenever that grows, returns all of it.

    A list is shown only when it is whole, so nothing is yielded of one before its end.
    """
    prompt, given = _prompt(task.question, _best(task), writer)
    bench = Bench(given, writer.retriever, writer.page, _relevance(task))
    gate = Gate(bench.judge, LONG if task.question.wanted is Wanted.GENERAL else SHORT)
    text: list[str] = []
    failure = None
    try:
        for piece in _pieces(writer, prompt) if given else ():
            text.append(piece)
            if gate.feed(piece) and not is_list(task.draft):
                yield tuple(gate.passed)
            if gate.done:
                break
    except LanguageModelError as error:
        failure = error
    if gate.finish() and not is_list(task.draft):
        yield tuple(gate.passed)
    return Written(
        passed=tuple(gate.passed),
        dropped=tuple(gate.dropped),
        failure=failure,
        silent=gate.silent,
        answers=_answers(task, gate.passed),
        tokens=_tokens(prompt, text, writer.model),
    )


def _prompt(
    question: Question, passages: Sequence[Evidence], writer: Writer
) -> tuple[tuple[Message, ...], tuple[Evidence, ...]]:
    """What the model is told, and the passages that fit into that: none where none fits."""
    from mehealth_rag.llm import TokenBudget, answer_messages, fitting

    model = writer.model
    budget = TokenBudget(model.context_tokens - writer.max_tokens, model.count)
    shown = fitting(question.text, [_item(e) for e in passages], budget)
    return answer_messages(question.text, shown, budget), tuple(passages[: len(shown)])


def _pieces(writer: Writer, prompt: Sequence[Message]) -> Iterator[str]:
    with closing(writer.model.stream(prompt, writer.max_tokens)) as pieces:
        yield from pieces


def _tokens(prompt: Sequence[Message], text: Sequence[str], model: LanguageModel) -> dict[str, int]:
    written = model.count("".join(text)) if text else 0
    return {"prompt": sum(model.count(m.content) for m in prompt), "written": written}


def is_list(draft: Draft) -> bool:
    """Whether the extractive answer is a list, which is no answer unless it is whole."""
    return draft.introduction is not None or len(draft.statements) > 2


def overlap(one: Quote, other: Quote) -> bool:
    """Whether two quotes share words of one page."""
    same_page = (one.document, one.page) == (other.document, other.page)
    return same_page and one.span.start < other.span.end and other.span.start < one.span.end


def _best(task: Task) -> tuple[Evidence, ...]:
    """The passages that answer most likely, best first."""
    pairs = zip(task.evidence, task.hits, strict=True)
    ranked = sorted(pairs, key=lambda pair: -pair[1].likeliest)
    return tuple(evidence for evidence, _ in ranked[:MOST_PASSAGES])


def _item(evidence: Evidence) -> EvidenceItem:
    """A passage as the model sees it: without the sentences that may not be evidence."""
    from mehealth_rag.llm import EvidenceItem

    passage = evidence.hit.passage
    text = passage.text
    if evidence.allowed:
        allowed = (i for i, may in enumerate(evidence.allowed) if may)
        text = "\n".join(passage.sentence_text(i) for i in allowed)
    above = [h for h in passage.headings[-1:] if h not in text]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([*above, text]))


def _relevance(task: Task) -> Callable[[Quote], bool]:
    """Whether a quote may be what answers: of the draft, or likely enough to."""
    draft = task.draft
    known = [q for group in draft.statements for q in group]
    if draft.introduction is not None:
        known.append(draft.introduction)
    for hit in task.hits:
        passage = hit.hit.passage
        pairs = zip(readable(passage), hit.reading.sentences, strict=True)
        known += [
            passage.quote(s.span)
            for s, probability in pairs if probability >= TO_THE_QUESTION
        ]  # fmt: skip
    return lambda quote: any(overlap(quote, k) for k in known)


def _answers(task: Task, passed: Sequence[Passed[Quotes]]) -> bool:
    """Whether what passed answers the question by itself, and not only speaks of its subject."""
    if not passed:
        return False
    if is_list(task.draft):
        return all(_lists(group[0], passed) for group in task.draft.statements)
    best = task.draft.statements[0][0]
    text = " ".join(p.text for p in passed)
    if task.question.wanted.is_figure and not _gives_figure(task.question, best.text, text):
        return False
    new = set(stem_all(content_words(best.text))) - set(task.question.subject)
    return len(new & set(stem_all(content_words(text)))) >= TOLD * len(new)


def _lists(item: Quote, passed: Sequence[Passed[Quotes]]) -> bool:
    own = set(stem_all(content_words(item.text)))
    said = {
        s
        for p in passed
        if any(overlap(q, item) for q in p.proof)
        for s in stem_all(content_words(p.text))
    }
    return len(own & said) >= TOLD * len(own)


def _gives_figure(question: Question, best: str, text: str) -> bool:
    """Whether the figure that answers in the best sentence is said."""
    figure = decisive_figure(question, best)
    if figure is None:
        return True
    wanted = [a for a in amounts(best) if a.value == figure.value]
    return any(agree(said, given) for said in amounts(text) for given in wanted)
