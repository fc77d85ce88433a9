"""The service's log on standard error: a line for each request, and other events.

Lines are for people on a terminal, and JSON elsewhere. They name the path of a request, never its
query or body, so questions are not recorded.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.datastructures import Headers, MutableHeaders

from mehealth_rag.cli.context import printable
from mehealth_ui.people.callers import USER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import EventDict, Processor, WrappedLogger

    from mehealth_rag.settings import Settings

LOG = logging.getLogger("mehealth.ui")
_OURS = logging.getLogger("mehealth")
_QUESTIONS = logging.getLogger("mehealth.questions")

REQUEST_ID = "X-Request-ID"
CLIENT_LEFT = 499
"""The logged status if a client left before its answer began, as nginx has it."""

_CLEAN_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


def set_up(settings: Settings) -> None:
    """Send all logs to standard error in the format and level of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_form(settings),
            ],
        )
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))  # other libraries report problems only
    _OURS.setLevel(level)
    _QUESTIONS.setLevel(logging.INFO if settings.log_questions else logging.CRITICAL + 1)


def announce(settings: Settings, line: str) -> None:
    """Print a line for people whatever the log level; log it for programs."""
    if _is_json(settings):
        LOG.info(line)
    else:
        print(line, file=sys.stderr, flush=True)


def _is_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )


def _form(settings: Settings) -> list[Processor]:
    """Return the last steps. Tracebacks omit variables, which may hold questions."""
    if _is_json(settings):
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    lines = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [_harmless, lines]


def _harmless(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape line breaks and terminal control characters."""
    escaped = {k: printable(v).replace("\n", "\\n") for k, v in event.items() if isinstance(v, str)}
    return {**event, **escaped}


class Logged:
    """ASGI middleware that logs each request under the id in its response.

    The id is the request's X-Request-ID, or a new one if that is missing or malformed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when its response has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get(REQUEST_ID, "")
        if not _CLEAN_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex
        sender = _Identified(send, request_id)
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sender)
            finally:
                fields = {
                    "method": scope["method"],
                    # undecoded, because a decoded path may hold line breaks
                    "path": scope["raw_path"].decode("ascii", "backslashreplace"),
                    "status": sender.status,
                    "ms": round((time.perf_counter() - begun) * 1000, 1),
                    "who": scope.get(USER) or (scope["client"] or ("",))[0],
                }
                LOG.info("request", extra=fields)


@dataclass
class _Identified:
    """Adds the id to a response, and remembers its status."""

    send: Send
    request_id: str
    status: int = CLIENT_LEFT

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.request_id
        await self.send(message)
