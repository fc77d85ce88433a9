"""What is known beforehand to speak against an answer, and no fit on few near misses can teach.

Each doubt is a plain observation about question and evidence, and worth a fixed number of log-odds
against answering: the number that is asked for stands nowhere, the year that is asked about does
not either, or not beside the figure, the things whose names are asked for are only counted, or the
way to reach somebody that is asked for is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from mehealth_rag.answering.contacts import lacks_contact
from mehealth_rag.answering.evidence import Candidate, Statistics, spells_out
from mehealth_rag.answering.wanted import (
    counts_focus,
    holds_wanted,
    new_figures,
    row_holds,
    strictly_holds,
)
from mehealth_rag.language.figures import FigureKind, figures
from mehealth_rag.language.words import content_words, stem
from mehealth_rag.questions import GENERIC_FOCUS, Question, Wanted
from mehealth_rag.types import BlockKind

NO_FIGURE, NO_DATE, UNKNOWN_YEAR, ONLY_COUNTED, NO_CONTACT = 2.5, 1.0, 3.0, 2.5, 4.0
WRONG_YEAR = 3.5
"""Log-odds against answering."""

SPELT_OUT = 3.0
"""Log-odds for answering: an acronym is asked about, and the best sentence spells it out."""

OTHER_YEAR = 1.5
"""The first where the answer names another year: it may say what is true instead."""

ALIKE = 0.6
"""Cosine of two nouns that may stand for each other ("firms" and "businesses")."""

_NOUNS_AFTER = 5
_NEXT_YEAR = 1
"""A report on one year often says "the year before"."""

_NAMING = frozenset({Wanted.LIST, Wanted.NAME, Wanted.PLACE, Wanted.PERSON, Wanted.GENERAL})
_NAMES_WANTED = re.compile(
    r"\b(?:which|what are|who are|where are|names?|named|called|list|identify)\b", re.IGNORECASE
)
_ENUMERATION = re.compile(
    r"^(?:[\s\w’'()/-]{0,60}?)(?::|\(|\b(?:such as|including|namely|i\.e|are|is|were)\b)"
)

Likeness = Callable[[str, str], float]
"""The cosine of two words or short texts."""


def doubts(
    question: Question,
    best: Sequence[Candidate],
    statistics: Statistics,
    alike: Likeness,
    announced: str = "",
) -> float:
    """Log-odds against answering with the candidates `best`, best first.

    `announced` are the items of the list that the first of them introduces: they tell its rest.
    """
    texts = [candidate.told_by for candidate in best]
    if announced:
        texts[0] = f"{texts[0]} {announced}"
    found = 0.0
    if question.wanted.is_figure and not any(_gives_figure(question, t, alike) for t in texts):
        found += NO_FIGURE
    if question.wanted is Wanted.DATE and not any(strictly_holds(question, t) for t in texts):
        found += NO_DATE
    if _of_another_year(question, best):
        found += WRONG_YEAR
    elif _asks_of_unknown_year(question, statistics):
        told = any(f.kind is FigureKind.YEAR for f in figures(texts[0])) if texts else False
        found += OTHER_YEAR if told else UNKNOWN_YEAR
    if texts and _only_counts(question, texts[0]):
        found += ONLY_COUNTED
    if lacks_contact(question, *texts):
        found += NO_CONTACT
    if texts and question.wanted is Wanted.DEFINITION and spells_out(question, texts[0]):
        found -= SPELT_OUT
    return found


def _gives_figure(question: Question, text: str, alike: Likeness) -> bool:
    """A figure of the wanted kind, and for counts beside what is counted or a word like it."""
    if question.wanted is not Wanted.COUNT:
        return strictly_holds(question, text)
    if counts_focus(question, text) or row_holds(question, text):
        return True
    if not re.search(r"\bhow many\b|\bnumber of\b", question.text, re.IGNORECASE):
        return holds_wanted(question, text)
    if question.focus in GENERIC_FOCUS:
        return holds_wanted(question, text)
    noun = _surface(question)
    return any(alike(noun, word) >= ALIKE for word in _counted(question, text))


def _surface(question: Question) -> str:
    """The focus as the question spells it."""
    words = content_words(question.text)
    return next((w for w in words if stem(w) == question.focus), question.focus)


def _counted(question: Question, text: str) -> tuple[str, ...]:
    """The words that stand right after the new figures of a text."""
    found: list[str] = []
    for figure in new_figures(question, text):
        if figure.kind in {FigureKind.QUANTITY, FigureKind.YEAR}:
            found += content_words(text[figure.span.end : figure.span.end + 70])[:_NOUNS_AFTER]
    return tuple(dict.fromkeys(found))


def _of_another_year(question: Question, best: Sequence[Candidate]) -> bool:
    """A figure of one year is asked for, and the best sentences give those of other years only.

    A sentence without the year may still be of it: by what stands above it, or its document's name.
    """
    asked = _years(question.text)
    if not asked or not question.wanted.is_figure:
        return False
    told = {year for c in best for year in _years_of(c)}
    above = {
        year
        for c in best
        for text in (c.passage.document, c.passage.title, *c.passage.headings)
        for year in _years(text)
    }
    if told:
        return not asked & (told | above)
    return bool(above) and all(abs(a - b) > _NEXT_YEAR for a in asked for b in above)


def _years_of(candidate: Candidate) -> frozenset[int]:
    """The years of a sentence; without one those of the sentence before. A row has its columns'."""
    if candidate.sentence.kind is BlockKind.ROW:
        return _years(f"{candidate.before} {candidate.text}")
    return _years(candidate.text) or _years(candidate.before)


@lru_cache(maxsize=10_000)
def _years(text: str) -> frozenset[int]:
    return frozenset(int(f.value) for f in figures(text) if f.kind is FigureKind.YEAR)


def _asks_of_unknown_year(question: Question, statistics: Statistics) -> bool:
    years = [f for f in figures(question.text) if f.kind is FigureKind.YEAR]
    return any(statistics.document_frequency(f.token) == 0 for f in years)


def _only_counts(question: Question, text: str) -> bool:
    """The question names a number of things and asks which they are; the text repeats the number.

    An enumeration right after the things ("three piers: North, ...") tells which they are.
    """
    if question.wanted not in _NAMING or not _NAMES_WANTED.search(question.text):
        return False
    asked = _counted_things(question.text)
    given = _counted_things(text)
    both = [place for key, place in given.items() if key in asked]
    return bool(both) and not any(_ENUMERATION.search(text[place:]) for place in both)


@lru_cache(maxsize=10_000)
def _counted_things_of(text: str) -> tuple[tuple[tuple[str, str], int], ...]:
    found = []
    for figure in figures(text):
        if figure.kind is not FigureKind.QUANTITY:
            continue
        after = text[figure.span.end : figure.span.end + 60]
        for match in re.finditer(r"[\w’'-]+", after):
            word = stem(match.group().lower())
            found.append(((figure.token, word), figure.span.end + match.end()))
    return tuple(found)


def _counted_things(text: str) -> dict[tuple[str, str], int]:
    """The last place of each (figure, noun after it) of a text."""
    nouns = {(f, w): place for (f, w), place in _counted_things_of(text) if len(w) > 3}
    return dict(nouns)
