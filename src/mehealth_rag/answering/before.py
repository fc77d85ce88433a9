"""What stands before a sentence that leans on it: "It was lit in 1890" does not say what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.language.pronouns import OWNERS, SUBJECTS
from mehealth_rag.language.words import words
from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.types import Page, Passage, Sentence

MOST_BEFORE = 2
"""Sentences that are told before one that leans: what is named further back is told too dearly."""


def leans(sentence: str) -> bool:
    """Whether a sentence begins with a word for something that was named before."""
    first = words(sentence)[:2]
    return first[:1] != [] and (first[0] in SUBJECTS | OWNERS or first == ["the", "same"])


def named_before(passage: Passage, sentence: Sentence, page: Page) -> tuple[Sentence, ...]:
    """The sentences of its paragraph before one that leans, from the nearest that does not on.

    None where it does not lean, or what it leans on stands too far from it or in another passage.
    """
    if sentence.kind is not BlockKind.PARAGRAPH or not leans(passage.words(sentence.span)):
        return ()
    earlier = _earlier(passage, sentence, page)[-MOST_BEFORE:]
    whole = [n for n, one in enumerate(earlier) if not leans(passage.words(one.span))]
    return tuple(earlier[whole[-1] :]) if whole else ()


def _earlier(passage: Passage, sentence: Sentence, page: Page) -> Sequence[Sentence]:
    """The sentences of a passage that stand before one in its paragraph."""
    start = sentence.span.start
    own = next((b.span for b in page.blocks if b.span.start <= start < b.span.end), sentence.span)
    return [s for s in passage.sentences if own.start <= s.span.start < start]
