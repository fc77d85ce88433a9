"""The service for other programs: REST as in the contract, an OpenAI-compatible endpoint, health.

Everything here is typed, so that `/openapi.json` describes it.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.exceptions import HTTPException

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.guide.values import Guide
from mehealth_rag.serialise import answer_json, guides_json, hit_json, source_json, verdict_json
from mehealth_rag.settings import Engine
from mehealth_rag.types import Answer, Citation, SourceState, Verdict, VerdictKind
from mehealth_ui.adding import UnknownDocumentError
from mehealth_ui.desk import Desk
from mehealth_ui.editions import Edition
from mehealth_ui.events import STREAM, event, whole_stream
from mehealth_ui.handlers import QUESTIONS, check_question
from mehealth_ui.limits import HISTORY_TURNS, SEARCH_HITS, TooLargeError, TooManyError
from mehealth_ui.roles import ForbiddenError, role_of
from mehealth_ui.telling import told
from mehealth_ui.uploads import uploads
from mehealth_ui.visitors import user_of, visitor

if TYPE_CHECKING:
    from mehealth_rag.types import Turn

MODEL = "mehealth"
"""The one model of the OpenAI-compatible endpoint."""

VERSION = version("mehealth-rag")
STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {STREAM: {}}}}
"""The other form of an answer that may be streamed."""

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
REQUESTS = Counter("mehealth_requests", "requests answered", ["path", "status"])
SECONDS = Histogram("mehealth_request_seconds", "time until an answer begins", ["path"])
_NUMBER = re.compile(r"\[(\d+)\](?!\()")


class Measured(APIRoute):
    """A route whose requests are counted and timed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, watched."""
        handler = super().get_route_handler()

        async def watched(request: Request) -> Response:
            status = "refused"
            try:
                with SECONDS.labels(self.path).time():
                    response = await handler(request)
                status = str(response.status_code)
            finally:
                REQUESTS.labels(self.path, status).inc()
            return response

        return watched


class Sent(BaseModel):
    """Something that a program sends. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | int | None = None
    documents: tuple[str, ...] = ()


class QuestionSent(Sent):
    """A question, the turns before it as pairs of question and answer, and who answers."""

    question: str
    history: tuple[tuple[str, str], ...] = ()
    engine: Engine | None = None


class QuerySent(Sent):
    """What to search for."""

    query: str
    top_k: int = Field(default=10, ge=1, le=SEARCH_HITS)


class ClaimSent(Sent):
    """A claim, and the question that it answers, if there is one."""

    claim: str
    question: str = ""


class Message(BaseModel):
    """One message of a chat, as OpenAI's protocol has it; its content may come in parts."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    role: str
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return " ".join(str(p["text"]) for p in self.content if p.get("type") == "text")
        return self.content or ""


class ChatSent(BaseModel):
    """A chat: the last message of the user is the question. What else is sent is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    messages: list[Message] = Field(min_length=1)
    model: str = MODEL
    stream: bool = False


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


class Problem(BaseModel):
    """What went wrong, in one line."""

    error: str


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
    """One of the package's values as the contract's JSON, for the schema that is published."""
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


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 403, 404, 413, 422, 429, 503)
}
"""The answers to what cannot be answered."""

_STATUSES = {
    ForbiddenError: 403,
    UnknownDocumentError: 404,
    TooLargeError: 413,
    TooManyError: 429,
    UsageError: 400,
}
"""The status of each error, the first that fits; of all others 503."""

KEY = Security(
    HTTPBearer(auto_error=False, description="a key of `mehealth auth key add`; with a login only")
)
"""Tells the schema of the keys, which the guard looks at."""

Documents = Annotated[list[str] | None, Query(description="the documents; all by default")]


