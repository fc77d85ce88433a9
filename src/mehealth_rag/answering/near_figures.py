"""Two figures of one document that all but agree, for the same thing in nearly the same words.

That two figures come so close is itself a sign that they measure one thing, so the other sentence
need not answer the question by itself. All else must speak for it: the words around both figures,
the names that both sentences stand under, and the years.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.answering.marking import measured
from mehealth_rag.language import kinds
from mehealth_rag.language.figures import Figure
from mehealth_rag.language.words import (
    FUNCTION_WORDS,
    content_words,
    fold,
    stem,
    stem_all,
)
from mehealth_rag.questions import Question

NEAR_RATIO = Decimal("1.15")
"""Figures further apart than this may be of different things that are called the same."""

_WITHIN = 3
_SHARED = 2
_BORDER = re.compile(r"[,;:.()]\s|[,;:.()]$")
_RUN = re.compile(r"(?:\s[^\W\d_][\w’'&-]*)+")
_MONTHS = frozenset(kinds.MONTHS)
_ROUGHLY = re.compile(
    r"\b(?:about|around|some|roughly|approximately|nearly|almost|over|more than|at least|above|"
    r"close to)\s$",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b((?:19|20)\d\d)(?:[-–/](\d\d)\b)?")


def near_miss(question: Question, one: Candidate, a: Figure, other: Candidate) -> bool:
    """Whether `other` gives a figure close to `a`, which `one` gives, for the same thing."""
    values = {f.value for f in measured(other.text)}
    apart = one.passage.document != other.passage.document
    if apart or a.value in values or is_rough(one.text, a):
        return False
    own = {f.value for f in measured(one.text)}
    near = (
        b
        for b in measured(other.text)
        if is_near(a, b) and b.value not in own and not is_rough(other.text, b)
    )
    return (
        _years_meet(one, other)
        and _of_one_thing(question, one, other)
        and any(_same_words(question, one.text, a, other.text, b) for b in near)
    )


def words_after(text: str, figure: Figure) -> list[str]:
    """The stems after a figure, as far as its clause goes."""
    return stem_all(content_words(_BORDER.split(text[figure.span.end :], maxsplit=1)[0]))


def _words_ahead(text: str, figure: Figure) -> list[str]:
    return stem_all(content_words(_BORDER.split(text[: figure.span.start])[-1]))


def is_near(a: Figure, b: Figure) -> bool:
    """Whether two figures of a kind all but agree, and neither is the other one rounded."""
    if (a.kind, a.currency) != (b.kind, b.currency):
        return False
    low, high = sorted((a.value, b.value))
    return low > 0 and high / low <= NEAR_RATIO and not _is_rounded(low, high)


def _is_rounded(a: Decimal, b: Decimal) -> bool:
    coarse, fine = sorted((a.normalize(), b.normalize()), key=lambda d: len(d.as_tuple().digits))
    return fine.quantize(coarse, rounding=ROUND_HALF_UP) == coarse


def is_rough(text: str, figure: Figure) -> bool:
    """Whether a text says itself that a figure is not exact."""
    return _ROUGHLY.search(text[: figure.span.start]) is not None


def _same_words(question: Question, text: str, a: Figure, rival: str, b: Figure) -> bool:
    """Whether what follows either figure stands beside the other one, or in the question.

    Else one thing's name must go on where the other's ends ("spin-outs", "spin-out companies").
    """
    after_a, after_b = (words_after(t, f)[:_WITHIN] for t, f in ((text, a), (rival, b)))
    beside_a = {*after_a, *_words_ahead(text, a)[-_WITHIN:]}
    beside_b = {*after_b, *_words_ahead(rival, b)[-_WITHIN:]}
    asked = set(question.subject)
    if set(after_a) <= beside_b | asked and set(after_b) <= beside_a | asked:
        return len(beside_a & beside_b) >= _SHARED
    short, long = sorted((counted(text, a), counted(rival, b)), key=len)
    return len(short) >= _SHARED and long[: len(short)] == short


def counted(text: str, figure: Figure) -> list[str]:
    """The stems of what a figure counts: the words right after it, up to the first small one."""
    run = _RUN.match(text, figure.span.end)
    words = run.group().split() if run else []
    named = takewhile(lambda w: fold(w) not in FUNCTION_WORDS, words)
    return [stem(fold(w).replace("-", "")) for w in named]


def _of_one_thing(question: Question, one: Candidate, other: Candidate) -> bool:
    """Whether neither sentence has a name of its own, and both stand where the question points.

    Where the heading of one is asked for, the other's passage speaks of it, too.
    """
    apart = _names(one.text) ^ _names(other.text)
    told = set(content_words(question.text)) | _small(one.text) | _small(other.text)
    return apart <= told and all(
        stem_set(x.passage.heading) & set(question.subject) <= _around(y) | FUNCTION_WORDS
        for x, y in ((one, other), (other, one))
    )


def _names(text: str) -> set[str]:
    return set(content_words(" ".join(kinds.names(text)))) - _MONTHS


def _small(text: str) -> set[str]:
    """The words of a text that it has in small letters."""
    return {w for w in content_words(text) if w in text}


def _around(candidate: Candidate) -> set[str]:
    passage = candidate.passage
    return stem_set(" ".join((passage.text, *passage.headings)))


def stem_set(text: str) -> set[str]:
    """The stems of the content words of a text."""
    return set(stem_all(content_words(text)))


def _years_meet(one: Candidate, other: Candidate) -> bool:
    """Whether both may speak of one year: what names none is of the year told around it."""
    a, b = years_of(one.text), years_of(other.text)
    if a and b:
        return a == b
    dated, told = (a, other) if a else (b, one)
    return not dated or bool(dated & _years_around(told))


def _years_around(candidate: Candidate) -> frozenset[int]:
    """The years of a sentence's passage, or else those that its document's title allows."""
    near = years_of(" ".join((candidate.passage.text, *candidate.passage.headings)))
    titled = years_of(candidate.passage.title)
    return near or titled | {year - 1 for year in titled}  # a report tells of the year before


def years_of(text: str) -> frozenset[int]:
    """The years of a text; a business year ("2022-23") is two."""
    found = [(int(m[1]), m[2]) for m in _YEARS.finditer(text)]
    return frozenset(y for first, second in found for y in (first, *[first + 1] * bool(second)))
