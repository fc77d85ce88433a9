"""Large figures side by side, each with its caption: so many statements, and no table's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reading.runs import Run

_SMALLER = 0.8
"""A caption has at most this share of its figure's size."""
_SIGNS = 14
"""A large figure has no more characters, what stands right behind it included: "£3.2 million"."""
_LEADING = 1.6
"""Lines of a caption are no further apart, in ems."""

Statement = list["Run"]
"""A figure's runs and its caption's, in the order that they are read."""


def captioned_figures(runs: Sequence[Run]) -> tuple[list[Statement], list[Run]]:
    """Statements of figures side by side that all have a caption, and the runs of no statement."""
    statements: list[Statement] = []
    taken: set[int] = set()
    for row in _rows(runs):
        found = _nearest(row, runs)
        own = {id(run) for statement in found for run in statement}
        if own.isdisjoint(taken):
            statements += found
            taken |= own
    return statements, [run for run in runs if id(run) not in taken]


def _rows(runs: Sequence[Run]) -> list[list[Statement]]:
    """Two figures or more on one baseline, from left to right, each with what stands behind it."""
    rows: list[list[Run]] = []
    sizes = sorted(run.size for run in runs)
    least = sizes[len(sizes) // 2] / _SMALLER if sizes else 0.0
    large = (run for run in runs if run.size >= least and len(run.text) <= _SIGNS)
    figures = [run for run in large if any(map(str.isdigit, run.text))]
    for run in sorted(figures, key=lambda run: -run.baseline):
        if rows and _is_level(rows[-1][0], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    placed = (sorted(row, key=lambda run: run.box[0]) for row in rows if len(row) > 1)
    return [[[run, *_behind(run, runs)] for run in row] for row in placed]


def _behind(figure: Run, runs: Sequence[Run]) -> list[Run]:
    """A unit or the like, set apart by its size or font: "million", "%"."""
    right, reach = figure.box[2], 0.5 * figure.size
    return [run for run in runs if _is_level(figure, run) and 0 <= run.box[0] - right < reach]


def _is_level(one: Run, other: Run) -> bool:
    return abs(one.baseline - other.baseline) < 0.3 * min(one.size, other.size)


def _nearest(row: list[Statement], runs: Sequence[Run]) -> list[Statement]:
    """The statements of a row, with the captions below it or else those above it."""
    if below := _captions(row, runs, below=True):
        return [figure + caption for figure, caption in zip(row, below, strict=True)]
    above = _captions(row, runs, below=False)
    return [caption[::-1] + figure for figure, caption in zip(row, above, strict=False)]


def _captions(row: list[Statement], runs: Sequence[Run], *, below: bool) -> list[list[Run]]:
    """The caption of each figure, line by line away from it; none where a figure has none."""
    captions = [_caption(figure[0], runs, below=below) for figure in row]
    return captions if all(captions) else []


def _caption(figure: Run, runs: Sequence[Run], *, below: bool) -> list[Run]:
    side = [
        run
        for run in runs
        if (run.baseline < figure.baseline) is below
        and not _is_level(figure, run)
        and min(run.box[2], figure.box[2]) > max(run.box[0], figure.box[0])
    ]
    side.sort(key=lambda run: abs(run.baseline - figure.baseline))
    caption: list[Run] = []
    for run in side:
        if not _goes_on(figure, caption, run):
            break
        caption.append(run)
    return caption


def _goes_on(figure: Run, caption: Sequence[Run], run: Run) -> bool:
    """Whether a run is a caption's next line, away from its figure."""
    if caption:
        return abs(run.baseline - caption[-1].baseline) < _LEADING * run.size
    gap = max(figure.box[1] - run.box[3], run.box[1] - figure.box[3])
    return gap < 0.4 * figure.size and run.size <= _SMALLER * figure.size
