"""The common parts of the service's routes: metrics, keys, errors, server-sent events."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from prometheus_client import Counter, Histogram
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from mehealth_rag.encoder.shipped import first_line
from mehealth_rag.errors import MehealthError
from mehealth_ui.error_text import UNEXPECTED, visible_text

LOG = logging.getLogger("mehealth.ui")
STREAM = "text/event-stream"
STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {STREAM: {}}}}
"""The responses of a route that can stream its answer."""

REQUESTS = Counter("mehealth_requests", "requests answered", ["path", "status"])
SECONDS = Histogram("mehealth_request_seconds", "time until an answer begins", ["path"])


class Problem(BaseModel):
    """What went wrong, in one line."""

    error: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 403, 404, 413, 422, 429, 503)
}
KEY = Security(HTTPBearer(auto_error=False, description="a key of `mehealth auth key add`"))
"""Documents in the schema that a login needs a key; the guard checks it."""


class Measured(APIRoute):
    """A route that counts and times its requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler with its metrics."""
        handler = super().get_route_handler()

        async def measured(request: Request) -> Response:
            status = "refused"
            try:
                with SECONDS.labels(self.path).time():
                    response = await handler(request)
                status = str(response.status_code)
            finally:
                REQUESTS.labels(self.path, status).inc()
            return response

        return measured


def service_router(prefix: str, tag: str) -> APIRouter:
    """Return a router under `prefix` that measures its requests."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Measured, responses=PROBLEMS)


def event(value: object) -> str:
    """Return a value as a server-sent event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def streamed(events: Iterator[str]) -> StreamingResponse:
    """Return events as a response; an error before the first one is raised here."""
    first = next(events)
    return StreamingResponse(whole_stream(chain([first], events)), media_type=STREAM)


def whole_stream(events: Iterable[str]) -> Iterator[str]:
    """Yield the events; an error becomes the last event, and one line in the log."""
    try:
        yield from events
    except Exception as error:
        LOG.warning("a stream broke off: %s: %s", type(error).__name__, first_line(error))
        known = isinstance(error, MehealthError)
        yield event({"error": visible_text(error) if known else UNEXPECTED})
