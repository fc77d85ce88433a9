"""The figures as a table: for a terminal, and as Markdown for the README."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from mehealth_eval.bench.figures import Figure

COLUMNS = ("figure", "ours", "target", "stock", "ratio")


def number(value: float) -> str:
    """A measured value with the three digits that mean something: 1,240, 62.1, 0.27."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def row(figure: Figure) -> tuple[str, str, str, str, str]:
    """The cells of a figure."""
    spec = figure.spec
    sign = "≤" if spec.better == "less" else "≥"
    return (
        figure.label,
        _value(figure.ours, spec.unit, figure.ours_gap),
        "" if spec.target is None else f"{sign} {spec.target:g} {spec.unit}",
        _value(figure.stock, spec.unit, figure.stock_gap),
        "" if figure.ratio is None else f"{number(figure.ratio)}×",
    )


def markdown(figures: Sequence[Figure], notes: Sequence[str]) -> str:
    """The table in Markdown, the notes under it."""
    lines = [_line(COLUMNS), "| --- | --- | --- | --- | --- |"]
    lines += [_line(row(figure)) for figure in figures]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)]) + "\n"


def terminal(figures: Sequence[Figure]) -> Table:
    """The table for a terminal: green where a target is met, red where it is missed."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS)
    for figure in figures:
        label, ours, *rest = row(figure)
        style = {True: "green", False: "red", None: ""}[figure.met]
        cells = [label.replace("`", ""), ours, *rest]
        table.add_row(*(Text(c, style if i == 1 else "") for i, c in enumerate(cells)))
    return table


def _value(value: float | None, unit: str, gap: str) -> str:
    return f"not measured: {gap}" if value is None else f"{number(value)} {unit}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
