"""Whether the service lives and answers, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mehealth_ui.desk import Desk
from mehealth_ui.service.contract import VERSION, State, made_by


def health(desk: Desk) -> APIRouter:
    """The routes over one desk."""
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
