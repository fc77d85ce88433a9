"""The decisive words of a statement: what a reader's eye should fall on first."""

from __future__ import annotations

import re

from mehealth_rag.answering.questions import Question, Wanted
from mehealth_rag.guard.values import Amount, values
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import content_words, fold, stem
from mehealth_rag.types import Span

MOST_NAMES = 3
"""More names than this are no longer a few decisive words."""

_KINDS = {
    Wanted.COUNT: FigureKind.QUANTITY,
    Wanted.MONEY: FigureKind.MONEY,
    Wanted.PERCENT: FigureKind.PERCENT,
}
_NAME_RUN = re.compile(
    r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|&|de|van|von)\s+){0,2}[A-Z][\w&’'-]*)*"
)
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_BETWEEN_CELLS = re.compile(r"\)?(?:\s|; [^;]*: )[\s$£€(–—-]*")
_PART_OF = re.compile(r"\s(?:out\s)?of\s(?:(?:the|its|all|only)\s)?")
_LIMIT = re.compile(r"\b(?:over|more than|about|around|almost|nearly|at least)\s$", re.IGNORECASE)


def decisive(question: Question, text: str) -> tuple[Span, ...]:
    """The spans of `text` that answer, in order; empty where no few words do so alone."""
    match question.wanted:
        case Wanted.COUNT | Wanted.MONEY | Wanted.PERCENT:
            return _figure(question, text)
        case Wanted.DATE:
            asked = fold(question.text)
            return tuple(span for span in _times(text) if fold(span.of(text)) not in asked)
        case Wanted.PERSON | Wanted.NAME:
            return _names(question, text)
        case _:
            return ()


def mark(text: str, spans: tuple[Span, ...]) -> str:
    """`text` with each span in Markdown's bold."""
    pieces = []
    end = 0
    for span in spans:
        pieces += [text[end : span.start], "**", span.of(text), "**"]
        end = span.end
    return "".join([*pieces, text[end:]])


def _times(text: str) -> list[Span]:
    """Where dates, years, days of the week and times of day stand."""
    found = values(text)
    spans = [a.span for a in found.amounts if a.kind is FigureKind.YEAR]
    spans += [d.span for d in found.dates] + [span for _, span in found.times]
    spans += [Span(*m.span()) for m in _WEEKDAY.finditer(text)]
    return sorted(spans, key=lambda span: span.start)


def _figure(question: Question, text: str) -> tuple[Span, ...]:
    """The figure of the wanted kind that stands nearest to the question's words."""
    asked = {a.value for a in values(question.text).amounts}
    own = values(text).amounts
    new = [a for a in own if a.kind is not FigureKind.YEAR and a.value not in asked]
    exact = [a for a in new if a.kind is _KINDS[question.wanted]] or new
    if not exact:
        return ()
    best = min(exact, key=lambda a: (_distance(question, text, a), a.span.start))
    return () if _is_cell(text, best, own) else (_limited(text, best, own),)


def _is_cell(text: str, figure: Amount, own: tuple[Amount, ...]) -> bool:
    """Whether a figure is one of a table's row: which of them answers, its columns tell."""
    start, end = figure.span.start, figure.span.end
    between = [text[a.span.end : start] for a in own if a.span.end <= start]
    between += [text[end : a.span.start] for a in own if a.span.start >= end]
    return any(map(_BETWEEN_CELLS.fullmatch, between))


def _distance(question: Question, text: str, figure: Amount) -> int:
    """Characters between the figure and the focus, or else the nearest word of the question."""
    wanted = {question.focus} if question.focus else set()
    places = _places(text, wanted) or _places(text, set(question.subject))
    after = [p - figure.span.end for p in places if p >= figure.span.end]
    ahead = [2 * (figure.span.start - p) for p in places if p < figure.span.start]
    return min(after + ahead, default=len(text))


def _places(text: str, stems: set[str]) -> list[int]:
    found = []
    place = 0
    for word in content_words(text):
        place = max(place, fold(text).find(word, place))
        if stem(word) in stems:
            found.append(place)
    return found


def _limited(text: str, figure: Amount, own: tuple[Amount, ...]) -> Span:
    """The figure with what it is a part of, and a word that limits it.

    As in "over 10 million", or "three of the seven", where either alone would say something else.
    """
    start, end = figure.span.start, figure.span.end
    whole = (a.span.start for a in own if _PART_OF.fullmatch(text, a.span.end, start))
    start = next(whole, start)
    limit = _LIMIT.search(text[:start])
    return Span(limit.start() if limit else start, end)


def _names(question: Question, text: str) -> tuple[Span, ...]:
    asked = set(content_words(question.text))
    spans: list[Span] = []
    for match in _NAME_RUN.finditer(text):
        parts = set(content_words(match.group()))
        if parts and not parts & asked and match.start() > 0:
            spans.append(Span(match.start(), match.end()))
    return tuple(spans[:MOST_NAMES])
