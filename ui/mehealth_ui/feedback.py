"""What people say of answers: kept in SQLite beside the index, handed out as evaluation questions.

`python -m mehealth_ui.feedback OUTPUT` writes JSON Lines in the batch format, the right page added.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Settings
from mehealth_ui.database import Database
from mehealth_ui.limits import FEEDBACK_BYTES, FEEDBACK_STORE_BYTES
from mehealth_ui.wire import Judged

FILE = "feedback.sqlite"
_SCHEMA = """
create table if not exists feedback (
    id text primary key, at real not null, visitor text not null, index_id text not null,
    question text not null, history text not null, documents text not null,
    verdict text not null, reason text not null, comment text not null,
    document text not null, page integer, answer text not null)
"""
_WRITE = """
insert into feedback values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (id) do update set at = excluded.at, verdict = excluded.verdict,
    reason = excluded.reason, comment = excluded.comment,
    document = excluded.document, page = excluded.page
    where feedback.visitor = excluded.visitor
"""
_READ = """
select id, question, history, documents, verdict, reason, comment, document, page, answer
from feedback order by at, id
"""
_READ_OF = """
select id, at, question, history, documents, verdict, reason, comment, document, page, answer
from feedback where visitor = ? order by at, id
"""
_JSON_COLUMNS = ("history", "documents", "answer")


@dataclass(frozen=True, slots=True)
class Place:
    """The page that a person says is right, as counted from 1; no page where none was named."""

    document: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class FeedbackStore:
    """The store of one index folder. Opens its file for each call: many processes may write."""

    path: Path

    @classmethod
    def beside(cls, index: Path) -> FeedbackStore:
        """The store that belongs to an index folder."""
        return cls(index / FILE)

    def save(self, judged: Judged, place: Place, visitor: str = "") -> None:
        """Keep a verdict. A second one of the same visitor takes the place of the first.

        Raises:
            UsageError: it is too large, or another visitor's, or there are too many.
            IndexStateError: the file cannot be written.
        """
        turn, said = judged.turn, judged.feedback
        row = (
            turn.id,
            time.time(),
            visitor,
            str(turn.answer.get("index", "")),
            turn.question,
            json.dumps(judged.history, ensure_ascii=False),
            json.dumps(turn.documents, ensure_ascii=False),
            said.verdict,
            said.reason,
            said.comment,
            place.document,
            place.page,
            json.dumps(turn.answer, ensure_ascii=False),
        )
        if sum(len(str(value).encode("utf-8", "replace")) for value in row) > FEEDBACK_BYTES:
            raise UsageError(f"this is over {FEEDBACK_BYTES:,} bytes; say it in fewer words")
        with self._database.opened() as database:
            if self.path.stat().st_size > FEEDBACK_STORE_BYTES:
                raise UsageError(
                    f"no more verdicts are taken ({FILE} is full); tell whoever runs this page"
                )
            if database.execute(_WRITE, row).rowcount == 0:
                raise UsageError("another visitor has judged this answer; ask the question again")

    def rows(self) -> list[dict[str, Any]]:
        """Every verdict as an evaluation question: the batch format and what was said."""
        return [_question(*row.values()) for row in self._database.rows(_READ)]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The verdicts that a person gave, with the question and the answer; the oldest first."""
        rows = self._database.rows(_READ_OF, name)
        return [row | {c: json.loads(row[c]) for c in _JSON_COLUMNS} for row in rows]

    def forget(self, name: str) -> int:
        """Delete the verdicts of a person; returns how many there were."""
        return self._database.delete("delete from feedback where visitor = ?", name)

    def forget_before(self, at: float) -> int:
        """Delete the verdicts from before a moment (seconds since 1970); returns how many."""
        return self._database.delete("delete from feedback where at < ?", at)

    @property
    def _database(self) -> Database:
        return Database(self.path, _SCHEMA, "feedback")


def _question(*row: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of SQLite
    key, question, history, documents, verdict, reason, comment, document, page, answer = row
    given = json.loads(answer)
    pages = [page] if page is not None else []
    if verdict == "right":
        pages = sorted({c["page"] for c in given.get("citations", [])})
        document = next((c["document"] for c in given.get("citations", [])), "")
    return {
        "id": f"feedback-{key}",
        "question": question,
        "history": json.loads(history),
        "documents": json.loads(documents),
        "verdict": verdict,
        "reason": reason,
        "comment": comment,
        "document": document,
        "pages": pages,
        "answerable": bool(pages) or reason == "missed" or given.get("status") == "answered",
        "answer": given.get("answer", ""),
    }


def write_questions(store: FeedbackStore, output: Path) -> int:
    """Write the verdicts as JSON Lines; returns how many."""
    rows = store.rows()
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    output.write_text(lines, encoding="utf-8")
    return len(rows)


def main() -> int:
    """`python -m mehealth_ui.feedback OUTPUT [--corpus DIR] [--index DIR]`."""
    parser = argparse.ArgumentParser(prog="python -m mehealth_ui.feedback", description=__doc__)
    parser.add_argument("output", type=Path, help="JSON Lines file to write")
    parser.add_argument("--corpus", type=Path, help="folder with the documents")
    parser.add_argument("--index", type=Path, help="folder of the index")
    given = parser.parse_args()
    try:
        settings = Settings.load({"corpus": given.corpus, "index": given.index})
        written = write_questions(FeedbackStore.beside(settings.index), given.output)
    except (MehealthError, OSError) as error:
        print(f"ui.feedback: {error}", file=sys.stderr)
        return 2
    print(f"{written} questions written to {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
