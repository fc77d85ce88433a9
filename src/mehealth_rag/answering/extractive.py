"""The extractive engine: chooses sentences and list items, and says nothing that no page says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.confidence import answer_features, best_first
from mehealth_rag.answering.conflicts import first_conflict, measures, rivals_of
from mehealth_rag.answering.contacts import is_of_another
from mehealth_rag.answering.doubts import NO_CONTACT, doubts
from mehealth_rag.answering.evidence import Candidate, Evidence, candidates, sentence_text
from mehealth_rag.answering.following import answered, follower
from mehealth_rag.answering.lists import list_of
from mehealth_rag.answering.outline import headings_under
from mehealth_rag.answering.overview import (
    asks_overview,
    introducing,
    named_heading,
    overview,
    told_from,
)
from mehealth_rag.answering.wanted import strictly_holds
from mehealth_rag.answering.weighing import (
    BEHIND,
    Engine,
    best_candidates,
    sentence_logits,
    weigh,
)
from mehealth_rag.answering.weights import sigmoid
from mehealth_rag.language.words import content_words, fold, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.tables import quoted_columns
from mehealth_rag.types import BlockKind, Page, Span

MAX_WORDS = 60
"""A second statement is added only as long as the answer stays within so many words."""

RIVAL_MARGIN = 7.0
"""Log-odds that a sentence may lie behind the best one and still be held against it."""

SPEAKER_WORDS = 15
"""A line that names a speaker has no more words than this."""

SAME_SHARE = 0.8
"""Two sentences that share so much of their words say the same: one statement, two citations."""

_LEANS_BACK = re.compile(
    r"^(?:[\"“‘(]\s*)?(?:he|she|it|they|this|these|those|that|such|therefore|thus|hence|as such|"
    r"by doing this|as a result|all (?:are|of)|both|its|their|his|her|the latter|the former|"
    r"in addition|also|however)\b",
    re.IGNORECASE,
)
"""A sentence that opens like this says its subject, or its reason, in the one before."""


class Pages(Protocol):
    """Where the engine finds whole pages."""

    def page(self, document: str, number: int) -> Page:
        """One page, counted from 1."""


Look = Callable[[str], Sequence[Evidence]]
"""Retrieves evidence for a query, within the documents that are asked of."""


def _nowhere(_: str) -> Sequence[Evidence]:
    return ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of one page of one document."""

    document: str
    page: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine found: each statement with the quotes that say it, and how sure it is.

    `statements` is empty where there was nothing to choose from. `introduction` is the quote that
    announces a list, None where the answer is no list. `answerable` is the probability that the
    documents answer at all, `confidence` that this answer is right. `disagree` says that the
    statements give different figures for the same thing.
    """

    statements: tuple[tuple[Quote, ...], ...]
    answerable: float
    confidence: float
    introduction: Quote | None = None
    disagree: bool = False


def answer(
    question: Question, evidence: Sequence[Evidence], engine: Engine, look: Look = _nowhere
) -> Draft:
    """The best answer that the evidence carries, however weak; the caller decides on saying it.

    `look` finds evidence for another query: where else a figure of the answer might be told.
    """
    weighed = weigh(question, evidence, engine)
    if not weighed.found:
        return Draft((), 0.0, 0.0)
    models, pages = engine.models, engine.index
    found, logits = weighed.found, weighed.logits
    signals = answer_features(question, weighed, engine.index)
    row = np.asarray([[signals[name] for name in models.answerable.features]])
    order = best_first(found, logits)
    best = found[order[0]]
    listed = _overview(question, evidence, engine) or _listed(question, best, pages)
    announced = listed.text if listed is not None and listed.introduction is not None else ""
    against = doubts(question, best_candidates(weighed), engine.index, engine.alike, announced)
    if is_of_another(question, best):
        against += NO_CONTACT
    rival = None
    if listed is None and measures(question, best):
        near = first_conflict(question, best, _rivals(found, logits, order))
        rival = near or _elsewhere(question, best, engine, look)
    if listed is not None:
        statements = listed.statements
    elif rival is not None:
        statements = ((_quote(best),), _with_columns((rival,), pages))
    else:
        chosen = _statements(question, found, logits, order)
        statements = tuple(_with_columns(group, pages) for group in chosen)
    speaker = _speaker(question, best, pages)
    if speaker is not None:
        statements = ((speaker,), *statements)
    return Draft(
        statements,
        float(sigmoid(models.answerable.logits(row) - against)[0]),
        float(sigmoid(models.right.logits(row) - against)[0]),
        listed.introduction if listed else None,
        disagree=rival is not None,
    )


def _rivals(
    found: Sequence[Candidate], logits: NDArray[np.float64], order: Sequence[int]
) -> tuple[Candidate, ...]:
    """The candidates close enough to the best one to speak against it."""
    floor = logits[order[0]] - RIVAL_MARGIN
    return tuple(found[i] for i in order[1:12] if logits[i] >= floor)


def _elsewhere(question: Question, best: Candidate, engine: Engine, look: Look) -> Candidate | None:
    """Another page's figure for the same thing, in words that the question has not.

    Looked for with the words of the answer; None where none is close enough to it.
    """
    found = candidates(look(f"{question.text} {best.text}"))
    rivals = rivals_of(question, best, found)
    if not rivals:
        return None
    logits = sentence_logits(question, (best, *rivals), engine)
    nearest = int(np.argmax(logits[1:]))
    return rivals[nearest] if logits[1 + nearest] >= logits[0] - RIVAL_MARGIN else None


@dataclass(frozen=True, slots=True)
class _Listed:
    statements: tuple[tuple[Quote, ...], ...]
    introduction: Quote | None

    @property
    def text(self) -> str:
        """The words of its items, with a colon before them as a sentence would have it."""
        return ": " + "; ".join(group[0].text for group in self.statements)


def _listed(question: Question, best: Candidate, pages: Pages) -> _Listed | None:
    """The whole list that the best evidence introduces or belongs to, where that is the answer."""
    document, number = best.passage.document, best.passage.page
    page = pages.page(document, number)
    spans = headings_under(question, best, page)
    if spans:
        items = tuple((_page_quote(document, page, s),) for s in spans)
        return _Listed(items, _quote(best))
    found = list_of(question, best, page)
    if found is None:
        return None
    lead = found.introduction
    items = tuple((_page_quote(document, page, s),) for s in found.items)
    return _Listed(items, _page_quote(document, page, lead) if lead else None)


def _overview(question: Question, evidence: Sequence[Evidence], engine: Engine) -> _Listed | None:
    """What a question for an overview wants: what stands under the heading that it names.

    Where no heading has its name, the sentences from the one on that introduces it.
    """
    if not asks_overview(question):
        return None
    found = candidates(evidence)
    heading = named_heading(question, found, engine.index)
    chosen = heading or introducing(question, found, engine.index)
    if chosen is None:
        return None
    passage = chosen.passage
    page = engine.index.page(passage.document, passage.page)
    sentences = overview(chosen, page) if heading else told_from(chosen, page)
    if not sentences:
        return None
    quotes = tuple((_page_quote(passage.document, page, s),) for s in sentences)
    return _Listed(quotes, _quote(heading) if heading else None)


def first_statement(draft: Draft) -> Draft:
    """The draft with its first statement alone."""
    return replace(draft, statements=draft.statements[:1])


def telling(question: Question, draft: Draft) -> Draft:
    """The draft with one statement alone: the first that holds what is wanted, else the first."""
    held = (s for s in draft.statements if strictly_holds(question, s[0].text))
    return replace(draft, statements=(next(held, draft.statements[0]),))


def joined(drafts: Sequence[Draft]) -> Draft:
    """The answers to the parts of one question as one; it is as sure as its least sure part."""
    if len(drafts) == 1:
        return drafts[0]
    statements: list[tuple[Quote, ...]] = []
    for draft in drafts:
        statements += [s for s in draft.statements if s[0] not in [t[0] for t in statements]]
    return Draft(
        tuple(statements),
        min(d.answerable for d in drafts),
        min(d.confidence for d in drafts),
    )


def without(evidence: Sequence[Evidence], refused: str) -> tuple[Evidence, ...]:
    """The evidence with the sentences of a refused answer taken out of consideration."""
    plain = fold(" ".join(refused.split()))

    def lowered(item: Evidence) -> Evidence:
        kept = [
            (not item.allowed or item.allowed[i])
            and fold(" ".join(sentence_text(item.hit.passage, i).split())).rstrip(".") not in plain
            for i in range(len(item.hit.passage.sentences))
        ]
        return replace(item, allowed=tuple(kept))

    return tuple(lowered(item) for item in evidence)


def _page_quote(document: str, page: Page, span: Span) -> Quote:
    return Quote(document, page.number, span, span.of(page.text))


def _statements(
    question: Question,
    found: Sequence[Candidate],
    logits: NDArray[np.float64],
    order: Sequence[int],
) -> tuple[tuple[Candidate, ...], ...]:
    """The best sentence, one more that may hold the answer, and others that say the same."""
    best = found[order[0]]
    chosen: list[list[Candidate]] = [[best]]
    companion = _companion(question, best)
    if companion is not None:
        chosen.insert(0 if companion.place < best.place else 1, [companion])
    floor = float(logits[order[0]]) - BEHIND
    enough = _is_enough(question, best)
    for index in _second_first(question, found, order):
        candidate = found[index]
        if candidate.sentence.kind is BlockKind.HEADING and question.several:
            continue  # it names what is told, and tells nothing
        twin = next((c for c in chosen if _same(c[0].text, candidate.text)), None)
        if twin is not None:
            if all(c.sentence.span != candidate.sentence.span for c in twin):
                twin.append(candidate)
        elif not enough and len(chosen) < 2 and logits[index] >= floor and _fits(chosen, candidate):
            chosen.append([candidate])
    after = follower(question, best)
    if after is not None and not _answered_by_another(question, chosen, best):
        kept = [group for group in chosen if group[0] in (best, companion)]
        if not _fits(kept, after):
            kept = [group for group in kept if group[0] is best]
        if _fits(kept, after):
            chosen = [*kept, [after]]
    return tuple(map(tuple, chosen))


def _answered_by_another(
    question: Question, chosen: Sequence[Sequence[Candidate]], best: Candidate
) -> bool:
    return any(answered(question, g[0].text) for g in chosen if g[0] is not best)


def _second_first(
    question: Question, found: Sequence[Candidate], order: Sequence[int]
) -> list[int]:
    """The next best candidates; where a reason is asked for and missing, those that give one."""
    others = list(order[1:8])
    if question.wanted is not Wanted.REASON or answered(question, found[order[0]].text):
        return others
    return sorted(others, key=lambda i: not answered(question, found[i].text))


def _with_columns(group: Sequence[Candidate], pages: Pages) -> tuple[Quote, ...]:
    """The quotes of a statement; a table's row also has those that head its columns."""
    quotes = [_quote(candidate) for candidate in group]
    document, number = group[0].passage.document, group[0].passage.page
    if group[0].sentence.columns:
        page = pages.page(document, number)
        heads = quoted_columns(group[0].sentence, page.text)
        quotes += [_page_quote(document, page, span) for span in heads]
    return tuple(quotes)


