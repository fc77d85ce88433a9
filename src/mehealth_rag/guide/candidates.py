"""The sentences that a guide chooses from: what stands in a document, without orders and asides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import DEMONSTRATIVES, OF_A_PERSON, OWNERS, SUBJECTS, words
from mehealth_rag.types import BlockKind, Passage, Quote, Sentence

MOST_CHARACTERS = 500
"""A longer sentence is no part of a guide, and hostile ones would cost its patterns seconds."""

MOST_PASSAGES = 1_000
"""So many passages of a document are looked at."""

_FIRST, _LAST = 400, 100
_WORDS = range(7, 46)
_CONNECTIVES = frozenset(
    "and but or nor so yet also then thus hence however therefore moreover furthermore besides "
    "instead otherwise similarly likewise conversely consequently nevertheless meanwhile although "
    "though while whereas because here there both another others former latter second third "
    "secondly thirdly finally again additionally if unless when once until except only see "
    "note refer".split()
)
_FEWEST_WORDS, _OPENING_WORDS = 5, 4
_SPEAKER = re.compile(r"[^:]{0,60}[A-Z]{3}(?:, [^:]{1,30})?:")
_POINTING_EARLY = DEMONSTRATIVES | OF_A_PERSON | OWNERS | {"it", "they", "addition"}
_STARTS = re.compile(
    r"(?!(?:\S+\s+){0,4}\S+:\s|\S+(?:ed|en|ld|id)\s(?:by|on|for|in|at|to|from|[A-Z])"
    r"|\d+(?:\.\d+)+\s|[A-Z]\.\s)"
    r"[A-Z0-9£$€]"
)
"""What a sentence begins with: no label, no verb without a subject."""

_ENDS = re.compile(r"(?<!\s)[.!]['\"”’)\]]*$")
_SMALL_PRINT = re.compile(
    r"©|\ball rights\b|\bcopyright|\bdisclaim|\bliabilit|\bwarrant(?:y|ies)\b|forward-looking"
    r"|\bregistered (?:in|office|charity|trade)|\breproduced?\b|\bprinted (?:on|by)\b|\bcookies?\b"
    r"|\bpursuant to\b|\bherein|\bhereb|\bcheck mark\b|\bincorporated by reference\b",
    re.IGNORECASE,
)
_NO_STATEMENT = re.compile(
    r"@\w|https?://|\bwww\.|\[\d+\]\s*$|\b[A-Z]\.,|\bof (?:them|these|those)\b|\bcolumns?\b"
    r"|\brounding\b|\b(?:see|in) (?:the )?(?:page|table|figure|note|section|item|chapter|"
    r"exhibit)s? [\dA-Z]",
    re.IGNORECASE,
)
"""Addresses, works cited, and what only points elsewhere."""

_PAIRS = (("“", "”"), ("(", ")"))
"""What is opened is closed: half a speech says nothing alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage; `place` and `row` are their places in the lists that hold them."""

    passage: Passage
    sentence: Sentence
    place: int
    row: int

    @property
    def text(self) -> str:
        """Its words, white space made single."""
        return " ".join(self.passage.words(self.sentence.span).split())

    @property
    def quote(self) -> Quote:
        """Its words as they stand on the page."""
        return self.passage.quote(self.sentence.span)

    @property
    def section(self) -> tuple[object, ...]:
        """The part of the document that it stands in: its outer headings, else its page."""
        return self.passage.headings[:2] or (self.passage.page,)


def sampled(count: int) -> list[int]:
    """Which passages of a document are looked at: all of a short one, in order.

    Of a long one the first and the last, and others at even steps.
    """
    if count <= MOST_PASSAGES:
        return list(range(count))
    middle = MOST_PASSAGES - _FIRST - _LAST
    steps = (_FIRST + i * (count - _FIRST - _LAST) // middle for i in range(middle))
    return [*range(_FIRST), *steps, *range(count - _LAST, count)]


def candidates(passages: Sequence[Passage]) -> Iterator[Candidate]:
    """The sentences of the passages but those that give orders, or are too long to be shown."""
    for place, passage in enumerate(passages):
        quiet = silenced(passage)
        for row, sentence in enumerate(passage.sentences):
            length = sentence.span.end - sentence.span.start
            if sentence.span not in quiet and length <= MOST_CHARACTERS:
                yield Candidate(passage, sentence, place, row)


def in_turn(passages: Sequence[Passage]) -> Iterator[tuple[Candidate, Candidate | None]]:
    """Each sentence with the one after it in its passage."""
    found = list(candidates(passages))
    for one, other in zip(found, [*found[1:], None], strict=False):
        yield one, other if other and other.passage is one.passage else None


def leans(text: str) -> bool:
    """Whether a sentence begins as one that goes on from the sentence before it."""
    opening = words(text)[:_OPENING_WORDS]
    return bool(opening) and (
        opening[0] in _CONNECTIVES | SUBJECTS or not _POINTING_EARLY.isdisjoint(opening)
    )


def is_running(candidate: Candidate) -> bool:
    """Whether it is a sentence of running text or a list's item, however it begins."""
    text = candidate.text
    said = candidate.sentence.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}
    return said and len(text.split()) >= _FEWEST_WORDS and _SMALL_PRINT.search(text) is None


def is_spoken(text: str) -> bool:
    """Whether a speaker's name in capitals stands before it, as in the minutes of a meeting."""
    return _SPEAKER.match(text) is not None


def stands_alone(candidate: Candidate) -> bool:
    """Whether it is a whole sentence of running text that says something by itself."""
    text = candidate.text
    return (
        is_running(candidate)
        and not is_spoken(text)
        and len(text.split()) in _WORDS
        and _STARTS.match(text) is not None
        and _ENDS.search(text) is not None
        and _NO_STATEMENT.search(text) is None
        and all(text.count(one) == text.count(other) for one, other in _PAIRS)
        and not leans(text)
    )
