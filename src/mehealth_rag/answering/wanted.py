"""Whether a text holds the kind of answer that a question wants, loosely and strictly.

Loosely: something of the kind stands there. Strictly: it stands where it answers, as the number
right before the noun that is counted; a sum of money is no count of companies, and a figure that
the question itself brings is no answer to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from mehealth_rag.language import kinds
from mehealth_rag.language.figures import Figure, FigureKind, figures
from mehealth_rag.language.words import content_words, fold, stem_all
from mehealth_rag.questions import GENERIC_FOCUS, Question, Wanted

_AFTER = 4
_AHEAD = 2


def holds_wanted(question: Question, text: str) -> bool:
    """Whether the kind of answer that is wanted stands in `text`, the question's own aside."""
    holds = _LOOSELY.get(question.wanted)
    return holds is None or holds(question, text)


def strictly_holds(question: Question, text: str) -> bool:
    """Whether it stands where it can be the answer; True for kinds without a form of their own."""
    holds = _STRICTLY.get(question.wanted)
    return holds is None or holds(question, text) or row_holds(question, text)


def row_holds(question: Question, text: str) -> bool:
    """Whether a table's row gives a figure of the kind: its unit stands over the table, if at all.

    A row is told by its tabs.
    """
    if not question.wanted.is_figure or "\t" not in text or not _any_figure(question, text):
        return False
    if question.wanted is Wanted.PERCENT:
        return "%" in text
    counted = question.wanted is Wanted.COUNT and question.focus not in GENERIC_FOCUS
    return not counted or not question.focus or question.focus in _stems(text)


def has_form(wanted: Wanted) -> bool:
    """Whether answers of a kind can be told by their form."""
    return wanted in _STRICTLY


@lru_cache(maxsize=50_000)
def figures_of(text: str) -> tuple[Figure, ...]:
    """The figures of a text, remembered: the same sentences are asked of again and again."""
    return figures(text)


def counts_focus(question: Question, text: str) -> bool:
    """Whether a figure counts the question's focus: they stand right beside each other.

    A figure that looks like a year may count too ("attended by 2000 guests").
    """
    if not question.focus:
        return False
    for figure in new_figures(question, text):
        if figure.kind not in {FigureKind.QUANTITY, FigureKind.YEAR}:
            continue
        after = _stems(text[figure.span.end : figure.span.end + 70])[:_AFTER]
        ahead = _stems(text[max(0, figure.span.start - 30) : figure.span.start])[-_AHEAD:]
        if question.focus in after or question.focus in ahead:
            return True
    return False


def located(question: Question, text: str) -> bool:
    """Whether a place follows right after a word of the question ("the museum in Leeds")."""
    asked = set(question.subject)
    for start, place in kinds.places_with_start(text):
        ahead = _stems(text[max(0, start - 40) : start])[-1:]
        if ahead and ahead[0] in asked and not asked & set(_stems(place)):
            return True
    return False


def new_figures(question: Question, text: str) -> tuple[Figure, ...]:
    """The figures of `text` that the question does not bring itself."""
    asked = {f.value for f in figures_of(question.text)}
    return tuple(f for f in figures_of(text) if f.value not in asked)


def new_names(question: Question, text: str) -> frozenset[str]:
    """The capitalised words of `text` that the question does not have."""
    return kinds.names(text) - set(content_words(question.text)) - set(question.names)


def _stems(text: str) -> list[str]:
    return stem_all(content_words(text))


def _any_figure(question: Question, text: str) -> bool:
    return any(f.kind is not FigureKind.YEAR for f in new_figures(question, text))


def _figure_of(*wanted: FigureKind) -> Callable[[Question, str], bool]:
    def holds(question: Question, text: str) -> bool:
        return any(f.kind in wanted for f in new_figures(question, text))

    return holds


def _count(question: Question, text: str) -> bool:
    if not question.focus or question.focus in GENERIC_FOCUS:
        return _figure_of(FigureKind.QUANTITY, FigureKind.YEAR)(question, text)
    return counts_focus(question, text)


def _date(question: Question, text: str) -> bool:
    asked = fold(question.text)
    return any(fold(m.group()) not in asked for m in kinds.DATE.finditer(text))


def _person(question: Question, text: str) -> bool:
    asked = set(stem_all(content_words(question.text)))
    return any(not asked & set(stem_all(content_words(name))) for name in kinds.person_names(text))


def _place(question: Question, text: str) -> bool:
    asked = set(content_words(question.text))
    return any(not asked & set(content_words(place)) for place in kinds.places(text))


_LOOSELY: dict[Wanted, Callable[[Question, str], bool]] = {
    Wanted.COUNT: _any_figure,
    Wanted.MONEY: _any_figure,
    Wanted.PERCENT: _any_figure,
    Wanted.DATE: _date,
    Wanted.PERSON: lambda q, t: bool(new_names(q, t)) or kinds.has_role(t),
    Wanted.PLACE: lambda _, t: kinds.has_place(t),
    Wanted.NAME: lambda q, t: bool(new_names(q, t)),
}

_STRICTLY: dict[Wanted, Callable[[Question, str], bool]] = {
    Wanted.COUNT: _count,
    Wanted.MONEY: _figure_of(FigureKind.MONEY),
    Wanted.PERCENT: _figure_of(FigureKind.PERCENT),
    Wanted.DATE: _date,
    Wanted.PERSON: _person,
    Wanted.PLACE: _place,
}
