"""The reviewers' decisions on the sentences of drafts."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Literal

from pydantic import Field
from sqlalchemy import Column, Double, Integer, MetaData, Table, delete, select

from mehealth_ui.limits import COMMENT_LENGTH, DECISIONS_STORE_BYTES
from mehealth_ui.messages import Sent
from mehealth_ui.people.database import Store, Words

_TABLE = Table(
    "decisions",
    MetaData(),
    Column("draft", Words, primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("sentence", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("decision", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("visitor", Words, nullable=False),
    Column("at", Double, nullable=False),
)
_KEY = ("draft", "start")
_YEAR_10000 = 253_402_300_800
"""The Unix time from which Python has no date."""

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
    when: float = Field(ge=0, lt=_YEAR_10000)


class DecisionStore(Store):
    """The decisions over one corpus."""

    FILE: ClassVar[str] = "decisions.sqlite"
    TABLE: ClassVar[Table] = _TABLE
    WHAT: ClassVar[str] = "decisions"

    def save(self, sent: DecisionSent, visitor: str) -> Decision:
        """Save a decision in place of an earlier one on the same sentence.

        An empty one deletes it. Raises UsageError if the store is full.
        """
        now = time.time()
        row = sent.model_dump() | {"visitor": visitor, "at": now}
        changed = {name: value for name, value in row.items() if name not in _KEY}
        with self._opened() as database:
            self._check_room(database, DECISIONS_STORE_BYTES, "decisions")
            if sent.decision or sent.note:
                write = self._insert(database).values(row)
                database.execute(write.on_conflict_do_update(index_elements=_KEY, set_=changed))
            else:
                same = (_TABLE.c.draft == sent.draft, _TABLE.c.start == sent.start)
                database.execute(delete(_TABLE).where(*same))
        return Decision(**sent.model_dump(), who=visitor, when=now)

    def of_draft(self, draft: str) -> list[Decision]:
        """Return the decisions on a draft, in the order of its sentences."""
        rows = self._rows(select(_TABLE).where(_TABLE.c.draft == draft).order_by(_TABLE.c.start))
        return [_decision(row) for row in rows]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return a person's decisions, oldest first."""
        rows = self._rows(select(_TABLE).where(self._is_of(name)).order_by(_TABLE.c.at))
        return [_decision(row).model_dump() for row in rows]


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(**{"who": row.pop("visitor"), "when": row.pop("at"), **row})
