"""The service's log on standard error: a line for each request, and whatever else is told.

A line is for people where standard error is a terminal, and a JSON object where it is none. It
names the path of a request, never its query or body: what people ask is not written down.
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
from mehealth_ui.visitors import USER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import EventDict, Processor, WrappedLogger

    from mehealth_rag.settings import Settings

LOG = logging.getLogger("mehealth.ui")
_OURS = logging.getLogger("mehealth")
_QUESTIONS = logging.getLogger("mehealth.questions")

REQUEST_ID = "X-Request-ID"
CLIENT_LEFT = 499
"""Status in the log where a client left before its answer began; nginx has it so too."""

_GIVEN = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


def set_up(settings: Settings) -> None:
    """Send all logs to standard error, in the form and from the level that the settings name."""
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
    root.setLevel(max(level, logging.WARNING))  # of other libraries only what is wrong
    _OURS.setLevel(level)
    _QUESTIONS.setLevel(logging.INFO if settings.log_questions else logging.CRITICAL + 1)


def announce(settings: Settings, line: str) -> None:
    """Tell who starts the service something: people at any level, programs as a line of the log."""
    if _is_json(settings):
        LOG.info(line)
    else:
        print(line, file=sys.stderr, flush=True)


def _is_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )


def _form(settings: Settings) -> list[Processor]:
    """The last steps of a line. Tracebacks never show variables, for those hold questions."""
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
    """Show what steers a terminal, or would begin a line, as its number."""
    shown = {k: printable(v).replace("\n", "\\n") for k, v in event.items() if isinstance(v, str)}
    return {**event, **shown}


class Logged:
    """ASGI middleware: one line in the log for each request, under an id that the answer has too.

    The id is the request's own X-Request-ID, or a new one where it has none or an odd one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it when its answer has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        sender = _Named(send, given if _GIVEN.fullmatch(given) else uuid.uuid4().hex)
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=sender.name):
            try:
                await self._app(scope, receive, sender)
            finally:
                told = {
                    "method": scope["method"],
                    # As it was sent: what is decoded may hold anything, ends of lines as well.
                    "path": scope["raw_path"].decode("ascii", "backslashreplace"),
                    "status": sender.status,
                    "ms": round((time.perf_counter() - begun) * 1000, 1),
                    "who": scope.get(USER) or (scope["client"] or ("",))[0],
                }
                LOG.info("request", extra=told)


@dataclass
class _Named:
    """Adds the id to an answer, and remembers its status."""

    send: Send
    name: str
    status: int = CLIENT_LEFT

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.name
        await self.send(message)
