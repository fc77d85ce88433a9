"""Adds the service's routes and error handlers to an application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_ui.desk import Desk
from mehealth_ui.documents.jobs import UnknownDocumentError
from mehealth_ui.error_text import visible_text
from mehealth_ui.limits import TooLargeError, TooManyError
from mehealth_ui.messages import first_problem
from mehealth_ui.people.callers import ForbiddenError
from mehealth_ui.service.chat import chat
from mehealth_ui.service.drafts import facts
from mehealth_ui.service.rest import health, rest
from mehealth_ui.service.routing import KEY
from mehealth_ui.service.uploads import uploads

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_STATUSES = {
    ForbiddenError: 403,
    UnknownDocumentError: 404,
    TooLargeError: 413,
    TooManyError: 429,
    UsageError: 400,
}
"""The status of each error; the first that fits counts, and all others have 503."""


def add_service(app: FastAPI, desk: Desk) -> None:
    """Add the routes; errors become one line of JSON."""
    app.include_router(health(desk))
    for routes in (rest, uploads, chat, facts):
        app.include_router(routes(desk), dependencies=[KEY] if desk.settings.ui_auth else [])

    def refused(_: Request, error: Exception) -> JSONResponse:
        fitting = (code for kind, code in _STATUSES.items() if isinstance(error, kind))
        return _problem(visible_text(error, *desk.folders), next(fitting, 503))

    app.add_exception_handler(MehealthError, refused)
    app.add_exception_handler(
        HTTPException, _unread
    )  # FastAPI raises it for a body that is no text
    app.add_exception_handler(RequestValidationError, _malformed)


def close_service(app: FastAPI) -> None:
    """Answer all other paths under /v1 in one line of JSON; call this last."""
    app.add_route("/v1/{rest:path}", _nothing_here, METHODS, include_in_schema=False)


def _malformed(_: Request, error: Exception) -> JSONResponse:
    errors = cast("RequestValidationError", error).errors()
    where, why = first_problem(errors, "the body", skip=1)
    return _problem(f"{where}: {why}", 422)


def _unread(_: Request, error: Exception) -> JSONResponse:
    unread = cast("HTTPException", error)
    return _problem(unread.detail, unread.status_code, unread.headers)


def _nothing_here(request: Request) -> JSONResponse:
    """Answer an unknown path, or a path that exists for other methods."""
    operations = request.app.openapi()["paths"].get(request.url.path, {})
    allowed = ", ".join(sorted(map(str.upper, operations)))
    if allowed:
        line = f"{request.method} is not for this; use {allowed}"
        return _problem(line, 405, {"allow": allowed})
    return _problem("there is nothing here; see /openapi.json", 404)


def _problem(line: str, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": " ".join(line.split())}, status, headers)
