"""Questions for an overview: what a document says first of the subject that is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile

from mehealth_rag.answering.evidence import Candidate, Statistics, Weights
from mehealth_rag.language.overviews import overview_subject
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import stems
from mehealth_rag.questions import Question, Wanted, subject_stems
from mehealth_rag.types import Block, BlockKind, Page, Span

MOST_WORDS = 90
"""An overview has no more words than this, unless its first sentence has."""

NAMED_SHARE, CONTAINED_SHARE = 0.6, 0.3
"""A heading is meant when it holds this share of the question's weighted words; the second share is
enough where the question holds all words of the heading."""

INTRODUCED_SHARE = 0.75
"""A sentence speaks of a subject when it holds this share of its weighted words."""

MOST_SENTENCES = 4
_OPENING = 3
"""A sentence that opens with its subject has so many other words, at the most, before its end."""


def asks_overview(question: Question) -> bool:
    """Whether a question asks about a subject as a whole and for nothing of a kind."""
    plain = question.wanted is Wanted.GENERAL and not question.several
    return plain and bool(overview_subject(question.text))


def of_subject(question: Question) -> Question:
    """The question without the words that ask for an overview: they stand nowhere."""
    subject = subject_stems(overview_subject(question.text))
    return replace(question, subject=subject) if subject else question


def named_heading(
    question: Question, found: Sequence[Candidate], statistics: Statistics
) -> Candidate | None:
    """The candidate that is a heading and holds most of the subject's words, if enough."""
    asked = of_subject(question)
    weights = Weights(asked, statistics)
    headings = [c for c in found if c.sentence.kind is BlockKind.HEADING]
    named = [(share, -c.rank, c) for c in headings if (share := _named(asked, c, weights))]
    return max(named, key=lambda n: n[:2], default=(0.0, 0, None))[2]


def introducing(
    question: Question, found: Sequence[Candidate], statistics: Statistics
) -> Candidate | None:
    """The sentence that introduces the subject: it speaks of it, and opens with it if one does."""
    asked = of_subject(question)
    weights = Weights(asked, statistics)
    spoken = [
        (_opens_with(asked, c.text), share, -c.rank, -c.place, c)
        for c in found
        if c.sentence.kind is BlockKind.PARAGRAPH
        and (share := weights.share(_stems_of(c.text).__contains__)) >= INTRODUCED_SHARE
    ]
    return max(spoken, key=lambda s: s[:4])[4] if spoken else None


def _opens_with(asked: Question, text: str) -> bool:
    """Whether a sentence begins with the subject's words."""
    first = frozenset(stems(text)[: len(asked.subject) + _OPENING])
    return first >= frozenset(asked.subject)


def _stems_of(text: str) -> frozenset[str]:
    return frozenset(stems(text))


def _named(question: Question, heading: Candidate, weights: Weights) -> float:
    """The share of the question's words that a heading holds, 0 where it is not meant."""
    own = frozenset(stems(heading.text))
    share = weights.share(own.__contains__)
    least = CONTAINED_SHARE if own <= set(question.subject) else NAMED_SHARE
    return share if share >= least else 0.0


def overview(heading: Candidate, page: Page) -> tuple[Span, ...]:
    """The first sentences under a heading, up to the next of its level; none where none are."""
    at = heading.sentence.span
    level = next((b.level for b in page.blocks if b.span == at), 0)
    below = [b for b in page.blocks if b.span.start >= at.end]
    own = takewhile(lambda b: b.kind is not BlockKind.HEADING or b.level > level, below)
    blocks = tuple(b for b in own if not b.kind.aside)
    return _fitting(page, _sentences(page, blocks))


def told_from(sentence: Candidate, page: Page) -> tuple[Span, ...]:
    """A sentence and those that follow it under its heading, within an overview's length."""
    at = sentence.sentence.span
    own = [b for b in page.blocks if b.span.end > at.start and not b.kind.aside]
    section = tuple(takewhile(lambda b: b.kind is BlockKind.PARAGRAPH, own))
    spans = (s for s in _sentences(page, section) if s.start >= at.start)
    return _fitting(page, islice(spans, MOST_SENTENCES))


def _fitting(page: Page, sentences: Iterable[Span]) -> tuple[Span, ...]:
    """The first sentences, and no more words than an overview has; one at least."""
    kept: list[Span] = []
    words = 0
    for span in sentences:
        words += len(span.of(page.text).split())
        if kept and words > MOST_WORDS:
            break
        kept.append(span)
    return tuple(kept)


def _sentences(page: Page, blocks: Sequence[Block]) -> Iterator[Span]:
    for block in blocks:
        if block.kind is BlockKind.PARAGRAPH:
            yield from sentence_spans(page.text, block.span)
        else:
            yield block.span
