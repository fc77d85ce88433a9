"""The plots of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt

import numpy as np

from mehealth_eval import labels
from mehealth_eval.figure import Figure
from mehealth_eval.figures import Group
from mehealth_eval.ranking import CUTS
from mehealth_eval.report import svg
from mehealth_eval.report.svg import Area, Axis
from mehealth_eval.stats import wilson
from mehealth_ui.markup import Html, join

HEIGHT = 300
_ROW = 30
_SHARES = svg.tenths(1)


def accuracy_by_kind(groups: Sequence[Group]) -> Html:
    """A row a kind: for each group the share that is right, with its interval."""
    kinds = labels.kinds(groups)
    height = len(kinds) * _ROW + 56
    area = Area(height, Axis(1, _SHARES, "share right"), Axis(1, (), ""), left=128)
    parts: list[str] = [area.axes()]
    for row, kind in enumerate(kinds):
        middle = area.above + (row + 0.5) * _ROW
        parts.append(svg.words(area.left - 8, middle + 4, kind, "label", "end"))
        for place, group in enumerate(groups):
            figure = group.figures.get(f"kinds.{kind}")
            y = middle + (place - (len(groups) - 1) / 2) * 11
            parts.append(_interval(area, y, figure, group, kind))
    return svg.picture(height, "Accuracy by kind of question, with 95 % intervals", parts)


def risk_coverage(
    groups: Sequence[Group], earlier: Mapping[str, Sequence[tuple[float, float]]]
) -> Html:
    """The share of wrong answers among the surest, as more of them are kept.

    `earlier` are another run's points of coverage and risk, by group: drawn with dashes.
    """
    now = {g.name: [(p.coverage, p.risk) for p in g.risk_coverage] for g in groups}
    risks = [risk for points in (*now.values(), *earlier.values()) for _, risk in points]
    top = max(0.2, ceil(max(risks, default=0) * 10) / 10)
    area = Area(
        HEIGHT,
        Axis(1, _SHARES, "questions answered (coverage)"),
        Axis(top, svg.tenths(top, 0.1 if top <= 0.5 else 0.2), "wrong among them (risk)"),
    )
    curves = [
        svg.curve([(area.at_x(c), area.at_y(r)) for c, r in points], f"{kind} group-{name}")
        for kind, run in (("line earlier", earlier), ("line", now))
        for name, points in run.items()
        if points and name in now
    ]
    return svg.picture(HEIGHT, "Risk against coverage", [area.axes(), *curves])


def calibration(groups: Sequence[Group]) -> Html:
    """How often answers of each confidence are right; on the diagonal it means what it says."""
    area = Area(HEIGHT, Axis(1, _SHARES, "confidence"), Axis(1, _SHARES, "share right"))
    diagonal = svg.line(area.at_x(0), area.at_y(0), area.at_x(1), area.at_y(1), "diagonal")
    marks = [_reliability(area, group) for group in groups]
    return svg.picture(HEIGHT, "Calibration of confidence", [area.axes(), diagonal, *marks])


def latency(groups: Sequence[Group]) -> Html:
    """The share of answers that are there within so many milliseconds."""
    longest = max((float(np.quantile(g.latencies, 0.99)) for g in groups if g.latencies), default=1)
    step = _step(longest * 1.1)
    top = step * ceil(longest * 1.1 / step)
    ticks = [(i * step, f"{i * step:g}") for i in range(round(top / step) + 1)]
    area = Area(HEIGHT, Axis(top, ticks, "milliseconds"), Axis(1, _SHARES, "share of answers"))
    parts: list[str] = [area.axes()]
    for group in groups:
        if group.latencies:
            parts += _cumulative(area, group)
    return svg.picture(HEIGHT, "Latency: share of answers within a time", parts)


def retrieval(groups: Sequence[Group]) -> Html:
    """How often a right page is among the first passages, over all documents."""
    ticks = [(k, str(k)) for k in CUTS]
    area = Area(
        HEIGHT,
        Axis(CUTS[-1] + 0.5, ticks, "passages"),
        Axis(1, _SHARES, "a right page among them"),
    )
    parts: list[str] = [area.axes()]
    for place, group in enumerate(groups):
        shift = (place - (len(groups) - 1) / 2) * 8
        parts += _success(area, group, shift)
    return svg.picture(HEIGHT, "Retrieval: a right page among the first passages", parts)


def _success(area: Area, group: Group, shift: float) -> list[str]:
    parts: list[str] = []
    for k in CUTS:
        figure = group.figures[f"retrieval.all_documents.success@{k}"]
        if figure.value is None or figure.low is None or figure.high is None:
            continue
        x = area.at_x(k) + shift
        told = f"{group.title}: {figure.hits} of {figure.n} in the first {k}"
        low, high = area.at_y(figure.low), area.at_y(figure.high)
        parts.append(svg.line(x, low, x, high, f"whisker {_style(group)}"))
        parts.append(svg.dot(x, area.at_y(figure.value), 4, f"mark {_style(group)}", told))
    return parts


def _cumulative(area: Area, group: Group) -> list[str]:
    count = len(group.latencies)
    points = [(t, (i + 1) / count) for i, t in enumerate(group.latencies) if t <= area.x.top]
    places = [(area.at_x(t), area.at_y(s)) for t, s in points]
    drawn: list[str] = [svg.curve(places, f"line {_style(group)}")]
    for share in (0.5, 0.95):
        time = float(np.quantile(group.latencies, share))
        told = f"{group.title}: {share:.0%} within {time:.1f} ms"
        drawn.append(svg.dot(area.at_x(time), area.at_y(share), 4, f"mark {_style(group)}", told))
    return drawn


def _interval(area: Area, y: float, figure: Figure | None, group: Group, kind: str) -> Html:
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return Html("")
    told = f"{kind}, {group.title}: {figure.hits} of {figure.n} right"
    style = _style(group)
    return join(
        [
            svg.line(area.at_x(figure.low), y, area.at_x(figure.high), y, f"whisker {style}"),
            svg.dot(area.at_x(figure.value), y, 4, f"mark {style}", told),
        ]
    )


def _reliability(area: Area, group: Group) -> Html:
    """A dot a bin, larger for more answers, with the interval of its share."""
    most, style = max((b.n for b in group.reliability), default=1), _style(group)
    parts: list[str] = []
    for b in group.reliability:
        low, high = wilson(round(b.right * b.n), b.n)
        x = area.at_x(b.confidence)
        told = f"confidence {b.confidence:.2f}: {b.right:.2f} of {b.n} right"
        parts.append(svg.line(x, area.at_y(low), x, area.at_y(high), f"whisker {style}"))
        parts.append(
            svg.dot(x, area.at_y(b.right), 2 + 5 * sqrt(b.n / most), f"mark {style}", told)
        )
    return join(parts)


def _style(group: Group) -> str:
    return f"group-{group.name}"


def _step(top: float) -> float:
    """A round distance of ticks that divides the axis into four to eight."""
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000):
        if top / step <= 8:
            return step
    return 10_000
