"""Tells the rows of one table apart by the words and codes of the question that each of them has.

The reader knows which column a question asks for, but among hundreds of rows that differ in a code
or a word it finds many about as likely. A row that has all words of the question that another has,
and more, is the one that is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mehealth_rag.language.words import content_stems
from mehealth_rag.types import Span

_LETTER = re.compile(r"(?<=\w )[A-HJ-Z]\b(?!['’.])")
"""A single capital letter, as in "type B"; it names something, though it is no content word."""

_CODE = re.compile(r"\b([^\W\d_]{1,5}[-/.]?)\d{3,}\b")
"""A code of letters and figures, such as "KT-20418", and its beginning."""


Place = tuple[int, Span]
"""A row: the index of its passage, and its span."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A table row that may answer: where it was read, its table, its text and its probability."""

    place: Place
    table: tuple[str, str]
    text: str
    probability: float


def rows_not_meant(question: str, rows: Iterable[Contender], near: float) -> frozenset[Place]:
    """Return the places of rows that are not meant by a question.

    - Another row of the table has more words of the question, among them all that they have, and is
      about as likely: at least `near` times their probability. Words alone may agree by chance.
    - The question names a code, and they have another one of its kind.
    """
    tables: defaultdict[tuple[str, str], list[Contender]] = defaultdict(list)
    for row in rows:
        tables[row.table].append(row)
    words, codes = _naming_words(question), _codes(question)
    places: set[Place] = set()
    for table in tables.values():
        places.update(_fitting_less(words, table, near))
        places.update(row.place for row in table if _differs(codes, row.text))
    return frozenset(places)


def _fitting_less(
    asked: frozenset[str], table: Sequence[Contender], near: float
) -> Iterator[Place]:
    shared = [asked & _naming_words(row.text) for row in table]
    likeliest: dict[frozenset[str], float] = {}
    for row, words in zip(table, shared, strict=True):
        likeliest[words] = max(row.probability, likeliest.get(words, 0.0))
    for row, words in zip(table, shared, strict=True):
        least = near * row.probability
        if any(more > words and likely >= least for more, likely in likeliest.items()):
            yield row.place


def _differs(asked: Mapping[str, str], row: str) -> bool:
    """Return whether a row has codes of the kind that the question names, but none of those."""
    codes = _codes(row)
    kinds = set(asked.values()).intersection(codes.values())
    return bool(kinds) and asked.keys().isdisjoint(codes)


def _codes(text: str) -> dict[str, str]:
    """Map the codes in a text to their beginnings, both folded."""
    return {match[0].casefold(): match[1].casefold() for match in _CODE.finditer(text)}


def _naming_words(text: str) -> frozenset[str]:
    """Return the stems of a text's content words, and its single capital letters."""
    return content_stems(text).union(_LETTER.findall(text))
