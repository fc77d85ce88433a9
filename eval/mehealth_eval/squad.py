"""SQuAD-style questions: a question, its document and page, and the words that answer it.

One JSON object a line: `id, question, answerable, document, page | pages, answers | answer`.
`answers` are spans of the document, any of which is right; `answer` is a person's own wording,
which is shown and not searched for, so that such a question is judged by its page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from mehealth_eval.questions import Row, Text, load_rows


class SquadQuestion(Row):
    """One question. Unknown keys are ignored: such sets carry many."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: Text
    answerable: bool = True
    document: str | None = None
    page: Annotated[int, Field(ge=1)] | None = None
    pages: tuple[Annotated[int, Field(ge=1)], ...] = ()
    answers: tuple[Text, ...] = ()
    answer: str | None = None

    @property
    def gold_pages(self) -> tuple[int, ...]:
        """The pages that answer, counted from 1."""
        return self.pages or (() if self.page is None else (self.page,))

    @model_validator(mode="after")
    def _evidence_fits(self) -> Self:
        if self.answerable and not self.answers and not self.gold_pages:
            raise ValueError("an answerable question needs answers or pages to be judged by")
        if self.answerable and self.gold_pages and self.document is None:
            raise ValueError("pages need the document that they belong to")
        return self


def load_squad(path: Path) -> list[SquadQuestion]:
    """Read a file of SQuAD-style questions; empty lines are skipped.

    Raises:
        QuestionFileError: the file cannot be read, or a line is wrong or repeats an id.
    """
    return load_rows(path, SquadQuestion, "SquadQuestion in eval/mehealth_eval/squad.py")
