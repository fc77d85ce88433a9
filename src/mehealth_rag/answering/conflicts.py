"""Pages that disagree: different figures for the same thing.

Two sentences disagree when both answer the question with a figure of the same kind, the figures
differ but are of one size (the part's and the whole's are not), they stand on different pages, and
no date in them says that they speak of different times. Sentences of one document that hardly
differ but in the figure need not each answer the question (`near_figures.py`). A table's row
counts where one of its cells, read with its column's head, all but agrees (`row_figures.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.answering.marking import decisive_figure
from mehealth_rag.answering.near_figures import near_miss, words_after
from mehealth_rag.answering.row_figures import row_differs
from mehealth_rag.answering.wanted import figures_of, strictly_holds
from mehealth_rag.language import kinds
from mehealth_rag.language.figures import Figure
from mehealth_rag.language.words import content_words, fold, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import BlockKind

_NOUN_WITHIN = 3
_PEOPLE = frozenset(
    stem_all("population people citizens inhabitants residents persons men women".split())
)
"""Nouns that count the same when people are counted."""

_LIMIT = re.compile(
    r"\b(?:(?:less|fewer|lower|no more) than|under|below|up to|at most|"
    r"(?:between|from)\s[^,;.]{0,20})\s?$",
    re.IGNORECASE,
)

MAX_RATIO = Decimal("1.5")
"""Figures further apart than this measure different things."""


def first_conflict(
    question: Question, best: Candidate, others: Sequence[Candidate]
) -> Candidate | None:
    """The first of the other candidates that gives another figure than a best one that measures."""
    return next((c for c in others if disagree(question, best, c)), None)


def measures(question: Question, best: Candidate) -> bool:
    """Whether a figure is asked for and the candidate gives it: others may give another one."""
    return question.wanted.is_figure and strictly_holds(question, best.text)


def rivals_of(
    question: Question, best: Candidate, others: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Those of many candidates that disagree; what has no figure of that size is passed over."""
    figure = decisive_figure(question, best.text)
    if figure is None:
        return ()
    sized = (c for c in others if _is_row(c) or _has_size(c, figure))
    return tuple(c for c in sized if disagree(question, best, c))


def _is_row(candidate: Candidate) -> bool:
    return candidate.sentence.kind is BlockKind.ROW


def _has_size(candidate: Candidate, figure: Figure) -> bool:
    return any(_of_one_size(figure, f) for f in figures_of(candidate.text))


def disagree(question: Question, one: Candidate, other: Candidate) -> bool:
    """Whether two candidates give different figures for what is asked, on different pages."""
    places = {(c.passage.document, c.passage.page) for c in (one, other)}
    a = decisive_figure(question, one.text)
    if a is None or len(places) < 2 or _is_row(one) or _is_limit(one.text, a):
        return False
    if _is_row(other):
        return row_differs(question, one, a, other)
    return _answers_otherwise(question, one, a, other) or near_miss(question, one, a, other)


def _answers_otherwise(question: Question, one: Candidate, a: Figure, other: Candidate) -> bool:
    """Whether the other answers the question by itself, with another figure."""
    b = decisive_figure(question, other.text)
    if b is None or not strictly_holds(question, other.text) or _is_limit(other.text, b):
        return False
    return (
        _of_one_size(a, b)
        and _dates(one.text) == _dates(other.text)
        and _same_thing(question, one, a)
        and _same_thing(question, other, b)
    )


def _of_one_size(one: Figure, other: Figure) -> bool:
    if (one.kind, one.currency) != (other.kind, other.currency) or one.value == other.value:
        return False
    low, high = sorted((one.value, other.value))
    return low > 0 and high / low <= MAX_RATIO


def _is_limit(text: str, figure: Figure) -> bool:
    """Whether a figure is only an upper limit or the border of a range: it measures nothing."""
    return _LIMIT.search(text[: figure.span.start]) is not None


def _dates(text: str) -> frozenset[str]:
    return frozenset(fold(m.group()) for m in kinds.DATE.finditer(text))


def _same_thing(question: Question, candidate: Candidate, figure: Figure) -> bool:
    """Whether the figure measures what is asked: by the noun that it counts, or by its sentence."""
    if question.wanted is Wanted.COUNT:
        counted = words_after(candidate.text, figure)[:_NOUN_WITHIN]
        asked = {question.focus} if question.focus else set(question.subject)
        return bool(set(counted) & (asked | (_PEOPLE if asked & _PEOPLE else set())))
    held = set(stem_all(content_words(" ".join((candidate.text, *candidate.passage.headings)))))
    return len(held & set(question.subject)) >= len(question.subject) / 2
