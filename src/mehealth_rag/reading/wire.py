"""What reading processes answer the program.

A reading process may have been taken over by the file that it reads. What it sends is therefore
unpickled as plain values, from which pages are made here.
"""

from __future__ import annotations

import io
import pickle
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
    ERROR = "error"
    """Why the file cannot be read."""
    LAST_ERROR = "last error"
    """The same, and the process ends: it may be damaged."""


class BrokenWireError(Exception):
    """What came is no answer, or no document."""


def write(stream: IO[bytes], kind: Kind, said: str | bytes = "") -> None:
    """Send one answer: an error's line, or a document packed."""
    pickle.dump((kind.value, said), stream, 5)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Kind, Any]:
    """Receive one answer. Raises BrokenWireError where none comes any more."""
    try:
        kind, said = _Unpickler(stream).load()
        return Kind(kind), said
    except Exception as error:  # whatever bytes can make a pickle raise
        raise BrokenWireError("no answer") from error


def pack(document: Document) -> bytes:
    """A document's pages, hash and metadata as bytes; its source is known where it is asked for."""
    pages = [_flat(page) for page in document.pages]
    return pickle.dumps((document.sha256, pages, dict(document.metadata)), 5)


def _flat(page: Page) -> tuple[Any, ...]:
    """A page in plain values, which pass in a third of the time of types."""
    blocks = [(b.kind.value, b.span.start, b.span.end, b.level) for b in page.blocks]
    lines = [(line.span.start, line.span.end, line.box) for line in page.lines]
    links = [
        (link.url, link.box, link.span and (link.span.start, link.span.end)) for link in page.links
    ]
    fault = page.fault and page.fault.value
    return (
        page.number, page.label, page.text, blocks, lines, links, page.size, page.problem, fault,
    )  # fmt: skip


def _page(flat: tuple[Any, ...]) -> Page:
    """The page of `_flat`."""
    number, label, text, blocks, lines, links, size, problem, fault = flat
    return Page(
        number,
        label,
        text,
        tuple(Block(_KINDS[kind], Span(start, end), level) for kind, start, end, level in blocks),
        tuple(Line(Span(start, end), box) for start, end, box in lines),
        tuple(Link(url, box, span and Span(*span)) for url, box, span in links),
        size,
        problem,
        fault and Fault(fault),
    )


def unpack(data: bytes, source: Source) -> Document:
    """The document of `pack`. Raises BrokenWireError where it holds anything but pages."""
    try:
        with uncollected():
            sha256, pages, metadata = _Unpickler(io.BytesIO(data)).load()
            document = Document(source, str(sha256), tuple(map(_page, pages)), dict(metadata))
            return described(document)
    except Exception as error:
        raise BrokenWireError("no document") from error


class _Unpickler(pickle.Unpickler):
    """Knows plain values and nothing else: no class or function can be called."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's own signature
        raise BrokenWireError(f"{module}.{name} in an answer")
