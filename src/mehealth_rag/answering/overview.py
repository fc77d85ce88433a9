"""Questions for an overview: what a document says first under the heading that is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from mehealth_rag.answering.evidence import Candidate, Statistics, Weights
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import stems
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import Block, BlockKind, Page, Span

MOST_WORDS = 90
"""An overview has no more words than this, unless its first sentence has."""

NAMED_SHARE, CONTAINED_SHARE = 0.6, 0.3
"""A heading is meant when it holds this share of the question's weighted words; the second share is
enough where the question holds all words of the heading."""

_ASKS = re.compile(
    r"\b(?:tell (?:me|us)|describe|overview|summar\w+|outline|what about|more about|information|"
    r"introduce|explain|know about)\b",
    re.IGNORECASE,
)


def asks_overview(question: Question) -> bool:
    """Whether a question asks about a subject as a whole and for nothing of a kind."""
    return question.wanted is Wanted.GENERAL and _ASKS.search(question.text) is not None


def named_heading(
    question: Question, found: Sequence[Candidate], statistics: Statistics
) -> Candidate | None:
    """The candidate that is a heading and holds most of the question's words, if enough."""
    weights = Weights(question, statistics)
    headings = [c for c in found if c.sentence.kind is BlockKind.HEADING]
    named = [(share, -c.rank, c) for c in headings if (share := _named(question, c, weights))]
    return max(named, key=lambda n: n[:2], default=(0.0, 0, None))[2]


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
    blocks = tuple(b for b in own if b.kind is not BlockKind.FURNITURE)
    kept: list[Span] = []
    words = 0
    for span in _sentences(page, blocks):
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