def _speaker(question: Question, best: Candidate, pages: Pages) -> Quote | None:
    """The line that names who speaks, where a person is asked for and the best is a quotation.

    That is the nearest short line above, under the same heading, with a person's name in it.
    """
    if question.wanted is not Wanted.PERSON or strictly_holds(question, best.text):
        return None
    page = pages.page(best.passage.document, best.passage.page)
    above = [b for b in page.blocks if b.span.end <= best.sentence.span.start]
    for block in reversed(above):
        text = block.span.of(page.text)
        if block.kind is BlockKind.HEADING and best.sentence.kind is not BlockKind.HEADING:
            return None
        if len(text.split()) <= SPEAKER_WORDS and strictly_holds(question, text):
            return _page_quote(best.passage.document, page, block.span)
    return None


def _companion(question: Question, best: Candidate) -> Candidate | None:
    """The sentence without which the best one says too little: before it, or after a heading."""
    sentences = best.passage.sentences
    if best.sentence.kind is BlockKind.HEADING:
        place = best.place + 1
        if place >= len(sentences) or question.wanted in {Wanted.PERSON, Wanted.NAME}:
            return None
    elif _LEANS_BACK.match(best.text) and best.place > 0:
        place = best.place - 1
    else:
        return None
    companion = replace(best, place=place)
    words = len(best.text.split()) + len(companion.text.split())
    if companion.sentence.kind is BlockKind.HEADING or words > MAX_WORDS:
        return None
    return companion


def _is_enough(question: Question, best: Candidate) -> bool:
    """A figure or a date where it was asked for: another sentence could only bring another one."""
    plain = question.wanted.is_figure or question.wanted is Wanted.DATE
    return plain and strictly_holds(question, best.text)


def _fits(chosen: Sequence[Sequence[Candidate]], added: Candidate) -> bool:
    words = sum(len(group[0].text.split()) for group in chosen) + len(added.text.split())
    return words <= MAX_WORDS and not added.text.rstrip().endswith(":")


def _same(one: str, other: str) -> bool:
    a, b = _stem_set(one), _stem_set(other)
    return fold(one) == fold(other) or (bool(a | b) and len(a & b) / len(a | b) >= SAME_SHARE)


@lru_cache(maxsize=10_000)
def _stem_set(text: str) -> frozenset[str]:
    return frozenset(stem_all(content_words(text)))


def _quote(candidate: Candidate) -> Quote:
    passage = candidate.passage
    return Quote(passage.document, passage.page, candidate.sentence.span, candidate.text)
