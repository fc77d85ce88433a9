"""What is measured: one row of the table a figure, with its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure by name: what it is, its unit, which way it improves, what it is to be."""

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
    """One side of the table: the values measured by figure, and why the others are missing."""

    values: dict[str, float] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)

    def cell(self, spec: Spec) -> str:
        """The value of a figure, or why there is none."""
        if spec.key in self.values:
            return f"{number(self.values[spec.key])} {spec.unit}"
        return f"not measured: {self.gaps.get(spec.key, 'no counterpart')}"


def ratio(spec: Spec, ours: Side, stock: Side) -> float | None:
    """How many times better ours is; None where one side is missing or nought."""
    own, other = ours.values.get(spec.key), stock.values.get(spec.key)
    if not own or not other:
        return None
    return other / own if spec.better == "less" else own / other


def table(ours: Side, stock: Side, counts: Mapping[str, int], notes: Sequence[str]) -> str:
    """All figures as a Markdown table, the notes under it.

    `counts` fills in the numbers that the labels name.
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
    """A measured value with the three digits that mean something: 1,240, 62.1, 0.27."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