def add_service(app: FastAPI, desk: Desk) -> None:
    """Add the routes to an application, and have its errors told in one line of JSON."""
    app.include_router(_rest(desk), dependencies=[KEY])
    added = uploads(desk, route_class=Measured, responses=PROBLEMS)
    app.include_router(added, dependencies=[KEY])
    app.include_router(_chat(desk), dependencies=[KEY])
    app.include_router(_health(desk))

    def refused(_: Request, error: Exception) -> JSONResponse:
        fitting = (code for kind, code in _STATUSES.items() if isinstance(error, kind))
        return _problem(told(error, *desk.folders), next(fitting, 503))

    def malformed(_: Request, error: Exception) -> JSONResponse:
        first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
        where = ".".join(str(part) for part in first.get("loc", ())[1:]) or "the body"
        return _problem(f"{where}: {first.get('msg', 'is not valid')}", 422)

    def unread(_: Request, error: Exception) -> JSONResponse:
        status, detail = getattr(error, "status_code", 400), getattr(error, "detail", error)
        return _problem(str(detail), status, getattr(error, "headers", None))

    app.add_exception_handler(MehealthError, refused)
    app.add_exception_handler(HTTPException, unread)  # FastAPI's own: a body that is no text
    app.add_exception_handler(RequestValidationError, malformed)


def _nothing_here(request: Request) -> JSONResponse:
    """Under /v1, what is no route, or is asked by another method than it takes."""
    here = request.app.openapi()["paths"].get(request.url.path, {})
    allowed = ", ".join(sorted(map(str.upper, here)))
    if allowed:
        line = f"{request.method} is not for this; use {allowed}"
        return _problem(line, 405, {"allow": allowed})
    return _problem("there is nothing here; see /openapi.json", 404)


