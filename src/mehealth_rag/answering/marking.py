"""The decisive words of a statement: what a reader's eye should fall on first."""

from __future__ import annotations

import re

from mehealth_rag.answering.questions import Question, Wanted
from mehealth_rag.language.dates import MONTHS, SHORT_MONTHS
from mehealth_rag.language.figures import ORDINAL_WORDS, Figure, FigureKind, figures
from mehealth_rag.language.words import content_words, fold, stem
from mehealth_rag.types import Span

_MONTHS = "|".join([*MONTHS, *SHORT_MONTHS])
_MONTHS_NAMED = "|".join(MONTHS)
DATE = re.compile(
    rf"\b(?:1[0-9]|20)\d\d(?:s\b|\b)|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b"
    rf"|\b(?:{_MONTHS})\s\d{{1,4}}\b|\b(?:{_MONTHS})\b(?=[\s,]+(?:1|2)\d{{3}})"
    r"|\b\d{1,2}(?:st|nd|rd|th)\scentur(?:y|ies)\b|\b\d{1,4}\s(?:bc|ad|bce|ce)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    rf"|\b(?:in|on|by|since|until|from|during|last|next|early|late|mid)[\s-](?-i:{_MONTHS_NAMED})\b"
    rf"|\b(?:{'|'.join(ORDINAL_WORDS)}|twenty-first)\scentur(?:y|ies)\b|\b\d{{1,2}}:\d\d\b",
    re.IGNORECASE,
)
_MONTH_AFTER = re.compile(rf"(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS_NAMED})\b")
_MONTH_BEFORE = re.compile(rf"\b(?:{_MONTHS_NAMED})\s$")
NAME_RUN = re.compile(
    r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|&|de|van|von)\s+){0,2}[A-Z][\w&’'-]*)*"
)
"""A run of capitalised words with the small words between them."""


def in_day(text: str, start: int, end: int) -> bool:
    """Whether the figure between `start` and `end` is the day of a date ("On **31** December")."""
    short = end - start <= len("31")
    return short and bool(_MONTH_AFTER.match(text, end) or _MONTH_BEFORE.search(text[:start]))


MOST_NAMES = 3
"""More names than this are no longer a few decisive words."""


_BETWEEN_CELLS = re.compile(r"\)?\s[\s$£€(–—-]*")


def decisive(question: Question, text: str) -> tuple[Span, ...]:
    """The spans of `text` that answer, in order; empty where no few words do so alone."""
    match question.wanted:
        case Wanted.COUNT | Wanted.MONEY | Wanted.PERCENT:
            return _figure(question, text)
        case Wanted.DATE:
            asked = fold(question.text)
            found = (m for m in DATE.finditer(text) if fold(m.group()) not in asked)
            return tuple(Span(m.start(), m.end()) for m in found)
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


def decisive_figure(question: Question, text: str) -> Figure | None:
    """The figure of the wanted kind that stands nearest to the question's words."""
    asked = {f.value for f in figures(question.text)}
    new = [f for f in measured(text) if f.value not in asked]
    exact = [f for f in new if _fits(question.wanted, f)] or new
    return min(exact, key=lambda f: (_distance(question, text, f), f.span.start), default=None)


def measured(text: str) -> tuple[Figure, ...]:
    """The figures of `text` that may measure something: no years, and no days of a date."""
    found = (f for f in figures(text) if f.kind is not FigureKind.YEAR)
    return tuple(f for f in found if not in_day(text, f.span.start, f.span.end))


def _figure(question: Question, text: str) -> tuple[Span, ...]:
    best = decisive_figure(question, text)
    if best is None or _is_cell(text, best):
        return ()
    return (_with_unit(text, best.span),)


def _is_cell(text: str, figure: Figure) -> bool:
    """Whether a figure is one of a table's row: which of them answers, its columns tell."""
    others = [f.span for f in figures(text) if f.span != figure.span]
    ahead = (text[s.end : figure.span.start] for s in others if s.end <= figure.span.start)
    after = (text[figure.span.end : s.start] for s in others if s.start >= figure.span.end)
    return any(_BETWEEN_CELLS.fullmatch(between) for between in (*ahead, *after))


def _fits(wanted: Wanted, figure: Figure) -> bool:
    if wanted is Wanted.MONEY:
        return figure.kind is FigureKind.MONEY
    if wanted is Wanted.PERCENT:
        return figure.kind is FigureKind.PERCENT
    return figure.kind is FigureKind.QUANTITY


def _distance(question: Question, text: str, figure: Figure) -> int:
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


_UNIT = re.compile(
    r"\s(?:(?:kilo|centi|milli)?met(?:re|er)s?|km|cm|mm|miles?|feet|foot|inch(?:es)?|tonnes?|tons?|kg|"
    r"litres?|liters?|hours?|minutes?|seconds?|days?|weeks?|months?|years?|degrees?|acres?|"
    r"hectares?|people|times)\b"
)


_PART_OF = re.compile(r"\s(?:out\s)?of\s(?:(?:the|its|all|only)\s)?")


def _with_unit(text: str, span: Span) -> Span:
    """The figure with its unit, what it is a part of, and a word that limits it.

    As in "over 10 million", or "three of the seven", where either alone would say something else.
    """
    unit = _UNIT.match(text, span.end)
    span = Span(span.start, unit.end()) if unit else span
    part = next(
        (f for f in figures(text) if _PART_OF.fullmatch(text, f.span.end, span.start)), None
    )
    span = Span(part.span.start, span.end) if part else span
    for sign in ("over ", "more than ", "about ", "around ", "almost ", "nearly ", "at least "):
        if text[: span.start].lower().endswith(sign):
            return Span(span.start - len(sign), span.end)
    return span


def _names(question: Question, text: str) -> tuple[Span, ...]:
    asked = set(content_words(question.text))
    spans: list[Span] = []
    for match in NAME_RUN.finditer(text):
        parts = set(content_words(match.group()))
        if parts and not parts & asked and match.start() > 0:
            spans.append(Span(match.start(), match.end()))
    return tuple(spans[:MOST_NAMES])
