"""What passes between the program and its reading processes: orders as JSON, answers framed.

A reading process may have been taken over by the file that it reads. What it sends is therefore
unpickled as plain values, from which pages are made here, and never more of it than a limit.
"""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_rag.reading.describing import described
from mehealth_rag.reading.options import ReadingOptions
from mehealth_rag.reading.upkeep import uncollected
from mehealth_rag.types import Block, BlockKind, Document, Fault, Line, Link, Page, Source, Span

if TYPE_CHECKING:
    from typing import IO

MOST = 1_000_000_000
"""Bytes of one answer; a page takes some seven thousand."""

_HEADER = 9
_KINDS = {kind.value: kind for kind in BlockKind}


class Kind(Enum):
    """What a frame holds."""

    BEAT = b"B"
    """Nothing: reading goes on."""
    DOCUMENT = b"D"
    ERROR = b"E"
    """Why the file cannot be read."""
    LAST_ERROR = b"L"
    """The same, and the process ends: it may be damaged."""


class BrokenWireError(Exception):
    """What came is no frame, or no document."""


def order(source: Source, options: ReadingOptions) -> bytes:
    """A line that asks for a source to be read."""
    wanted = {
        "id": source.id,
        "format": source.format,
        "url": source.url,
        "path": str(source.path) if source.path is not None else None,
        "options": asdict(options),
    }
    return json.dumps(wanted).encode() + b"\n"


def ordered(line: bytes) -> tuple[Source, ReadingOptions]:
    """The source and the options of an order."""
    wanted = json.loads(line)
    options = wanted["options"]
    path = wanted["path"]
    source = Source(
        wanted["id"], "", "", wanted["format"], wanted["url"], Path(path) if path else None
    )
    return source, ReadingOptions(**options | {"passwords": tuple(options["passwords"])})


def write(stream: IO[bytes], kind: Kind, data: bytes = b"") -> None:
    """Send one frame."""
    stream.write(kind.value + len(data).to_bytes(_HEADER - 1) + data)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Kind, bytes] | None:
    """Receive one frame; None at the end. Raises BrokenWireError."""
    header = stream.read(_HEADER)
    if len(header) < _HEADER:
        return None
    size = int.from_bytes(header[1:])
    try:
        kind = Kind(header[:1])
    except ValueError as error:
        raise BrokenWireError("no frame") from error
    if size > MOST:
        raise BrokenWireError(f"a frame of {size:,} bytes")
    data = stream.read(size)
    return (kind, data) if len(data) == size else None


def pack(document: Document) -> bytes:
    """A document's pages, hash and metadata as bytes; its source is known where it is asked for."""
    pages = [_flat(page) for page in document.pages]
    return pickle.dumps((document.sha256, pages, dict(document.metadata)), 5)


def _flat(page: Page) -> tuple[Any, ...]:
    """A page in plain values, which pass in a third of the time of types."""
    blocks = [(b.kind.value, b.span.start, b.span.end, b.level) for b in page.blocks]
    lines = [(line.span.start, line.span.end, line.box) for line in page.lines]
    links = [(link.url, link.box, link.span and _ends(link.span)) for link in page.links]
    fault = page.fault and page.fault.value
    return (
        page.number, page.label, page.text, blocks, lines, links, page.size, page.problem, fault,
    )  # fmt: skip


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


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
    except Exception as error:  # whatever bytes can make a pickle raise
        raise BrokenWireError("no document") from error


class _Unpickler(pickle.Unpickler):
    """Knows plain values and nothing else: no class or function can be called."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's own signature
        raise BrokenWireError(f"{module}.{name} in an answer")
