"""The service for other programs: its routes together, and how its errors are told."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_ui.desk import Desk
from mehealth_ui.documents.jobs import UnknownDocumentError
from mehealth_ui.limits import TooLargeError, TooManyError
from mehealth_ui.people.roles import ForbiddenError
from mehealth_ui.service.chat import chat
from mehealth_ui.service.drafts import facts
from mehealth_ui.service.health import health
from mehealth_ui.service.rest import rest
from mehealth_ui.service.routers import KEY
from mehealth_ui.service.uploads import uploads
from mehealth_ui.telling import told

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_STATUSES = {
    ForbiddenError: 403,
    UnknownDocumentError: 404,
    TooLargeError: 413,
    TooManyError: 429,
    UsageError: 400,
}
"""The status of each error, the first that fits; of all others 503."""


def add_service(app: FastAPI, desk: Desk) -> None:
    """Add the routes to an application, and have its errors told in one line of JSON."""
    app.include_router(health(desk))
    for routes in (rest, uploads, chat, facts):
        app.include_router(routes(desk), dependencies=[KEY] if desk.settings.ui_auth else [])

    def refused(_: Request, error: Exception) -> JSONResponse:
        fitting = (code for kind, code in _STATUSES.items() if isinstance(error, kind))
        return _problem(told(error, *desk.folders), next(fitting, 503))

    app.add_exception_handler(MehealthError, refused)
    app.add_exception_handler(HTTPException, _unread)  # FastAPI's own: a body that is no text
    app.add_exception_handler(RequestValidationError, _malformed)


def close_service(app: FastAPI) -> None:
    """Tell in one line, after all other routes of the service, that there is nothing else."""
    app.add_route("/v1/{rest:path}", _nothing_here, METHODS, include_in_schema=False)


def _malformed(_: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    where = ".".join(str(part) for part in first.get("loc", ())[1:]) or "the body"
    return _problem(f"{where}: {first.get('msg', 'is not valid')}", 422)


def _unread(_: Request, error: Exception) -> JSONResponse:
    status, detail = getattr(error, "status_code", 400), getattr(error, "detail", error)
    return _problem(str(detail), status, getattr(error, "headers", None))


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
