"""The protocol of reading processes: answers of one line of JSON each, and heartbeats.

A malicious file may have taken over the process that reads it. Answers are therefore plain values,
from which the pages are built here.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from mehealth_rag.reading.describing import described
from mehealth_rag.types import Block, BlockKind, Document, Fault, Line, Link, Page, Source, Span

_KINDS = {kind.value: kind for kind in BlockKind}


class Kind(StrEnum):
    """The kind of an answer."""

    BEAT = "beat"
    """A heartbeat: reading is still in progress."""
    DOCUMENT = "document"
    PICTURE = "picture"
    """A PNG image in base64."""
    ERROR = "error"
    """The file cannot be read; the payload says why."""
    LAST_ERROR = "last error"
    """The same, and the process ends because it may be in a bad state."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A request to render a page: its number from 1 and the image width in pixels."""

    page: int
    width: int


class BrokenWireError(Exception):
    """The process sent something other than a valid answer or document."""


def write(stream: IO[bytes], kind: Kind, payload: object = None) -> None:
    """Send one answer; the payload is an error message, a packed document or an image."""
    stream.write(json.dumps((kind, payload)).encode() + b"\n")
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Kind, Any]:
    """Receive one answer. Raises BrokenWireError at the end of the stream or if it is invalid."""
    try:
        kind, payload = json.loads(stream.readline())
        return Kind(kind), payload
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenWireError("no answer") from error


def pack(document: Document) -> tuple[Any, ...]:
    """Convert a document to plain values, without its source, which the receiver knows."""
    return document.sha256, [_flat(page) for page in document.pages], dict(document.metadata)


def unpack(packed: Any, source: Source) -> Document:  # noqa: ANN401 - unvalidated data
    """Rebuild a document from `pack`. Raises BrokenWireError if the data is invalid."""
    try:
        with uncollected():
            sha256, pages, metadata = packed
            document = Document(source, str(sha256), tuple(map(_page, pages)), dict(metadata))
            return described(document)
    except Exception as error:
        raise BrokenWireError("no document") from error


def _flat(page: Page) -> tuple[Any, ...]:
    blocks = [(b.kind, b.span.start, b.span.end, b.level) for b in page.blocks]
    lines = [(line.span.start, line.span.end, line.box) for line in page.lines]
    links = [
        (link.url, link.box, link.span and (link.span.start, link.span.end)) for link in page.links
    ]
    return (
        page.number, page.label, page.text, blocks, lines, links, page.size, page.problem,
        page.fault,
    )  # fmt: skip


def _page(flat: list[Any]) -> Page:
    number, label, text, blocks, lines, links, size, problem, fault = flat
    return Page(
        number,
        label,
        text,
        tuple(Block(_KINDS[kind], Span(start, end), level) for kind, start, end, level in blocks),
        tuple(Line(Span(start, end), box and tuple(box)) for start, end, box in lines),
        tuple(Link(url, box and tuple(box), span and Span(*span)) for url, box, span in links),
        size and tuple(size),
        problem,
        fault and Fault(fault),
    )


_listeners: list[Callable[[], None]] = []


def beat() -> None:
    """Send a heartbeat: reading is still in progress."""
    for listener in _listeners:
        listener()


def listen(listener: Callable[[], None]) -> None:
    """Call `listener` on every heartbeat for the rest of the process's life."""
    _listeners.append(listener)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause cyclic garbage collection: pages are thousands of small objects without cycles.

    Collection would take a tenth of the reading time and a third of the unpacking time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
