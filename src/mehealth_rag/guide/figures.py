"""The figures that a document makes much of, each with the words that say what it counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

from mehealth_rag.guide.candidates import Candidate, candidates, is_small_print, is_spoken, leans
from mehealth_rag.guide.values import KeyFigure
from mehealth_rag.language.figures import PERIOD, Figure, FigureKind, figures, is_measured
from mehealth_rag.language.words import is_content
from mehealth_rag.types import BlockKind, Passage, Quote, Span

MOST = 8
_LONGEST = 40
_HEADLINE = 12
"""Words of a sentence, or of the label under a figure, that is read at a glance."""

_LARGE = 1_000
_COUNTED = re.compile(r"\s+(?:[a-z][a-z-]+\s+){0,2}?[a-z-]{3,}s\b|[\s-]?(?:km|kg|MW|GW|kWh|ha)\b")
_CODE = re.compile(r"0\d|\d+[\s-]\d{3}\b[\s-]\d{3}")
"""Figures that count nothing: telephone numbers, references."""

_JOINED = re.compile(r"[^\W_][-–/]$|[^\W\d_]$")
_GOES_ON = re.compile(r"[-–/]\w")
_BARE = re.compile(r"\d{4,}$")
_LEAST = 0.5
_SMALL_SUM = 0.4
_WORTH = {FigureKind.MONEY: 1.0, FigureKind.PERCENT: 0.7, FigureKind.QUANTITY: 0.5}


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure with its quote; `worth` is how much of a headline it makes."""

    value: str
    quote: Quote
    section: tuple[object, ...]
    worth: float


def key_figures(passages: Sequence[Passage], most: int = MOST) -> tuple[KeyFigure[Quote], ...]:
    """Up to `most` figures in the order of the document, from parts as many as may be."""
    last = max((p.page for p in passages), default=1)
    found = [f for f in _all(passages, last) if f.worth >= _LEAST]
    chosen: list[_Found] = []
    used: Counter[tuple[object, ...]] = Counter()
    while found and len(chosen) < most:
        best = max(found, key=lambda f: f.worth - 0.25 * used[f.section])
        chosen.append(best)
        used[best.section] += 1
        found = [f for f in found if f.value != best.value and not _overlap(f.quote, best.quote)]
    chosen.sort(key=lambda f: (f.quote.page, f.quote.span.start))
    return tuple(KeyFigure(f.value, f.quote) for f in chosen)


def _all(passages: Sequence[Passage], last: int) -> Iterator[_Found]:
    sentences = list(candidates(passages))
    for place, candidate in enumerate(sentences):
        early = 0.2 * (1 - (candidate.passage.page - 1) / last)
        found = _headline(sentences, place) or _told(candidate)
        if found is not None:
            value, span, worth = found
            quote = candidate.passage.quote(span)
            yield _Found(" ".join(value.split()), quote, candidate.section, worth + early)


def _told(candidate: Candidate) -> tuple[str, Span, float] | None:
    """The largest figure of a sentence that tells what it counts."""
    text = candidate.passage.words(candidate.sentence.span)
    count = len(text.split())
    kinds = {BlockKind.PARAGRAPH, BlockKind.ITEM}
    if candidate.sentence.kind not in kinds or not 4 <= count <= _LONGEST:
        return None
    if text.rstrip().endswith(("?", ":")) or any(
        off(text) for off in (leans, is_small_print, is_spoken)
    ):
        return None
    measured = [(_worth(text, f), f) for f in figures(text)]
    telling = [pair for pair in measured if pair[0] > 0]
    if not telling:
        return None
    worth, figure = max(telling, key=lambda pair: (pair[0], pair[1].value))
    crowded = 0.12 * max(0, len(telling) - 2)
    long = 0.015 * max(0, count - _HEADLINE)
    return _value(text, figure), candidate.sentence.span, worth - crowded - long


def _headline(sentences: Sequence[Candidate], place: int) -> tuple[str, Span, float] | None:
    """A figure that stands alone over the label that tells what it counts, as brochures have it."""
    candidate = sentences[place]
    passage = candidate.passage
    text = passage.words(candidate.sentence.span)
    if len(text.split()) > 4 or place + 1 >= len(sentences):
        return None
    below = sentences[place + 1]
    if below.passage is not passage or below.sentence.kind is BlockKind.ROW:
        return None
    label = passage.words(below.sentence.span)
    if not 2 <= len(label.split()) <= _HEADLINE or any(map(str.isdigit, label)):
        return None
    told = [f for f in figures(text) if not f.spelled and f.kind is not FigureKind.YEAR]
    if not is_measured(text) or len(told) != 1:
        return None
    span = Span(candidate.sentence.span.start, below.sentence.span.end)
    return text.strip(), span, max(0.5, _worth(text, told[0])) + 0.4


def _worth(text: str, figure: Figure) -> float:
    """What a figure is worth by its kind and size; 0 where it has neither unit nor scale."""
    digits = text[figure.span.start :]
    if figure.kind is FigureKind.YEAR or _is_period(text, figure):
        return 0.0
    if _CODE.match(digits) or _JOINED.search(text[: figure.span.start]):
        return 0.0
    if _GOES_ON.match(text, figure.span.end):
        return 0.0
    base = _WORTH[figure.kind]
    if figure.kind is FigureKind.MONEY and figure.value < _LARGE:
        base -= _SMALL_SUM
    if figure.kind is FigureKind.QUANTITY and _counts_nothing(text, figure):
        return 0.0
    if figure.kind is FigureKind.QUANTITY and figure.value < _LARGE:
        base -= 0.25
    size = 0.0 if figure.kind is FigureKind.PERCENT else log10(float(figure.value) + 1) / 20
    return base + size


def _counts_nothing(text: str, figure: Figure) -> bool:
    """Whether a number has no unit, no scale and nothing that it counts, as codes have none."""
    small = figure.value < _LARGE or _BARE.match(figure.span.of(text)) is not None
    return figure.spelled or (small and not _counted(text, figure))


def _is_period(text: str, figure: Figure) -> bool:
    """Whether a figure is part of a date or a length of time."""
    span = figure.span
    return any(m.start() < span.end and span.start < m.end() for m in PERIOD.finditer(text))


def _counted(text: str, figure: Figure) -> re.Match[str] | None:
    """What follows a figure as the thing that it counts."""
    match = _COUNTED.match(text, figure.span.end)
    return match if match and all(map(is_content, match.group().split())) else None


def _value(text: str, figure: Figure) -> str:
    """A figure as it is written, with what it counts."""
    counted = _counted(text, figure) if figure.kind is FigureKind.QUANTITY else None
    return text[figure.span.start : counted.end() if counted else figure.span.end].strip()


def _overlap(one: Quote, other: Quote) -> bool:
    same = (one.page, one.document) == (other.page, other.document)
    return same and one.span.start < other.span.end and other.span.start < one.span.end
