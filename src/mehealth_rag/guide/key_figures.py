"""Find the figures a document stresses, each with the words that say what it counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

from mehealth_rag.guide.candidates import Candidate, in_turn, is_continuation, is_running, is_spoken
from mehealth_rag.guide.document_guide import KeyFigure
from mehealth_rag.language.figures import PERIOD, Figure, FigureKind, figures, is_measured
from mehealth_rag.language.words import is_content
from mehealth_rag.types import BlockKind, Passage, Quote, Span

MOST = 8
_LONGEST = 40
_HEADLINE = 12
"""Words in a sentence, or in the label under a figure, that can be read at a glance."""

_LARGE = 1_000
_COUNTED = re.compile(r"\s+(?:[a-z][a-z-]+\s+){0,2}?[a-z-]{3,}s\b|[\s-]?(?:km|kg|MW|GW|kWh|ha)\b")
_CODE = re.compile(r"(?:[^\W_][-–/]|[^\W\d_])\d|.{2}(?:0\d|\d+[\s-]\d{3}\b[\s-]\d{3})")
"""A figure, with the two characters before it, that is a reference or telephone number."""

_GOES_ON = re.compile(r"[-–/]\w")
_BARE = re.compile(r"\d{4,}$")
_LEAST = 0.5
_WORTH = {FigureKind.MONEY: 1.0, FigureKind.PERCENT: 0.7, FigureKind.QUANTITY: 0.5}
_SMALL = {FigureKind.MONEY: 0.4, FigureKind.QUANTITY: 0.25}
"""Deduction for figures below a thousand."""


@dataclass(frozen=True, slots=True)
class _RatedFigure:
    """A figure with its quote; `worth` rates it as a headline."""

    value: str
    quote: Quote
    section: tuple[object, ...]
    worth: float


def key_figures(passages: Sequence[Passage], most: int = MOST) -> tuple[KeyFigure[Quote], ...]:
    """Return up to `most` figures in document order, spread over the sections."""
    rated = [f for f in _all(passages) if f.worth >= _LEAST]
    chosen: list[_RatedFigure] = []
    used: Counter[tuple[object, ...]] = Counter()
    while rated and len(chosen) < most:
        best = max(rated, key=lambda f: f.worth - 0.25 * used[f.section])
        chosen.append(best)
        used[best.section] += 1
        rated = [f for f in rated if f.value != best.value]
    chosen.sort(key=lambda f: (f.quote.page, f.quote.span.start))
    return tuple(KeyFigure(f.value, f.quote) for f in chosen)


def _all(passages: Sequence[Passage]) -> Iterator[_RatedFigure]:
    last = max((p.page for p in passages), default=1)
    for candidate, below in in_turn(passages):
        rated = _headline(candidate, below) or _in_sentence(candidate)
        if rated is not None:
            value, span, worth = rated
            early = 0.2 * (1 - (candidate.passage.page - 1) / last)
            quote = candidate.passage.quote(span)
            yield _RatedFigure(" ".join(value.split()), quote, candidate.section, worth + early)


def _in_sentence(candidate: Candidate) -> tuple[str, Span, float] | None:
    """Return the largest figure of a sentence that says what it counts."""
    text = candidate.passage.words(candidate.sentence.span)
    count = len(text.split())
    is_unsuitable = text.rstrip().endswith(("?", ":")) or is_continuation(text) or is_spoken(text)
    if is_unsuitable or not is_running(candidate) or count > _LONGEST:
        return None
    rated = [(w, f.value, f) for f in figures(text) if (w := _worth(text, f))]
    if not rated:
        return None
    worth, _, figure = max(rated, key=lambda rating: rating[:2])
    crowded = 0.12 * max(0, len(rated) - 2)
    long = 0.015 * max(0, count - _HEADLINE)
    return _value(text, figure), candidate.sentence.span, worth - crowded - long


def _headline(candidate: Candidate, below: Candidate | None) -> tuple[str, Span, float] | None:
    """Return a figure that stands alone above a label saying what it counts, as in brochures."""
    passage = candidate.passage
    text = passage.words(candidate.sentence.span)
    if below is None or below.sentence.kind is BlockKind.ROW:
        return None
    label = passage.words(below.sentence.span)
    if not 2 <= len(label.split()) <= _HEADLINE or any(map(str.isdigit, label)):
        return None
    if len(text.split()) > 4 or not is_measured(text):
        return None
    figures_in_text = [f for f in figures(text) if not f.spelled and f.kind is not FigureKind.YEAR]
    if len(figures_in_text) != 1:
        return None
    span = Span(candidate.sentence.span.start, below.sentence.span.end)
    return text.strip(), span, max(0.5, _worth(text, figures_in_text[0])) + 0.4


def _worth(text: str, figure: Figure) -> float:
    """Return a figure's worth by kind and size; 0 if it has neither unit nor scale."""
    span, kind, small = figure.span, figure.kind, figure.value < _LARGE
    dated = any(m.start() < span.end and span.start < m.end() for m in PERIOD.finditer(text))
    code = _CODE.match(f"  {text}", span.start) or _GOES_ON.match(text, span.end)
    if kind is FigureKind.YEAR or dated or code:
        return 0.0
    named = _counted(text, figure) or not (small or _BARE.match(span.of(text)))
    if kind is FigureKind.QUANTITY and (figure.spelled or not named):
        return 0.0
    size = 0.0 if kind is FigureKind.PERCENT else log10(float(figure.value) + 1) / 20
    return _WORTH[kind] - small * _SMALL.get(kind, 0.0) + size


def _counted(text: str, figure: Figure) -> re.Match[str] | None:
    """Match the counted thing after a figure."""
    match = _COUNTED.match(text, figure.span.end)
    return match if match and all(map(is_content, match.group().split())) else None


def _value(text: str, figure: Figure) -> str:
    """Return a figure as written, with what it counts."""
    counted = _counted(text, figure) if figure.kind is FigureKind.QUANTITY else None
    return text[figure.span.start : counted.end() if counted else figure.span.end].strip()
