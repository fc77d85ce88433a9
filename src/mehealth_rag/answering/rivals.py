"""Tells the rows of one table apart by the words of the question that each of them has.

The reader knows which column a question asks for, but among hundreds of rows that differ in a code
or a word it finds many about as likely. A row that has all words of the question that another has,
and more, is the one that is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mehealth_rag.language.words import content_stems

_LETTER = re.compile(r"(?<=\w )[A-HJ-Z]\b(?!['’.])")
"""A single capital letter, as in "type B"; it names something, though it is no content word."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A table row that may answer: where it was read, its table and its probability.

    `shared` holds the words that it has in common with the question.
    """

    place: tuple[int, int]
    table: tuple[str, str]
    shared: frozenset[str]
    probability: float


def naming_words(text: str) -> frozenset[str]:
    """Return the stems of a text's content words, and its single capital letters."""
    return content_stems(text).union(_LETTER.findall(text))


def outdone(rows: Iterable[Contender], near: float) -> frozenset[tuple[int, int]]:
    """Return the places of rows that another row of their table outdoes.

    That row has more words of the question, among them all that they have, and is about as likely:
    at least `near` times their probability. Words alone may agree by chance.
    """
    tables: defaultdict[tuple[str, str], list[Contender]] = defaultdict(list)
    for row in rows:
        tables[row.table].append(row)
    return frozenset(place for table in tables.values() for place in _outdone(table, near))


def _outdone(table: Iterable[Contender], near: float) -> Iterator[tuple[int, int]]:
    rows = list(table)
    likeliest: dict[frozenset[str], float] = {}
    for row in rows:
        likeliest[row.shared] = max(row.probability, likeliest.get(row.shared, 0.0))
    for row in rows:
        if any(
            shared > row.shared and probability >= near * row.probability
            for shared, probability in likeliest.items()
        ):
            yield row.place
