"""Select the sentences that a guide chooses from, without instructions and asides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mehealth_rag.language.injection import silenced
from mehealth_rag.language.words import DEMONSTRATIVES, OF_A_PERSON, OWNERS, SUBJECTS, words
from mehealth_rag.types import BlockKind, Passage, Quote, Sentence

MOST_CHARACTERS = 500
"""Longer sentences do not suit a guide, and hostile ones would cost the patterns seconds."""

MOST_PASSAGES = 1_000
"""Passages of a document that are examined."""

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
"""How a candidate begins: no label, no verb without a subject."""

_ENDS = re.compile(r"(?<!\s)[.!]['\"”’)\]]*$")
_SMALL_PRINT = re.compile(
    r"©|forward-looking|\bcopyright|\b(?:all rights\b|disclaim|liabilit|warrant(?:y|ies)\b"
    r"|registered (?:in|office|charity|trade)|reproduced?\b|printed (?:on|by)\b|cookies?\b"
    r"|pursuant to\b|herein|hereb|check mark\b|incorporated by reference\b)"
)
"""Searched in lower case, because ignoring case takes seven times as long."""
_NO_STATEMENT = re.compile(
    r"@\w|https?://|\bwww\.|\[\d+\]\s*$|\b[A-Z]\.,|\bof (?:them|these|those)\b|\bcolumns?\b"
    r"|\brounding\b|\b(?:see|in) (?:the )?(?:page|table|figure|note|section|item|chapter|"
    r"exhibit)s? [\dA-Z]",
    re.IGNORECASE,
)
"""Addresses, references, and sentences that only point elsewhere."""

_PAIRS = (("“", "”"), ("(", ")"))
"""Quotes and brackets that must be balanced: half a quotation says nothing by itself."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence and its passage; `place` is the passage's index, `row` the sentence's in it."""

    passage: Passage
    sentence: Sentence
    place: int
    row: int

    @property
    def text(self) -> str:
        """The sentence with white space normalised."""
        return " ".join(self.passage.words(self.sentence.span).split())

    @property
    def quote(self) -> Quote:
        """The sentence as a quote."""
        return self.passage.quote(self.sentence.span)

    @property
    def section(self) -> tuple[object, ...]:
        """Its part of the document: the two outer headings, else the page."""
        return self.passage.headings[:2] or (self.passage.page,)


def sampled(count: int) -> list[int]:
    """Return the indices of the passages to examine: all of a short document, in order.

    Of a long one, the first, the last, and others at even steps.
    """
    if count <= MOST_PASSAGES:
        return list(range(count))
    middle = MOST_PASSAGES - _FIRST - _LAST
    steps = (_FIRST + i * (count - _FIRST - _LAST) // middle for i in range(middle))
    return [*range(_FIRST), *steps, *range(count - _LAST, count)]


def candidates(passages: Sequence[Passage]) -> Iterator[Candidate]:
    """Yield the passages' sentences, without instructions and those too long to show."""
    for place, passage in enumerate(passages):
        excluded = silenced(passage)
        for row, sentence in enumerate(passage.sentences):
            length = sentence.span.end - sentence.span.start
            if sentence.span not in excluded and length <= MOST_CHARACTERS:
                yield Candidate(passage, sentence, place, row)


def in_turn(passages: Sequence[Passage]) -> Iterator[tuple[Candidate, Candidate | None]]:
    """Yield each candidate with the next one in its passage, or None."""
    sentences = list(candidates(passages))
    for candidate, below in zip(sentences, [*sentences[1:], None], strict=False):
        yield candidate, below if below and below.passage is candidate.passage else None


def is_continuation(text: str) -> bool:
    """Return whether a sentence opens as a continuation of the one before."""
    opening = words(text)[:_OPENING_WORDS]
    return bool(opening) and (
        opening[0] in _CONNECTIVES | SUBJECTS or not _POINTING_EARLY.isdisjoint(opening)
    )


def is_running(candidate: Candidate) -> bool:
    """Return whether a candidate is running text or a list item, however it begins."""
    text = candidate.text
    is_text = candidate.sentence.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}
    return (
        is_text and len(text.split()) >= _FEWEST_WORDS and _SMALL_PRINT.search(text.lower()) is None
    )


def is_ended(text: str) -> bool:
    """Return whether a text ends as a sentence does."""
    return _ENDS.search(text) is not None


def is_spoken(text: str) -> bool:
    """Return whether a speaker's name in capitals comes first, as in the minutes of a meeting."""
    return _SPEAKER.match(text) is not None


def stands_alone(candidate: Candidate) -> bool:
    """Return whether a candidate is a complete sentence that makes sense by itself."""
    text = candidate.text
    return (
        is_running(candidate)
        and not is_spoken(text)
        and len(text.split()) in _WORDS
        and _STARTS.match(text) is not None
        and is_ended(text)
        and _NO_STATEMENT.search(text) is None
        and all(text.count(opening) == text.count(closing) for opening, closing in _PAIRS)
        and not is_continuation(text)
    )
