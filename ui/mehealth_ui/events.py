"""Server-sent events: JSON values as the lines of a stream."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from itertools import chain

from starlette.responses import StreamingResponse

from mehealth_rag.encoder.shipped import first_line
from mehealth_rag.errors import MehealthError
from mehealth_ui.telling import UNEXPECTED, told

LOG = logging.getLogger("mehealth.ui")
STREAM = "text/event-stream"


def event(value: object) -> str:
    """A value as an event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def streamed(events: Iterator[str]) -> StreamingResponse:
    """Events as a response; raises here what is wrong before the first of them."""
    first = next(events)
    return StreamingResponse(whole_stream(chain([first], events)), media_type=STREAM)


def whole_stream(events: Iterable[str]) -> Iterator[str]:
    """The events of a stream; what breaks it is told as its last one, and in one line to us."""
    try:
        yield from events
    except Exception as error:
        LOG.warning("a stream broke off: %s: %s", type(error).__name__, first_line(error))
        known = isinstance(error, MehealthError)
        yield event({"error": told(error) if known else UNEXPECTED})
