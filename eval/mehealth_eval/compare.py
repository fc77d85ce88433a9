"""Compares two runs question by question: what was mended, what broke, and whether by chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import AliasPath, BaseModel, Field, ValidationError

from mehealth_eval import stats
from mehealth_eval.records import Record
from mehealth_rag.errors import UsageError

SCHEMA = 1


class Change(StrEnum):
    """How a question's result changed between two runs."""

    MENDED = "mended"
    BROKEN = "broken"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Compared:
    """One question in both runs; its texts are None if they are hidden (reporting half)."""

    id: str
    group: str
    kind: str
    change: Change
    right: bool
    question: str | None
    before: str | None
    after: str | None

    @property
    def reworded(self) -> bool:
        """True if the answer changed while staying right or staying wrong."""
        return self.change is Change.SAME and self.before not in (None, self.after)


@dataclass(frozen=True, slots=True)
class GroupChange:
    """How many questions of a group were mended and broken, with McNemar's exact p-value."""

    group: str
    both: int
    mended: int
    broken: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side; `only_now` and `only_before` count the questions of just one run.

    `curves` holds the earlier run's risk-coverage points, by group.
    """

    earlier: str
    made: str
    groups: tuple[GroupChange, ...]
    questions: tuple[Compared, ...]
    only_now: int
    only_before: int
    curves: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


class _EarlierRecord(BaseModel):
    id: str
    right: bool = Field(validation_alias=AliasPath("verdict", "right"))
    text: str | None = Field(None, validation_alias=AliasPath("reply", "text"))


class _EarlierGroup(BaseModel):
    risk_coverage: tuple[stats.Kept, ...] = ()


class Earlier(BaseModel):
    """What is read of an earlier run's report; other keys are ignored."""

    engine: str
    made: str
    sha256: str = Field(validation_alias=AliasPath("set", "sha256"))
    records: list[_EarlierRecord]
    groups: dict[str, _EarlierGroup] = Field(default_factory=dict)


def load_earlier(path: Path) -> Earlier:
    """Read the `report.json` of an earlier run. Raises UsageError if it is not one."""
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check --compare") from error
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON; --compare takes an earlier report.json") from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise UsageError(f"{path}: is no report of schema {SCHEMA}; make it anew: mehealth eval")
    try:
        return Earlier.model_validate(value)
    except ValidationError as error:
        where = ".".join(str(p) for p in error.errors()[0]["loc"])
        raise UsageError(f"{path}: is no report ({where}); make it anew: mehealth eval") from error


def compare(earlier: Earlier, records: Sequence[Record], hidden: frozenset[str]) -> Comparison:
    """Compare a run with an earlier one; the texts of `hidden` groups are left out."""
    before = {r.id: r for r in earlier.records}
    both = [r for r in records if r.item.id in before]
    questions = tuple(_compared(before[r.item.id], r, hidden) for r in both)
    groups = dict.fromkeys(q.group for q in questions)
    return Comparison(
        earlier=earlier.engine,
        made=earlier.made,
        groups=tuple(_group_change(g, questions) for g in groups),
        questions=questions,
        only_now=len(records) - len(both),
        only_before=len(before.keys() - {r.item.id for r in records}),
        curves={
            name: tuple((p.coverage, p.risk) for p in group.risk_coverage)
            for name, group in earlier.groups.items()
        },
    )


def _compared(before: _EarlierRecord, now: Record, hidden: frozenset[str]) -> Compared:
    was, is_ = before.right, now.verdict.right
    change = Change.SAME if was == is_ else Change.MENDED if is_ else Change.BROKEN
    shown = now.item.group not in hidden
    return Compared(
        id=now.item.id,
        group=now.item.group,
        kind=now.item.kind,
        change=change,
        right=is_,
        question=now.item.question if shown else None,
        before=before.text if shown else None,
        after=now.reply.text if shown else None,
    )


def _group_change(group: str, questions: Sequence[Compared]) -> GroupChange:
    inside = [q for q in questions if q.group == group]
    mended, broken = (sum(q.change is c for q in inside) for c in (Change.MENDED, Change.BROKEN))
    return GroupChange(group, len(inside), mended, broken, stats.mcnemar(mended, broken))
