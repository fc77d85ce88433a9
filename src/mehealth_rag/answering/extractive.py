"""The extractive engine: chooses sentences and list items, and says nothing that no page says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mehealth_rag.answering.confidence import answer_features, best_first
from mehealth_rag.answering.evidence import (
    Candidate,
    Evidence,
    Statistics,
    candidates,
    features,
    sentence_text,
)
from mehealth_rag.answering.lists import list_around, wants_list
from mehealth_rag.answering.weights import ANSWER_FEATURES, Models
from mehealth_rag.language.words import content_words, fold, stem_all
from mehealth_rag.questions import Question
from mehealth_rag.types import Page, Span

MAX_WORDS = 60
"""A second statement is added only as long as the answer stays within so many words."""

SECOND_SHARE = 0.35
"""A second statement is added when its odds are at least this share of the best one's."""

SAME_SHARE = 0.8
"""Two sentences that share so much of their words say the same: one statement, two citations."""

GetPage = Callable[[str, int], Page]


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
    announces a list, None where the answer is no list.
    """

    statements: tuple[tuple[Quote, ...], ...]
    confidence: float
    introduction: Quote | None = None


def answer(
    question: Question,
    evidence: Sequence[Evidence],
    statistics: Statistics,
    models: Models,
    page_of: GetPage,
) -> Draft:
    """The best answer that the evidence carries, however weak; the caller decides whether to say it."""
    found = candidates(evidence)
    if not found:
        return Draft((), 0.0)
    table = features(question, found, statistics)
    logits = models.sentence.logits(table)
    signals = answer_features(question, table, logits, statistics)
    row = np.asarray([[signals[name] for name in ANSWER_FEATURES]])
    confidence = float(models.answer.probabilities(row)[0])
    order = best_first(found, logits)
    best = found[order[0]]
    page = page_of(best.passage.document, best.passage.page)
    if wants_list(question, best):
        listed = list_around(page, best)
        if listed is not None:
            return _list_draft(best, listed.introduction, listed.items, page, confidence)
    return Draft(_statements(found, logits, order), confidence)


def without(evidence: Sequence[Evidence], refused: str) -> tuple[Evidence, ...]:
    """The evidence with the sentences of a refused answer taken out of consideration."""
    plain = fold(" ".join(refused.split()))

    def lowered(item: Evidence) -> Evidence:
        kept = [
            fold(" ".join(sentence_text(item.hit.passage, i).split())).rstrip(".") not in plain
            for i in range(len(item.hit.passage.sentences))
        ]
        return replace(item, allowed=tuple(kept))

    return tuple(lowered(item) for item in evidence)


def _list_draft(
    best: Candidate, introduction: Span | None, items: Sequence[Span], page: Page, confidence: float
) -> Draft:
    def quote(span: Span) -> Quote:
        return Quote(best.passage.document, page.number, span, span.of(page.text))

    intro = quote(introduction) if introduction is not None else None
    return Draft(tuple((quote(s),) for s in items), confidence, intro)


def _statements(
    found: Sequence[Candidate], logits: np.ndarray, order: Sequence[int]
) -> tuple[tuple[Quote, ...], ...]:
    """The best sentence, one more that may hold the answer, and others that say the same."""
    chosen: list[list[Candidate]] = [[found[order[0]]]]
    floor = float(logits[order[0]]) + float(np.log(SECOND_SHARE))
    for index in order[1:8]:
        candidate = found[index]
        twin = next((c for c in chosen if _same(c[0].text, candidate.text)), None)
        if twin is not None:
            if candidate.text not in [c.text for c in twin] or candidate.passage != twin[0].passage:
                twin.append(candidate)
        elif len(chosen) < 2 and logits[index] >= floor and _fits(chosen, candidate):
            chosen.append([candidate])
    return tuple(tuple(_quote(c) for c in group) for group in chosen)


def _fits(chosen: Sequence[Sequence[Candidate]], added: Candidate) -> bool:
    words = sum(len(group[0].text.split()) for group in chosen) + len(added.text.split())
    return words <= MAX_WORDS and not added.text.rstrip().endswith(":")


def _same(one: str, other: str) -> bool:
    if fold(one) == fold(other):
        return True
    a, b = set(stem_all(content_words(one))), set(stem_all(content_words(other)))
    return bool(a | b) and len(a & b) / len(a | b) >= SAME_SHARE


def _quote(candidate: Candidate) -> Quote:
    passage = candidate.passage
    return Quote(passage.document, passage.page, candidate.sentence.span, candidate.text)
