"""Validates the browser's messages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from mehealth_rag.errors import UsageError
from mehealth_rag.settings import Engine
from mehealth_rag.types import Answer
from mehealth_ui.limits import COMMENT_LENGTH, CONVERSATION_TURNS, HISTORY_TURNS

Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Coordinates = tuple[float, float, float, float]

REASONS = {
    "wrong": "A fact in it is wrong",
    "incomplete": "Something is missing",
    "page": "The page does not prove it",
    "missed": "The documents do hold it",
    "unasked": "It answers another question",
}
"""Reasons for a verdict "wrong": the stored word and the label."""


class Sent(BaseModel):
    """A message. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Ask(Sent):
    """A question with its conversation and documents; `index` made the answer before it."""

    id: Key
    question: Text
    history: list[tuple[Text, Text]] = []
    documents: list[Key] = []
    engine: Literal[""] | Engine = ""
    index: str = Field("", max_length=200)


class Mark(Sent):
    """A quote to mark on a page; the `active` one was clicked."""

    number: int = 1
    page: int
    quote: Text = ""
    boxes: list[Coordinates] = Field(default=[], max_length=200)
    url: Text | None = None
    active: bool = False


class Look(Sent):
    """A page to show, with the quotes that an answer takes from its document."""

    document: Key
    page: int = Field(1, ge=1)
    marks: list[Mark] = Field(default=[], max_length=50)
    near: bool = False


class Verdict(Sent):
    """A person's verdict on an answer."""

    verdict: Literal["right", "wrong"]
    reason: str = Field("", max_length=40)
    comment: str = Field("", max_length=COMMENT_LENGTH)
    document: str = Field("", max_length=200)
    page: str = Field("", max_length=40)


class Turn(Sent):
    """One turn as the browser keeps it."""

    id: Key
    question: Text
    documents: list[Key] = []
    answer: dict[str, Any]
    followups: list[Text] = []
    feedback: Verdict | None = None

    def read(self) -> Answer:
        """Return the answer. Raises UsageError."""
        return parse(Answer, self.answer)


class Conversation(Sent):
    """A conversation to show again or to export."""

    title: Annotated[str, StringConstraints(max_length=400)] = "Conversation"
    turns: list[Turn] = Field(default=[], max_length=CONVERSATION_TURNS)


class Export(Sent):
    """A conversation and its export format."""

    format: Literal["markdown", "json", "html"]
    conversation: Conversation


class Judged(Sent):
    """A verdict on a turn, with the turns before it."""

    turn: Turn
    history: list[tuple[Text, Text]] = Field(default=[], max_length=HISTORY_TURNS)
    feedback: Verdict
    key: str = Field("", max_length=200)
    """The browser's secret: only its holder may change the verdict."""

    @property
    def owner(self) -> str:
        """The browser's name in the store, which does not reveal the key."""
        return f"browser {hashlib.sha256(self.key.encode()).hexdigest()[:32]}"


T = TypeVar("T")


def parse(kind: type[T], value: object) -> T:
    """Return a value of this kind. Raises UsageError, which names the wrong part."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        where, why = first_problem(error.errors(), "the request")
        raise UsageError(f"{where}: {why.lower()}; reload the page") from error


def first_problem(errors: Sequence[Any], whole: str, *, skip: int = 0) -> tuple[str, str]:
    """Return where pydantic's first error is, and what is wrong; `whole` names the top level."""
    where = ".".join(map(str, errors[0]["loc"][skip:]))
    return where or whole, errors[0]["msg"]
