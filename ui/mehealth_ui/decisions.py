"""What reviewers decide on the sentences of a draft: kept in SQLite beside the feedback."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from mehealth_rag.errors import UsageError
from mehealth_ui.database import Database
from mehealth_ui.limits import COMMENT_LENGTH, DECISIONS_STORE_BYTES
from mehealth_ui.wire import Sent

FILE = "decisions.sqlite"
_SCHEMA = """
create table if not exists decisions (
    draft text not null, start integer not null, sentence text not null, verdict text not null,
    decision text not null, note text not null, visitor text not null, at real not null,
    primary key (draft, start))
"""
_WRITE = """
insert into decisions values (?, ?, ?, ?, ?, ?, ?, ?)
on conflict (draft, start) do update set sentence = excluded.sentence,
    verdict = excluded.verdict, decision = excluded.decision, note = excluded.note,
    visitor = excluded.visitor, at = excluded.at
"""
_READ = """
select draft, start, sentence, verdict, decision, note, visitor as who, at as "when" from decisions
"""
_TAKE_BACK = "delete from decisions where draft = ? and start = ?"

Hash = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the draft's text, in hex")


class DecisionSent(Sent):
    """What a reviewer decides on one sentence; without decision and note it is taken back."""

    draft: str = Hash
    start: int = Field(ge=0, description="where the sentence starts in the draft's text")
    sentence: str = Field(max_length=20_000)
    verdict: Literal["supported", "contradicted", "not_found", "not_checked"]
    decision: Literal["accept", "change", "reject", ""] = ""
    note: str = Field("", max_length=COMMENT_LENGTH)


class Decision(DecisionSent):
    """A decision as kept: `who` is empty where nobody signs in, `when` in seconds since 1970."""

    who: str
    when: float


@dataclass(frozen=True, slots=True)
class DecisionStore:
    """The store of one index folder. Opens its file for each call: many processes may write."""

    path: Path

    @classmethod
    def beside(cls, index: Path) -> DecisionStore:
        """The store that belongs to an index folder."""
        return cls(index / FILE)

    def save(self, sent: DecisionSent, visitor: str) -> Decision:
        """Keep a decision; it takes the place of an earlier one on the same sentence.

        Raises:
            UsageError: there are too many.
            IndexStateError: the file cannot be written.
        """
        kept = Decision(**sent.model_dump(), who=visitor, when=time.time())
        row = (
            *(kept.draft, kept.start, kept.sentence, kept.verdict),
            *(kept.decision, kept.note, kept.who, kept.when),
        )
        with self._database.opened() as database:
            if self.path.stat().st_size > DECISIONS_STORE_BYTES:
                raise UsageError(
                    f"no more decisions are taken ({FILE} is full); tell whoever runs this page"
                )
            if kept.decision or kept.note:
                database.execute(_WRITE, row)
            else:
                database.execute(_TAKE_BACK, row[:2])
        return kept

    def of_draft(self, draft: str) -> list[Decision]:
        """The decisions on the sentences of a draft, in its order."""
        return self._rows("where draft = ? order by start", draft)

    def of(self, name: str) -> list[dict[str, Any]]:
        """The decisions that a person made, the oldest first."""
        return [d.model_dump() for d in self._rows("where visitor = ? order by at", name)]

    def forget(self, name: str) -> int:
        """Delete the decisions of a person; returns how many there were."""
        return self._database.delete("delete from decisions where visitor = ?", name)

    def forget_before(self, at: float) -> int:
        """Delete the decisions from before a moment (seconds since 1970); returns how many."""
        return self._database.delete("delete from decisions where at < ?", at)

    def _rows(self, which: str, value: str) -> list[Decision]:
        return [Decision.model_validate(row) for row in self._database.rows(_READ + which, value)]

    @property
    def _database(self) -> Database:
        return Database(self.path, _SCHEMA, "decisions")
