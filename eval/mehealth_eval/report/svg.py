"""Plots as inline SVG, drawn by hand: an area with two axes, and marks in its coordinates.

Colours come from the page's style by class, so that a plot follows its light and dark look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_ui.markup import Html, join, tag

WIDTH = 420
"""Units across: so few that the writing stays readable on a phone."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: from 0 to `top` in the values' unit, its ticks and what it is called."""

    top: float
    ticks: Sequence[tuple[float, str]]
    title: str


@dataclass(frozen=True, slots=True)
class Area:
    """Where values are drawn: the margins around it, and the two axes."""

    height: float
    x: Axis
    y: Axis
    left: float = 46
    right: float = 14
    above: float = 12
    below: float = 44

    def at_x(self, value: float) -> float:
        """The place of a value across, kept inside."""
        inner = WIDTH - self.left - self.right
        return self.left + inner * min(max(value / self.x.top, 0), 1)

    def at_y(self, value: float) -> float:
        """The place of a value from the top, kept inside."""
        inner = self.height - self.above - self.below
        return self.above + inner * (1 - min(max(value / self.y.top, 0), 1))

    def axes(self) -> Html:
        """Grid, ticks and titles of both axes."""
        foot, right = self.height - self.below, WIDTH - self.right
        across = (self.left + right) / 2
        down = (self.above + foot) / 2
        return join(
            [
                *(self._x_tick(value, label) for value, label in self.x.ticks),
                *(self._y_tick(value, label) for value, label in self.y.ticks),
                line(self.left, foot, right, foot, "axis"),
                words(across, self.height - 6, self.x.title, "title", "middle"),
                tag(
                    "text",
                    self.y.title,
                    class_="title",
                    text_anchor="middle",
                    transform=f"translate(12 {down:.1f}) rotate(-90)",
                ),
            ]
        )

    def _x_tick(self, value: float, label: str) -> Html:
        x, foot = self.at_x(value), self.height - self.below
        return join(
            [line(x, self.above, x, foot, "grid"), words(x, foot + 16, label, "tick", "middle")]
        )

    def _y_tick(self, value: float, label: str) -> Html:
        y = self.at_y(value)
        return join(
            [
                line(self.left, y, WIDTH - self.right, y, "grid"),
                words(self.left - 6, y + 4, label, "tick", "end"),
            ]
        )


def picture(height: float, told: str, parts: Sequence[str]) -> Html:
    """A plot; `told` says in words what it shows to who cannot see it."""
    return tag(
        "svg",
        tag("title", told),
        *parts,
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        class_="plot",
    )


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Html:
    """A straight line."""
    return tag("line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), class_=style)


def curve(points: Sequence[tuple[float, float]], style: str) -> Html:
    """A line through points."""
    return tag("polyline", points=" ".join(f"{_n(x)},{_n(y)}" for x, y in points), class_=style)


def dot(x: float, y: float, radius: float, style: str, told: str) -> Html:
    """A dot; `told` appears where the pointer rests on it."""
    return tag("circle", tag("title", told), cx=_n(x), cy=_n(y), r=_n(radius), class_=style)


def words(x: float, y: float, text: str, style: str, anchor: str) -> Html:
    """A line of writing; `anchor` is start, middle or end."""
    return tag("text", text, x=_n(x), y=_n(y), class_=style, text_anchor=anchor)


def tenths(top: float, step: float = 0.2) -> list[tuple[float, str]]:
    """Ticks from 0 to `top` of a share."""
    count = round(top / step)
    return [(i * step, f"{i * step:.2g}") for i in range(count + 1)]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
