"""What the browser sends: checked here, plain values afterwards."""

from __future__ import annotations

import hashlib
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
"""What can be wrong with an answer, as stored and as shown."""


class Sent(BaseModel):
    """Something that a browser or a program sent. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Ask(Sent):
    """A question with its thread, and the documents that it is about.

    `index` is the one that the answer before it was made from.
    """

    id: Key
    question: Text
    history: list[tuple[Text, Text]] = []
    documents: list[Key] = []
    engine: Literal[""] | Engine = ""
    index: str = Field("", max_length=200)


class Mark(Sent):
    """A quote to be marked on a page; `active` is the one that was clicked."""

    number: int = 1
    page: int
    quote: Text = ""
    boxes: list[Coordinates] = Field(default=[], max_length=200)
    url: Text | None = None
    active: bool = False


class Look(Sent):
    """A page to be shown, with the quotes that an answer takes from the document."""

    document: Key
    page: int = Field(1, ge=1)
    marks: list[Mark] = Field(default=[], max_length=50)
    near: bool = False


class Verdict(Sent):
    """What a person says of an answer."""

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
        """The answer as a value of the package."""
        return parse(Answer, self.answer)


class Conversation(Sent):
    """A conversation to be shown again or exported."""

    title: Annotated[str, StringConstraints(max_length=400)] = "Conversation"
    turns: list[Turn] = Field(default=[], max_length=CONVERSATION_TURNS)


class Export(Sent):
    """A conversation and the form to hand it out in."""

    format: Literal["markdown", "json", "html"]
    conversation: Conversation


class Judged(Sent):
    """A turn with the verdict on it and the turns before."""

    turn: Turn
    history: list[tuple[Text, Text]] = Field(default=[], max_length=HISTORY_TURNS)
    feedback: Verdict
    key: str = Field("", max_length=200)
    """A secret of the browser: only who knows it may change the verdict."""

    @property
    def owner(self) -> str:
        """The browser, as it is kept."""
        return f"browser {hashlib.sha256(self.key.encode()).hexdigest()[:32]}"


T = TypeVar("T")


def parse(kind: type[T], value: object) -> T:
    """A value of that kind.

    Raises:
        UsageError: it does not fit; says where.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the request"
        raise UsageError(f"{where}: {first['msg'].lower()}; reload the page") from error
