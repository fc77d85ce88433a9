"""People's verdicts on answers, exported as evaluation questions.

`python -m mehealth_ui.people.feedback OUTPUT` writes JSON Lines in the batch format, with the right
page added.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, Double, Integer, MetaData, Table, select

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Settings
from mehealth_ui.limits import FEEDBACK_BYTES, FEEDBACK_STORE_BYTES
from mehealth_ui.messages import Judged
from mehealth_ui.people.database import Store, Words

_TABLE = Table(
    "feedback",
    MetaData(),
    Column("id", Words, primary_key=True),
    Column("at", Double, nullable=False),
    Column("visitor", Words, nullable=False),
    Column("index_id", Words, nullable=False),
    Column("question", Words, nullable=False),
    Column("history", Words, nullable=False),
    Column("documents", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("comment", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column("page", Integer),
    Column("answer", Words, nullable=False),
)
_CHANGED = ("at", "verdict", "reason", "comment", "document", "page")
"""The columns that a visitor's second verdict changes."""

_HIDDEN = ("visitor", "index_id")
_JSON_COLUMNS = ("history", "documents", "answer")


@dataclass(frozen=True, slots=True)
class Place:
    """The page that a person calls right, counted from 1; None if none was named."""

    document: str = ""
    page: int | None = None


class FeedbackStore(Store):
    """The verdicts over one corpus."""

    FILE: ClassVar[str] = "feedback.sqlite"
    TABLE: ClassVar[Table] = _TABLE
    WHAT: ClassVar[str] = "feedback"

    def save(self, judged: Judged, place: Place, visitor: str = "") -> None:
        """Save a verdict in place of the visitor's first one.

        Raises UsageError if it is too large, another visitor has judged, or the store is full.
        """
        turn, verdict = judged.turn, judged.feedback
        row = {
            "id": turn.id,
            "at": time.time(),
            "visitor": visitor,
            "index_id": str(turn.answer.get("index", "")),
            "question": turn.question,
            "history": json.dumps(judged.history, ensure_ascii=False),
            "documents": json.dumps(turn.documents, ensure_ascii=False),
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "comment": verdict.comment,
            "document": place.document,
            "page": place.page,
            "answer": json.dumps(turn.answer, ensure_ascii=False),
        }
        if sum(len(str(v).encode("utf-8", "replace")) for v in row.values()) > FEEDBACK_BYTES:
            raise UsageError(f"this is over {FEEDBACK_BYTES:,} bytes; say it in fewer words")
        with self._opened() as database:
            self._check_room(database, FEEDBACK_STORE_BYTES, "verdicts")
            write = self._insert(database).values(row)
            write = write.on_conflict_do_update(
                index_elements=["id"],
                set_={name: row[name] for name in _CHANGED},
                where=_TABLE.c.visitor == visitor,
            ).execution_options(preserve_rowcount=True)
            if database.execute(write).rowcount == 0:
                raise UsageError("another visitor has judged this answer; ask the question again")

    def rows(self) -> list[dict[str, Any]]:
        """Return every verdict as an evaluation question."""
        return [_question(row) for row in self._read()]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return a person's verdicts with questions and answers, oldest first."""
        return self._read(self._is_of(name))

    def _read(self, *which: ColumnElement[bool]) -> list[dict[str, Any]]:
        columns = [column for column in _TABLE.c if column.name not in _HIDDEN]
        ordered = select(*columns).where(*which).order_by(_TABLE.c.at, _TABLE.c.id)
        return [
            row | {name: json.loads(row[name]) for name in _JSON_COLUMNS}
            for row in self._rows(ordered)
        ]


def _question(row: dict[str, Any]) -> dict[str, Any]:
    answer, document = row["answer"], row["document"]
    citations = answer.get("citations", [])
    pages = [row["page"]] if row["page"] is not None else []
    if row["verdict"] == "right":
        pages = sorted({c["page"] for c in citations})
        document = citations[0]["document"] if citations else ""
    missed = row["reason"] == "missed"
    return {
        "id": f"feedback-{row['id']}",
        **{k: row[k] for k in ("question", "history", "documents", "verdict", "reason", "comment")},
        "document": document,
        "pages": pages,
        "answerable": bool(pages) or missed or answer.get("status") == "answered",
        "answer": answer.get("answer", ""),
    }


def write_questions(store: FeedbackStore, output: Path) -> int:
    """Write the verdicts as JSON Lines, and return their number."""
    rows = store.rows()
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    output.write_text(lines, encoding="utf-8")
    return len(rows)


def main() -> int:
    """`python -m mehealth_ui.people.feedback OUTPUT [--corpus DIR] [--index DIR]`."""
    parser = argparse.ArgumentParser(
        prog="python -m mehealth_ui.people.feedback", description=__doc__
    )
    parser.add_argument("output", type=Path, help="JSON Lines file to write")
    parser.add_argument("--corpus", type=Path, help="folder with the documents")
    parser.add_argument("--index", type=Path, help="folder of the index")
    arguments = parser.parse_args()
    try:
        settings = Settings.load({"corpus": arguments.corpus, "index": arguments.index})
        written = write_questions(FeedbackStore.from_settings(settings), arguments.output)
    except (MehealthError, OSError) as error:
        print(f"ui.feedback: {error}", file=sys.stderr)
        return 2
    print(f"{written} questions written to {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
