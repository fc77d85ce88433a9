"""What reading processes answer the program: a line of JSON for each answer.

A reading process may have been taken over by the file that it reads. What it sends is therefore
taken as plain values, from which pages are made here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from mehealth_rag.reading.describing import described
from mehealth_rag.reading.upkeep import uncollected
from mehealth_rag.types import Block, BlockKind, Document, Fault, Line, Link, Page, Source, Span

_KINDS = {kind.value: kind for kind in BlockKind}


class Kind(StrEnum):
    """What an answer is."""

    BEAT = "beat"
    """Nothing: reading goes on."""
    DOCUMENT = "document"
    PICTURE = "picture"
    """A PNG picture in base64."""
    ERROR = "error"
    """Why the file cannot be read."""
    LAST_ERROR = "last error"
    """The same, and the process ends: it may be damaged."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is asked for where a page is to be drawn: its number from 1, the width in pixels."""

    page: int
    width: int


class BrokenWireError(Exception):
    """What came is no answer, or no document."""


def write(stream: IO[bytes], kind: Kind, said: object = None) -> None:
    """Send one answer: an error's line, or a document packed."""
    stream.write(json.dumps((kind, said)).encode() + b"\n")
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Kind, Any]:
    """Receive one answer. Raises BrokenWireError where none comes any more."""
    try:
        kind, said = json.loads(stream.readline())
        return Kind(kind), said
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenWireError("no answer") from error


def pack(document: Document) -> tuple[Any, ...]:
    """A document in plain values; its source is known where it is asked for."""
    return document.sha256, [_flat(page) for page in document.pages], dict(document.metadata)


def unpack(packed: Any, source: Source) -> Document:  # noqa: ANN401 - whatever a process has sent
    """The document of `pack`. Raises BrokenWireError where it holds anything but pages."""
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
