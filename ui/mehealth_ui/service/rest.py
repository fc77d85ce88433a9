"""REST for programs: answers, passages, verdicts, sources, guides, health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mehealth_rag.serialise import answer_json, guides_json, verdict_json
from mehealth_rag.types import Verdict
from mehealth_ui.desk import Desk
from mehealth_ui.limits import HISTORY_TURNS
from mehealth_ui.page import api
from mehealth_ui.page.handlers import QUESTIONS, check_question
from mehealth_ui.people.callers import role_of, user_of, visitor
from mehealth_ui.service.contract import (
    VERSION,
    AnswerSent,
    ClaimSent,
    Guides,
    Hits,
    Me,
    QuerySent,
    QuestionSent,
    SourceSent,
    State,
    VerdictSent,
    made_by,
)
from mehealth_ui.service.routing import STREAMED, event, service_router, streamed

Documents = Annotated[list[str] | None, Query(description="the documents; all by default")]


def rest(desk: Desk) -> APIRouter:
    """Return the routes under /v1 over one desk."""
    router = service_router("/v1", "documents")

    @router.post("/ask", response_model=AnswerSent, responses=STREAMED)
    def ask(sent: QuestionSent, request: Request, *, stream: bool = False) -> Any:  # noqa: ANN401
        """One answer; with `stream` server-sent events, each a growing answer, the last whole."""
        desk.gate.admit(*visitor(request))
        check_question(desk, sent.question)
        growing = _growing(desk, sent)
        if stream:
            return streamed(map(event, growing))
        *_, whole = growing
        return JSONResponse(whole)

    @router.post("/search", response_model=Hits)
    def search(sent: QuerySent, request: Request) -> dict[str, Any]:
        """Ranked passages, without an answer."""
        desk.gate.admit(*visitor(request))
        hits = api.search(desk, sent.query, sent.top_k, sent.documents)
        return {**hits, "id": sent.id}

    @router.post("/check", response_model=VerdictSent)
    def check(sent: ClaimSent, request: Request) -> JSONResponse:
        """What the documents say of a claim."""
        desk.gate.admit(*visitor(request))
        QUESTIONS.info("claim", extra={"claim": sent.claim, "question": sent.question})
        edition = desk.edition
        verdict: Verdict = edition.assistant.check(sent.claim, sent.documents, sent.question)
        return JSONResponse({"id": sent.id, **verdict_json(verdict), **made_by(edition)})

    @router.get("/me")
    def me(request: Request) -> Me:
        """Under which name the sender asks, and with which role."""
        return Me(name=user_of(request), role=role_of(request.scope).word)

    @router.get("/sources", response_model=list[SourceSent])
    def sources() -> list[dict[str, Any]]:
        """Every source with its state."""
        return api.sources(desk)

    @router.get("/guide", response_model=Guides)
    def guide(document: Documents = None) -> JSONResponse:
        """What documents are about: outline, sentences, figures, people, contacts."""
        edition = desk.edition
        guides = edition.assistant.guides(document or ())
        return JSONResponse(guides_json(guides, edition.version))

    return router


def health(desk: Desk) -> APIRouter:
    """Return the routes for whoever runs the service."""
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
            **made_by(edition),
        )

    @router.get("/metrics")
    def metrics() -> PlainTextResponse:
        """Figures for Prometheus."""
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _growing(desk: Desk, sent: QuestionSent) -> Iterator[dict[str, Any]]:
    edition = desk.edition
    assistant = edition.assistant_named(sent.engine or "")
    by = made_by(edition)
    for part in assistant.stream(sent.question, sent.history[-HISTORY_TURNS:], sent.documents):
        yield {"id": sent.id, **answer_json(part), **by}
