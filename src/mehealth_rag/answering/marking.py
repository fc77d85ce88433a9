"""Find the words of a statement that answer: the figure, date or name to show in bold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.answering.questions import Question, Wanted
from mehealth_rag.guard.values import Amount, values
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import content_stems, content_words, fold, stem
from mehealth_rag.types import Span

MOST_NAMES = 3
"""Names marked in one statement at most; more would no longer stand out."""

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


@dataclass(frozen=True, slots=True)
class StatementText:
    """The text of a statement; if it is made of a table row, the cells in it.

    A cell is its column heading and the span of its value.
    """

    text: str
    cells: tuple[tuple[str, Span], ...] = ()


def answer_spans(question: Question, statement: StatementText) -> tuple[Span, ...]:
    """Return the spans of the text that answer, in order; empty if no few words do.

    In a table row this is the cell whose column the question names.
    """
    cell = _cell_asked_for(question, statement)
    if cell is not None:
        return (cell,)
    spans = _of_wanted_kind(question, statement)
    return spans if not statement.cells or len(spans) == 1 else ()  # several cells: a guess


def marked(question: Question, statement: StatementText) -> str:
    """Return the text with the spans that answer in Markdown bold."""
    text = statement.text
    for span in reversed(answer_spans(question, statement)):
        text = f"{text[: span.start]}**{span.of(text)}**{text[span.end :]}"
    return text


def _cell_asked_for(question: Question, statement: StatementText) -> Span | None:
    """Return the value whose heading has more words of the question than any other has.

    A value that the question gives itself is not asked for.
    """
    asked = frozenset(question.subject)
    unknown = [c for c in statement.cells if not content_stems(c[1].of(statement.text)) <= asked]
    shared = [len(content_stems(name) & asked) for name, _ in unknown]
    most = max(shared, default=0)
    return unknown[shared.index(most)][1] if most and shared.count(most) == 1 else None


def _of_wanted_kind(question: Question, statement: StatementText) -> tuple[Span, ...]:
    """Return the spans of the kind of answer that the question wants."""
    text = statement.text
    match question.wanted:
        case Wanted.COUNT | Wanted.MONEY | Wanted.PERCENT:
            return _figure(question, text)
        case Wanted.DATE:
            asked = fold(question.text)
            return tuple(span for span in _times(text) if fold(span.of(text)) not in asked)
        case Wanted.PERSON | Wanted.NAME:
            return _names(question, statement)
        case _:
            return ()


def _times(text: str) -> list[Span]:
    """Return the spans of dates, years, weekdays and times of day, in order."""
    parsed = values(text)
    spans = [a.span for a in parsed.amounts if a.kind is FigureKind.YEAR]
    spans += [d.span for d in parsed.dates] + [span for _, span in parsed.times]
    spans += [Span(*m.span()) for m in _WEEKDAY.finditer(text)]
    return sorted(spans, key=lambda span: span.start)


def _figure(question: Question, text: str) -> tuple[Span, ...]:
    """Return the figure of the wanted kind nearest to the question's words, as one span or none."""
    asked = {a.value for a in values(question.text).amounts}
    amounts = values(text).amounts
    candidates = [a for a in amounts if a.kind is not FigureKind.YEAR and a.value not in asked]
    matching = [a for a in candidates if a.kind is _KINDS[question.wanted]] or candidates
    if not matching:
        return ()
    best = min(matching, key=lambda a: (_distance(question, text, a), a.span.start))
    return () if _is_cell(text, best, amounts) else (_limited(text, best, amounts),)


def _is_cell(text: str, figure: Amount, amounts: tuple[Amount, ...]) -> bool:
    """Return whether a figure is one of several in a table row, where the column decides."""
    start, end = figure.span.start, figure.span.end
    between = [text[a.span.end : start] for a in amounts if a.span.end <= start]
    between += [text[end : a.span.start] for a in amounts if a.span.start >= end]
    return any(map(_BETWEEN_CELLS.fullmatch, between))


def _distance(question: Question, text: str, figure: Amount) -> int:
    """Return characters from the figure to the focus, else to the nearest word of the question."""
    wanted = {question.focus} if question.focus else set()
    places = _places(text, wanted) or _places(text, set(question.subject))
    after = [p - figure.span.end for p in places if p >= figure.span.end]
    ahead = [2 * (figure.span.start - p) for p in places if p < figure.span.start]
    return min(after + ahead, default=len(text))


def _places(text: str, stems: set[str]) -> list[int]:
    places = []
    start = 0
    for word in content_words(text):
        start = max(start, fold(text).find(word, start))
        if stem(word) in stems:
            places.append(start)
    return places


def _limited(text: str, figure: Amount, amounts: tuple[Amount, ...]) -> Span:
    """Return the figure's span with a qualifier before it and the part it is counted out of.

    As in "over 10 million" or "three of the seven", where either alone would be misleading.
    """
    start, end = figure.span.start, figure.span.end
    part_starts = (a.span.start for a in amounts if _PART_OF.fullmatch(text, a.span.end, start))
    start = next(part_starts, start)
    limit = _LIMIT.search(text[:start])
    return Span(limit.start() if limit else start, end)


def _names(question: Question, statement: StatementText) -> tuple[Span, ...]:
    """Return the first names that neither the question nor a heading of a row has."""
    asked = set(content_words(question.text))
    spans: list[Span] = []
    headings = [range(span.start - len(f"{name}: "), span.start) for name, span in statement.cells]
    for match in _NAME_RUN.finditer(statement.text):
        parts = set(content_words(match.group()))
        is_label = match.start() == 0 or any(match.start() in heading for heading in headings)
        if parts and not parts & asked and not is_label:
            spans.append(Span(match.start(), match.end()))
    return tuple(spans[:MOST_NAMES])
