"""What the routers of the service have in common: figures, keys, the form of an error."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from prometheus_client import Counter, Histogram
from pydantic import BaseModel

from mehealth_ui.events import STREAM

STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {STREAM: {}}}}
"""The other form of an answer that may be streamed."""

REQUESTS = Counter("mehealth_requests", "requests answered", ["path", "status"])
SECONDS = Histogram("mehealth_request_seconds", "time until an answer begins", ["path"])


class Problem(BaseModel):
    """What went wrong, in one line."""

    error: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 403, 404, 413, 422, 429, 503)
}
"""The answers to what cannot be answered."""

KEY = Security(HTTPBearer(auto_error=False, description="a key of `mehealth auth key add`"))
"""Tells the schema that a key is needed, as it is where there is a login; the guard looks at it."""


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


def service_router(prefix: str, tag: str) -> APIRouter:
    """A router under `prefix` whose requests are measured."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Measured, responses=PROBLEMS)
