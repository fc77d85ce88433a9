"""The models of an evaluation question, and the loader of question files (JSON Lines)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from mehealth_rag.errors import UsageError

Split = Literal["dev", "test"]

Kind = Literal[
    "figure", "person", "place-date", "list", "definition", "why-how", "yes-no", "link",
    "follow-up", "false-premise", "comparison", "general", "near-miss", "later-event",
    "other-topic", "instruction", "personal-advice",
]  # fmt: skip

UNANSWERABLE_KINDS: frozenset[Kind] = frozenset(
    {"near-miss", "later-event", "other-topic", "instruction", "personal-advice"}
)
"""Kinds that the document does not answer; of the others, only follow-ups may be unanswerable."""

Text = Annotated[str, Field(min_length=1)]
Forms = Annotated[tuple[Text, ...], Field(min_length=1)]


class QuestionFileError(UsageError):
    """A question file is unusable; the message is one line: where, what, and what to do."""


class Row(BaseModel):
    """A line of a question file; every line has an id."""

    id: Text | int


R = TypeVar("R", bound=Row)
T = TypeVar("T")


class Question(Row):
    """A question, and what a right answer to it must and must not contain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    split: Split
    kind: Kind
    question: Text
    history: tuple[tuple[str, str], ...] = ()
    """Earlier turns of the conversation: question and answer."""
    answerable: bool
    facts: tuple[Forms, ...]
    """Required facts, each as its accepted forms: an answer contains one form of each."""
    min_facts: Annotated[int, Field(ge=1)] | None = None
    """How many facts are enough; all by default."""
    forbidden: tuple[Text, ...] = ()
    """Forms that are easily confused with the answer; a right answer contains none."""
    document: Text | None = None
    """The document that `pages` belong to; the first of the corpus by default."""
    pages: tuple[Annotated[int, Field(ge=1)], ...]
    """All pages, from 1, that support the answer or a part of it."""
    quote: Text | None = None
    """Words from one of the pages, with white space normalised."""
    conflict: bool = False
    """The document contradicts itself; the facts hold each of the values."""
    note: str | None = None

    @property
    def facts_needed(self) -> int:
        """The number of facts that an answer must contain."""
        return len(self.facts) if self.min_facts is None else self.min_facts

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Reject evidence, kinds, counts and turns that do not go together."""
        evidence = (bool(self.facts), bool(self.pages), self.quote is not None)
        may_be_unanswerable = self.kind in UNANSWERABLE_KINDS | {"follow-up"}
        for message, fault in (
            ("an answerable question needs facts, pages and a quote",
             self.answerable and not all(evidence)),
            ("an unanswerable question has no facts, pages, quote or forbidden",
             not self.answerable and (any(evidence) or self.forbidden)),
            (f"kind {self.kind} is for unanswerable questions",
             self.answerable and self.kind in UNANSWERABLE_KINDS),
            (f"kind {self.kind} is for answerable questions",
             not self.answerable and not may_be_unanswerable),
            ("min_facts is larger than the number of facts", self.facts_needed > len(self.facts)),
            ("follow-ups, and only they, have a history",
             (self.kind == "follow-up") != bool(self.history)),
        ):  # fmt: skip
            if fault:
                raise ValueError(message)
        return self


class SquadQuestion(Row):
    """A SQuAD-style question: its document and page, and the words that answer it.

    `answers` are spans of the document, any of which is right. `answer` is a person's own wording:
    it is shown but not searched for, so a question with nothing else is judged by its page. Unknown
    keys are ignored, as such sets have many.
    """

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
        """The pages that answer, from 1."""
        return self.pages or (() if self.page is None else (self.page,))

    @model_validator(mode="after")
    def _evidence_fits(self) -> Self:
        if self.answerable and not self.answers and not self.gold_pages:
            raise ValueError("an answerable question needs answers or pages to be judged by")
        if self.answerable and self.gold_pages and self.document is None:
            raise ValueError("pages need the document that they belong to")
        return self


def load_questions(path: Path | str) -> list[Question]:
    """Read a question file with one JSON object per line; empty lines are skipped.

    Raises:
        QuestionFileError: the file cannot be read, or a line is invalid or repeats an id.
    """
    return load_rows(Path(path), Question, "Question in eval/mehealth_eval/questions.py")


def load_rows(path: Path, model: type[R], fields: str) -> list[R]:
    """Read rows of any model with an id; `fields` says where the model is described.

    Raises:
        QuestionFileError: the file cannot be read, or a line is invalid or repeats an id.
    """
    adapter, rows = TypeAdapter(model), list[R]()
    first_lines: dict[str, int] = {}
    for number, line in question_lines(path):
        row = parse_line(line, f"{path}:{number}", adapter, fields)
        key = str(row.id)
        if key in first_lines:
            raise QuestionFileError(
                f"{path}:{number}: id {key} stands on line {first_lines[key]} "
                "already; give this one an id of its own"
            )
        first_lines[key] = number
        rows.append(row)
    return rows


def question_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not empty, with their numbers.

    Raises:
        QuestionFileError: the file cannot be read or is not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise QuestionFileError(
            f"{path}: cannot be read ({reason}); check the path of the question file"
        ) from error
    except UnicodeDecodeError as error:
        raise QuestionFileError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def parse_line(line: str, where: str, model: TypeAdapter[T], fields: str = "") -> T:
    """Parse one line; `fields` says where its fields are described.

    Raises:
        QuestionFileError: the line is invalid; names the place, the field and the fault.
    """
    try:
        return model.validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        problem = f"{field}: {fault['msg']}" if field else fault["msg"]
        more = f" (fields: see {fields})" if fields else ""
        raise QuestionFileError(f"{where}: {problem}; correct this line{more}") from error
