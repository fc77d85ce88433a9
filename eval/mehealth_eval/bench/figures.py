"""What is measured: one row of the table a figure, with its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Better = Literal["less", "more"]
"""Which way a figure improves."""

NO_COUNTERPART = "no counterpart"


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure by name: what it is, its unit, which way it improves, what it is to be."""

    key: str
    label: str
    unit: str
    better: Better = "less"
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

    def leave_out(self, keys: tuple[str, ...], reason: str) -> None:
        """Say why some figures are not measured."""
        self.gaps.update(dict.fromkeys(keys, reason))


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: both sides, None with a reason where there is no value."""

    spec: Spec
    label: str
    ours: float | None
    stock: float | None
    ours_gap: str = ""
    stock_gap: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; None where one side is missing or nought."""
        if not self.ours or not self.stock:
            return None
        return self.stock / self.ours if self.spec.better == "less" else self.ours / self.stock

    @property
    def met(self) -> bool | None:
        """Whether ours meets its target; None without the one or the other."""
        if self.ours is None or self.spec.target is None:
            return None
        if self.spec.better == "less":
            return self.ours <= self.spec.target
        return self.ours >= self.spec.target

    def as_json(self) -> dict[str, object]:
        """The figure as JSON holds it."""
        return {
            "key": self.spec.key,
            "label": self.label.replace("`", ""),
            "unit": self.spec.unit,
            "better": self.spec.better,
            "target": self.spec.target,
            "met": self.met,
            "ours": _rounded(self.ours),
            "stock": _rounded(self.stock),
            "ratio": _rounded(self.ratio),
            "ours_not_measured": self.ours_gap or None,
            "stock_not_measured": self.stock_gap or None,
        }


def figures(ours: Side, stock: Side, counts: Mapping[str, int]) -> tuple[Figure, ...]:
    """All rows in their order; `counts` fills in the numbers that the labels name."""
    return tuple(_figure(spec, ours, stock, counts) for spec in SPECS)


def _figure(spec: Spec, ours: Side, stock: Side, counts: Mapping[str, int]) -> Figure:
    own, other = ours.values.get(spec.key), stock.values.get(spec.key)
    return Figure(
        spec=spec,
        label=spec.label.format(**counts),
        ours=own,
        stock=other,
        ours_gap="" if own is not None else ours.gaps.get(spec.key, "nothing was returned"),
        stock_gap="" if other is not None else stock.gaps.get(spec.key, NO_COUNTERPART),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
