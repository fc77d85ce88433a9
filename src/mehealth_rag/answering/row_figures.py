"""A table's row that gives nearly, but not quite, the figure that a sentence gives.

A cell's figure is read with its column's head, which has its unit and its year. The row must be
named in the question or the sentence, and what the table measures must stand there, too: a row's
name alone stands in many tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.answering.near_figures import counted, is_near, is_rough, stem_set, years_of
from mehealth_rag.language.figures import SCALES, Figure, FigureKind, currency_in, figures
from mehealth_rag.language.words import fold, words
from mehealth_rag.questions import GENERIC_FOCUS, Question

_UNITS = 2
"""So many words after a figure may name its unit, or what it counts."""


def row_differs(question: Question, one: Candidate, a: Figure, row: Candidate) -> bool:
    """Whether a cell of `row` gives another figure than `a`, which `one` gives, for the same."""
    if one.passage.document != row.passage.document or is_rough(one.text, a):
        return False
    told = {*question.subject, *stem_set(one.text)}
    label = stem_set(row.text.split("\t", 1)[0]) - GENERIC_FOCUS
    if not label or not label <= told or not _measures(one, a, row, told - label):
        return False
    cells = tuple(_cells(row))
    years = years_of(question.text) | years_of(one.text)
    meant = [f for f, head in cells if not years_of(head) or years_of(head) & years]
    return len(meant) == 1 and is_near(a, meant[0]) and all(f.value != a.value for f, _ in cells)


def _measures(one: Candidate, a: Figure, row: Candidate, told: set[str]) -> bool:
    """Whether the table measures what the sentence does, by its unit or its heading."""
    if a.kind is FigureKind.MONEY:
        return bool(told & stem_set(f"{row.before} {row.passage.heading}"))
    unit = set(counted(one.text, a)[:_UNITS])
    return bool(unit & stem_set(f"{row.text} {row.before}"))


def _cells(row: Candidate) -> Iterator[tuple[Figure, str]]:
    """Each figure of a row, its unit applied, with the head of its column."""
    cells = row.text.split("\t")
    lines = [line.split("\t") for line in row.before.split("\n")]
    heads = next((line for line in reversed(lines) if len(line) == len(cells)), None)
    if heads is None:
        return
    for cell, head in zip(cells[1:], heads[1:], strict=True):
        found = figures(cell)
        if len(found) == 1:
            yield _with_unit(found[0], f"{heads[0]} {head}"), head


def _with_unit(figure: Figure, head: str) -> Figure:
    """A cell's figure with the scale and the currency that its column's head tells."""
    scale = next((SCALES[w] for w in words(fold(head)) if len(w) > 1 and w in SCALES), 1)
    currency = figure.currency or currency_in(head)
    kind = FigureKind.MONEY if currency else figure.kind
    return replace(figure, value=figure.value * scale, currency=currency, kind=kind)
