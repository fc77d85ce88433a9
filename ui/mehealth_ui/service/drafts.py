"""The fact desk's routes: `/v1/check/draft`, decisions, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.types import Receive, Scope, Send

from mehealth_rag.errors import UsageError
from mehealth_rag.types import Citation
from mehealth_ui.desk import Desk
from mehealth_ui.facts import Draft
from mehealth_ui.limits import BODY_BYTES, DRAFT_CHARACTERS
from mehealth_ui.messages import Sent
from mehealth_ui.people.callers import Role, require, user_of, visitor
from mehealth_ui.people.decisions import Decision, DecisionSent, Hash
from mehealth_ui.service.fact_report import Report, ReportFile, report
from mehealth_ui.service.routing import STREAM, event, service_router, whole_stream


class DraftSent(Sent):
    """A draft as text. Unknown keys are ignored."""

    text: str = Field(max_length=DRAFT_CHARACTERS)
    name: str = Field("", max_length=200)
    documents: tuple[str, ...] = ()


class Place(BaseModel):
    """Where a sentence stands: characters of the draft's text, page and paragraph from 1."""

    start: int
    end: int
    page: int
    paragraph: int


class DraftRead(BaseModel):
    """A draft as it was read, and the places of the sentences that are checked."""

    hash: str = Hash
    name: str
    text: str
    places: list[Place]


class Begun(BaseModel):
    """The first event: the draft, and the decisions that were made on it before."""

    draft: DraftRead
    decisions: list[Decision]


class SentenceChecked(BaseModel):
    """The verdict on one sentence, or the error that checking it raised."""

    model_config = ConfigDict(extra="allow")

    place: Place
    claim: str
    verdict: Literal["supported", "contradicted", "not_found"] | None = None
    explanation: str = ""
    evidence: list[Citation] = []
    confidence: float = 0.0
    index: str = ""
    error: str = ""


class Counts(BaseModel):
    """How many sentences were checked, how each came out, and the seconds that it took."""

    sentences: int
    supported: int
    contradicted: int
    not_found: int
    not_checked: int
    seconds: float


class Summary(BaseModel):
    """The last event."""

    summary: Counts


class DraftEvent(RootModel[Begun | SentenceChecked | Summary]):
    """One event of a draft that is checked."""


class _FreeingResponse(StreamingResponse):
    """A stream that calls `free` when it ends or its client leaves."""

    media_type = STREAM

    def __init__(self, events: Iterator[str], free: Callable[[], None]) -> None:
        super().__init__(events)
        self._free = free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._free()


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DraftSent.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "documents": {"type": "array", "items": {"type": "string"}},
                    },
                }
            },
        },
    }
}

_EVENT = {
    "type": "object",
    "properties": {
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/DraftEvent"},
        }
    },
    "required": ["data"],
}
"""A server-sent event in OpenAPI: its data is text that holds a JSON value."""

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, the data of each a JSON value",
        "content": {STREAM: {"schema": _EVENT}},
    }
}


def facts(desk: Desk) -> APIRouter:
    """Return the routes over one desk."""
    router = service_router("/v1/check", "fact desk")
    facts = desk.facts

    @router.post("/draft", response_model=DraftEvent, responses=_EVENTS, openapi_extra=_BODY)
    async def draft(request: Request) -> Any:  # noqa: ANN401 - a stream
        """Check a draft, as text or as a file, sentence by sentence: server-sent events.

        The first holds the draft's text and the places of its sentences, the last the counts.
        """
        who, address = visitor(request)
        desk.gate.admit(who, address)
        assistant = desk.edition.assistant
        name, content, documents, pasted = await _sent(request)
        documents = assistant.chosen(documents)
        facts.slots.take(who)
        try:
            read: Draft = await run_in_threadpool(facts.read, name, content, pasted=pasted)
            first = await run_in_threadpool(read.begun, facts.decisions)
        except BaseException:
            facts.slots.free(who)
            raise
        events = map(event, chain([first], read.checked(assistant, documents)))
        return _FreeingResponse(whole_stream(events), lambda: facts.slots.free(who))

    @router.get("/decisions")
    def decisions(draft: str) -> list[Decision]:
        """The decisions on the sentences of a draft, by the hash of its text."""
        return facts.decisions.of_draft(draft)

    @router.post("/decisions")
    def decide(sent: DecisionSent, request: Request) -> Decision:
        """Decide on a sentence. With a login this needs the role staff."""
        facts.gate.admit(*visitor(request))
        name = user_of(request)
        if name:
            require(request.scope, Role.STAFF)
            about = f"draft {sent.draft[:12]}, character {sent.start}"
            desk.audit.record(name, sent.decision or "took a decision back", about)
        return facts.decisions.save(sent, name)

    @router.post("/report")
    def make_report(sent: Report, request: Request) -> ReportFile:
        """The sentences of a draft with verdicts and decisions as a file: Markdown, CSV or JSON."""
        facts.gate.admit(*visitor(request))
        return report(sent)

    return router


async def _sent(request: Request) -> tuple[str, bytes, tuple[str, ...], bool]:
    """Return a draft's name, its content, the documents, and whether it was pasted."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=1000, max_part_size=BODY_BYTES) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise UsageError("file: there is none; send the draft as the part 'file'")
            documents = tuple(str(d) for d in form.getlist("documents"))
            name = (file.filename or "").replace("\\", "/").rpartition("/")[2][:200]
            return name, await file.read(), documents, False
    try:
        sent = DraftSent.model_validate_json(await request.body())
    except ValidationError as error:
        errors = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
        raise RequestValidationError(errors) from error
    if not sent.text.strip():
        raise UsageError("the draft is empty; paste some text")
    return sent.name, sent.text.encode("utf-8", "replace"), sent.documents, True
