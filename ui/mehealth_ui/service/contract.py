"""The service's JSON as types, which `/openapi.json` publishes."""

from __future__ import annotations

from dataclasses import fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.settings import Engine
from mehealth_rag.types import Answer, Citation, SourceState, VerdictKind
from mehealth_ui.limits import SEARCH_HITS
from mehealth_ui.messages import Sent

if TYPE_CHECKING:
    from mehealth_ui.documents.editions import Edition

VERSION = version("mehealth-rag")


class Order(Sent):
    """Something that a program wants of some documents; the `id` comes back with the outcome."""

    id: str | int | None = None
    documents: tuple[str, ...] = ()


class QuestionSent(Order):
    """A question, the turns before it as pairs of question and answer, and who answers."""

    question: str
    history: tuple[tuple[str, str], ...] = ()
    engine: Engine | None = None


class QuerySent(Order):
    """What to search for."""

    query: str
    top_k: int = Field(default=10, ge=1, le=SEARCH_HITS)


class ClaimSent(Order):
    """A claim, and the question that it answers, if there is one."""

    claim: str
    question: str = ""


class HitSent(BaseModel):
    """A passage; its score, and its rank from 1 in each half of the search."""

    document: str
    page: int
    page_label: str
    heading: str
    text: str
    score: float
    dense_rank: int | None
    lexical_rank: int | None


class Hits(BaseModel):
    """Ranked passages."""

    id: str | int | None = None
    hits: list[HitSent]


class LinkSent(BaseModel):
    """A document that links to a source, and on which of its pages, counted from 1."""

    document: str
    pages: list[int]
    page_labels: list[str]


class SourceSent(BaseModel):
    """A source of the corpus, and whether it can be searched."""

    id: str
    title: str
    kind: str
    format: str
    url: str | None
    state: SourceState
    reason: str
    pages: int
    passages: int
    unread_pages: list[int]
    unread_page_labels: list[str]
    linked_from: list[LinkSent]
    dated: str | None
    collection: str
    added: str


class Me(BaseModel):
    """Who asks; the name is empty where nobody signs in."""

    name: str
    role: str


class State(BaseModel):
    """Whether the service answers, over which index, and who writes and reads."""

    status: Literal["ok", "ready"]
    version: str
    index: str = ""
    engine: str = ""
    reader: str = ""
    news: str = ""


def _model(name: str, value: type, doc: str) -> type[BaseModel]:
    """Return a model of one of the package's values, for the published schema."""
    hints = get_type_hints(value)
    own: dict[str, Any] = {f.name: (hints[f.name], ...) for f in fields(value)}
    return create_model(
        name,
        __doc__=doc,
        id=(str | int | None, None),
        schema_=(Literal[1], Field(default=1, alias="schema")),
        version=(str, ...),
        reader=(str, ...),
        **own,
    )


AnswerSent = _model("Answer", Answer, "An answer, each statement with its citations.")


class PartSent(BaseModel):
    """The verdict on one sentence of a claim."""

    claim: str
    verdict: VerdictKind
    explanation: str
    evidence: list[Citation]
    confidence: float


class VerdictSent(PartSent):
    """A verdict on a claim; of several sentences a verdict for each is under `parts`."""

    model_config = ConfigDict(title="Verdict")

    id: str | int | None = None
    schema_: Literal[1] = Field(default=1, alias="schema")
    index: str
    timings_ms: dict[str, float]
    parts: list[PartSent] = []
    version: str
    reader: str


class Guides(BaseModel):
    """What each document is about."""

    model_config = ConfigDict(extra="allow")

    index: str
    guides: list[Guide[Citation]]


def made_by(edition: Edition) -> dict[str, str]:
    """Return the version and the reader that made an answer."""
    return {"version": VERSION, "reader": edition.assistant.reader().name}