def _problem(told: str, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """What went wrong, in one line, whatever words of the request are in it."""
    return JSONResponse({"error": " ".join(told.split())}, status, headers)


def close_service(app: FastAPI) -> None:
    """Tell in one line, after all other routes of the service, that there is nothing else."""
    app.add_route("/v1/{rest:path}", _nothing_here, METHODS, include_in_schema=False)


def _rest(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["documents"], route_class=Measured, responses=PROBLEMS)

    @router.post("/ask", response_model=AnswerSent, responses=STREAMED)
    def ask(sent: QuestionSent, request: Request, *, stream: bool = False) -> Any:  # noqa: ANN401
        """One answer; with `stream` server-sent events, each a growing answer, the last whole."""
        _admit(desk, request)
        check_question(desk, sent.question)
        growing = _growing(desk, sent)
        if stream:
            first = next(growing)  # what is wrong is told before the stream begins
            events = map(event, chain([first], growing))
            return StreamingResponse(whole_stream(events), media_type=STREAM)
        return JSONResponse(_last(growing))

    @router.post("/search", response_model=Hits)
    def search(sent: QuerySent, request: Request) -> dict[str, Any]:
        """Ranked passages, without an answer."""
        _admit(desk, request)
        check_question(desk, sent.query)
        hits = desk.edition.assistant.search(sent.query, sent.top_k, sent.documents)
        return {"id": sent.id, "hits": [hit_json(hit) for hit in hits]}

    @router.post("/check", response_model=VerdictSent)
    def check(sent: ClaimSent, request: Request) -> JSONResponse:
        """What the documents say of a claim."""
        _admit(desk, request)
        QUESTIONS.info("claim", extra={"claim": sent.claim, "question": sent.question})
        edition = desk.edition
        verdict: Verdict = edition.assistant.check(sent.claim, sent.documents, sent.question)
        return JSONResponse({"id": sent.id, **verdict_json(verdict), **_by(edition)})

    @router.get("/me")
    def me(request: Request) -> Me:
        """Under which name the sender asks, and with which role."""
        return Me(name=user_of(request), role=role_of(request.scope).word)

    @router.get("/sources", response_model=list[SourceSent])
    def sources() -> list[dict[str, Any]]:
        """Every source with its state."""
        return [source_json(status) for status in desk.edition.catalogue.values()]

    @router.get("/guide", response_model=Guides)
    def guide(document: Documents = None) -> JSONResponse:
        """What documents are about: outline, sentences, figures, people, contacts."""
        edition = desk.edition
        guides = edition.assistant.guides(document or ())
        return JSONResponse(guides_json(guides, edition.version))

    return router


def _chat(desk: Desk) -> APIRouter:
    router = APIRouter(
        prefix="/v1", tags=["OpenAI-compatible"], route_class=Measured, responses=PROBLEMS
    )

    @router.get("/models")
    def models() -> dict[str, Any]:
        """The one model that there is."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0,
                                            "owned_by": MODEL}]}  # fmt: skip

    @router.post("/chat/completions", responses=STREAMED)
    def completions(sent: ChatSent, request: Request) -> Any:  # noqa: ANN401 - JSON or a stream
        """An answer as a chat completion, its citations as Markdown links and annotations."""
        _admit(desk, request)
        question, history = _conversation(sent)
        check_question(desk, question)
        growing = desk.edition.assistant.stream(question, history)
        about = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
        if sent.stream:
            first = next(growing)
            parts = (Linked(part, str(request.base_url)) for part in chain([first], growing))
            return StreamingResponse(whole_stream(_chunks(about, parts)), media_type=STREAM)
        *_, answer = growing
        told = Linked(answer, str(request.base_url))
        message = {"role": "assistant", "content": told.text, "annotations": told.annotations}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": answer.tokens.get("prompt", 0),
                 "completion_tokens": answer.tokens.get("written", 0),
                 "total_tokens": sum(answer.tokens.values())}  # fmt: skip
        return {**about, "object": "chat.completion", "choices": [choice], "usage": usage}

    return router


def _health(desk: Desk) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model_exclude_defaults=True)
    def healthz() -> State:
        """Whether the process answers."""
        return State(status="ok", version=VERSION)

    @router.get("/readyz")
    def readyz() -> State:
        """Whether questions can be answered: the index is open and the reader is loaded."""
        edition = desk.edition
        return State(
            status="ready",
            index=edition.version,
            engine=edition.engine,
            news=desk.news,
            **_by(edition),
        )

    @router.get("/metrics")
    def metrics() -> PlainTextResponse:
        """Figures for Prometheus."""
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _admit(desk: Desk, request: Request) -> None:
    desk.gate.admit(*visitor(request))


def _by(edition: Edition) -> dict[str, str]:
    """Which version answers, and which reader reads."""
    return {"version": VERSION, "reader": edition.assistant.reader().name}


def _growing(desk: Desk, sent: QuestionSent) -> Iterator[dict[str, Any]]:
    edition = desk.edition
    assistant = edition.assistant_named(sent.engine or "")
    by = _by(edition)
    for part in assistant.stream(sent.question, sent.history[-HISTORY_TURNS:], sent.documents):
        yield {"id": sent.id, **answer_json(part), **by}


def _last(growing: Iterator[dict[str, Any]]) -> dict[str, Any]:
    *_, whole = growing
    return whole


def _conversation(sent: ChatSent) -> tuple[str, list[Turn]]:
    """The last message of the user, and the turns before it."""
    said = [m for m in sent.messages if m.role in {"user", "assistant"} and m.text]
    if not said or said[-1].role != "user":
        raise UsageError("messages: the last one is not the user's; ask something")
    turns = [
        (asked.text, answered.text)
        for asked, answered in pairwise(said)
        if (asked.role, answered.role) == ("user", "assistant")
    ]
    return said[-1].text, turns[-HISTORY_TURNS:]


def _chunks(about: dict[str, Any], parts: Iterable[Linked]) -> Iterator[str]:
    """A growing answer as the chunks of a chat completion."""

    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event({**about, "object": "chat.completion.chunk", "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    shown = ""
    notes: list[dict[str, Any]] = []
    for part in parts:
        text, notes = part.text, part.annotations
        if text.startswith(shown) and len(text) > len(shown):
            yield chunk({"content": text[len(shown) :]})
            shown = text
    yield chunk({"annotations": notes}, "stop")
    yield "data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Linked:
    """An answer's text, the numbers of its citations as links to their pages.

    A document without an address of its own is linked where this service, at `base`, shows it.
    """

    answer: Answer
    base: str

    @property
    def text(self) -> str:
        """The text with its links."""
        marks = {c.number: self._mark(c) for c in self.answer.citations}
        return _NUMBER.sub(lambda m: marks.get(int(m[1]), m[0]), self.answer.answer)

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """The citations, each with the place in the text that names it first."""
        text = self.text
        found = []
        for citation in self.answer.citations:
            mark = self._mark(citation)
            start = text.find(mark)
            cited = {
                "title": f"{citation.title}, p. {citation.page_label}",
                "url": self._address(citation),
                "quote": citation.quote,
                "start_index": max(start, 0),
                "end_index": start + len(mark) if start >= 0 else 0,
            }
            found.append({"type": "url_citation", "url_citation": cited})
        return found

    def _mark(self, citation: Citation) -> str:
        return f"[[{citation.number}]]({self._address(citation)})"

    def _address(self, citation: Citation) -> str:
        own = f"{self.base}document/{quote(citation.document)}#page={citation.page}"
        return citation.url or own
