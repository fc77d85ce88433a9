"""The figures that are measured, one per row of the table, with their targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure: its name, label and unit, whether less or more is better, and its target."""

    key: str
    label: str
    unit: str
    better: Literal["less", "more"] = "less"
    target: float | None = None


SPECS: tuple[Spec, ...] = (
    Spec("help", "`mehealth --help`, a new process", "s", target=0.3),
    Spec("cold", "first `ask`, a new process, index there", "s", target=4),
    Spec("cold_memory", "… its peak memory", "MB", target=900),
    Spec("warm_p50", "warm `ask`, prospectus, median", "ms", target=80),
    Spec("warm_p95", "… 95th percentile", "ms", target=160),
    Spec("large_p50", "warm `ask`, {passages:,} passages, median", "ms", target=80),
    Spec("large_p95", "… 95th percentile", "ms", target=160),
    Spec("large_memory", "… its peak memory", "MB", target=900),
    Spec("large_build_memory", "… peak memory while it is built", "MB", target=900),
    Spec("reingest", "`ingest` of {sheets:,} unchanged pages, a new process", "s", target=2),
    Spec("kills", "index whole after `ingest` was killed, {kills} times", "%", "more", 100),
    Spec("embed", "embedding, model loaded; stock: the model in torch, fp32", "passages/s", "more"),
    Spec("read_prospectus", "reading alone, prospectus, one process", "pages/s", "more"),
    Spec("read_filings", "reading alone, ten filings, one process", "pages/s", "more"),
    Spec("read_filings_two", "… as `ingest` reads, two processes", "pages/s", "more", 250),
    Spec("ingest_prospectus", "file to index, prospectus, a new process", "pages/s", "more"),
    Spec("ingest_memory", "… its peak memory", "MB", target=900),
    Spec("ingest_filings", "file to index, ten filings, a new process", "pages/s", "more"),
    Spec("ingest_filings_memory", "… its peak memory", "MB", target=900),
)


@dataclass(slots=True)
class Side:
    """One side of the table: its values by figure, and why others are missing."""

    values: dict[str, float] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)

    def cell(self, spec: Spec) -> str:
        """The value of a figure, or why it is missing."""
        if spec.key in self.values:
            return f"{number(self.values[spec.key])} {spec.unit}"
        return f"not measured: {self.gaps.get(spec.key, 'no counterpart')}"


def ratio(spec: Spec, ours: Side, stock: Side) -> float | None:
    """How many times better ours is; None if a side is missing or 0."""
    our_value, stock_value = ours.values.get(spec.key), stock.values.get(spec.key)
    if not our_value or not stock_value:
        return None
    return stock_value / our_value if spec.better == "less" else our_value / stock_value


def table(ours: Side, stock: Side, counts: Mapping[str, int], notes: Sequence[str]) -> str:
    """All figures as a Markdown table, with the notes below it.

    `counts` fills in the numbers in the labels.
    """
    rows = [("figure", "ours", "target", "stock", "ratio"), ("---",) * 5]
    for spec in SPECS:
        sign, times = "≤" if spec.better == "less" else "≥", ratio(spec, ours, stock)
        rows.append(
            (
                spec.label.format(**counts),
                ours.cell(spec),
                "" if spec.target is None else f"{sign} {spec.target:g} {spec.unit}",
                stock.cell(spec),
                "" if times is None else f"{number(times)}×",
            )
        )
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)]) + "\n"


def number(value: float) -> str:
    """A measured value to about three significant digits: 1,240, 62.1, 0.27."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
