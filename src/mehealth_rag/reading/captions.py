"""Large figures side by side, each with its caption: so many statements, and no table's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.reading.marks import is_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reading.runs import Run

_SMALLER = 0.8
"""A caption has at most this share of its figure's size."""
_SIGNS = 14
"""A large figure has no more characters, what stands right behind it included: "£3.2 million"."""
_LINES = 6
"""A caption has no more lines."""
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
        if not own & taken:
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
        if rows and _is_level(rows[-1][0], run) and abs(run.size / rows[-1][0].size - 1) < 0.15:
            rows[-1].append(run)
        else:
            rows.append([run])
    placed = (sorted(row, key=lambda run: run.box[0]) for row in rows if len(row) > 1)
    return [[[run, *_behind(run, runs)] for run in row] for row in placed]


def _behind(figure: Run, runs: Sequence[Run]) -> list[Run]:
    """A unit or the like, set apart by its size or font: "million", "%"."""
    near = (run for run in runs if run is not figure and _is_level(figure, run))
    right = figure.box[2]
    return [run for run in near if 0 <= run.box[0] - right < 0.5 * figure.size and
            len(figure.text) + len(run.text) <= _SIGNS]  # fmt: skip


def _is_level(one: Run, other: Run) -> bool:
    return abs(one.baseline - other.baseline) < 0.3 * min(one.size, other.size)


def _nearest(row: list[Statement], runs: Sequence[Run]) -> list[Statement]:
    """The statements of a row: with the captions below it or above it, whichever are nearer."""
    below, above = (_captions(row, runs, below=side) for side in (True, False))
    if not below and not above:
        return []
    if below and (not above or _distance(row, below) <= _distance(row, above)):
        return [figure + caption for figure, caption in zip(row, below, strict=True)]
    return [caption[::-1] + figure for figure, caption in zip(row, above, strict=True)]


def _captions(row: list[Statement], runs: Sequence[Run], *, below: bool) -> list[list[Run]]:
    """The caption of each figure, line by line away from it; none where a figure has none."""
    captions = [_caption(figure[0], runs, below=below) for figure in row]
    lines = {id(run) for caption in captions for run in caption}
    apart = len(lines) == sum(map(len, captions))
    return captions if apart and all(captions) else []


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
        if len(caption) == _LINES or not _goes_on(figure, caption, run):
            break
        caption.append(run)
    return caption


def _goes_on(figure: Run, caption: Sequence[Run], run: Run) -> bool:
    """Whether a run is a caption's next line, away from its figure."""
    if is_figure(run.text) or not any(map(str.isalpha, run.text)):
        return False
    if caption:
        last = caption[-1]
        same = abs(run.size - last.size) < 0.08 * last.size and run.bold == last.bold
        return same and abs(run.baseline - last.baseline) < _LEADING * run.size
    near = _gap(figure, run) < max(1.5 * run.size, 0.4 * figure.size)
    return near and run.size <= _SMALLER * figure.size


def _gap(figure: Run, run: Run) -> float:
    """The free height between a figure and a line below or above it."""
    return max(figure.box[1] - run.box[3], run.box[1] - figure.box[3])


def _distance(row: Sequence[Statement], captions: Sequence[Sequence[Run]]) -> float:
    return sum(_gap(figure[0], caption[0]) for figure, caption in zip(row, captions, strict=True))
