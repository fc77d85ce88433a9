"""A response becomes a part: checked, counted, unpacked, and gone on with where it stopped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx

from mehealth_rag.fetching.exchange import Reply
from mehealth_rag.fetching.failures import FetchFailure, OutOfTime, Passing
from mehealth_rag.fetching.kinds import HEAD, Kind
from mehealth_rag.fetching.limits import MEGABYTE, Limits
from mehealth_rag.fetching.parts import Note, Part, Sink
from mehealth_rag.fetching.unpacking import Unpacker, unpacker

Received = Callable[[int, int | None], None]

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_AGAIN = "run mehealth fetch again later"
_END = b"%%EOF"
_TAIL = 2048


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that is complete in its part."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the address, the kind that it should be, and the bounds."""

    asked: str
    kind: Kind
    limits: Limits


def range_headers(part: Part, asked: str) -> dict[str, str]:
    """The headers that ask for the rest of a part only, if the file is still the same."""
    note = part.resumable(asked)
    if note is None or note.validator is None:
        return {}
    return {"Range": f"bytes={part.size}-", "If-Range": note.validator}


def receive(reply: Reply, part: Part, wanted: Wanted, received: Received) -> Whole:
    """Take the body of a 200 or 206 into the part.

    Raises:
        FetchFailure: it is too large, or of another kind; the part is gone then.
        Passing, OutOfTime: it broke off; the part stays where it can be gone on with.
    """
    try:
        wanted.kind.check_type(reply.headers.get("content-type", ""))
        return _receive(reply, part, wanted, received)
    except BaseException as fault:  # also where the person stops, or the disk is full
        final = isinstance(fault, FetchFailure) and not isinstance(fault, Passing | OutOfTime)
        if final or part.resumable(wanted.asked) is None:
            part.discard()
        raise


def _receive(reply: Reply, part: Part, wanted: Wanted, received: Received) -> Whole:
    length = _number(reply.headers.get("content-length"))
    total, opened = _opened(reply, part, wanted, length)
    limit = wanted.limits.size
    if max(length or 0, total or 0) > limit:
        raise _too_large(limit)
    coding = unpacker(reply.headers.get("content-encoding", ""))
    with opened as sink:
        checked = False
        for piece in _pieces(reply.chunks, coding, limit):
            if sink.size + len(piece) > limit:
                raise _too_large(limit)
            sink.write(piece)
            if not checked and len(sink.head) >= HEAD:
                wanted.kind.check_head(sink.head)
                checked = True
            received(sink.size, total)
        wanted.kind.check_head(sink.head)
        whole = Whole(sink.sha256, sink.size)
    _check_end(reply, part, whole, total)
    return whole


def _opened(
    reply: Reply, part: Part, wanted: Wanted, length: int | None
) -> tuple[int | None, AbstractContextManager[Sink]]:
    """The size that the file should have, and the part opened where the body belongs."""
    headers = reply.headers
    if reply.status == 206:
        return _check_range(headers, part, part.resumable(wanted.asked)), part.resumed()
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return None, part.begun(Note(wanted.asked))  # cannot be gone on with: it lies unpacked
    note = Note(wanted.asked, headers.get("etag"), headers.get("last-modified"), length)
    return length, part.begun(note)


def _check_range(headers: httpx.Headers, part: Part, note: Note | None) -> int | None:
    """The whole size, where a partial body fits to the part exactly; else begin anew."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    total = _number(match[2]) if match else None
    same = (
        note is not None
        and match is not None
        and int(match[1]) == part.size
        and headers.get("etag", note.etag) == note.etag
        and (None in {total, note.total} or total == note.total)
        and "content-encoding" not in headers
    )
    if not same:
        part.discard()
        raise Passing("the rest of the file does not fit what is here", _AGAIN, wait=0.0)
    return total


def _pieces(chunks: Iterator[bytes], coding: Unpacker, limit: int) -> Iterator[bytes]:
    sent = 0
    for chunk in chunks:
        sent += len(chunk)
        if sent > limit:
            raise _too_large(limit)
        yield from coding.feed(chunk)
    coding.end()


def _check_end(reply: Reply, part: Part, whole: Whole, total: int | None) -> None:
    """Raise Passing where the end is missing and the transfer itself could not tell."""
    if total is not None and whole.size < total:
        raise Passing(f"broke off after {whole.size} of {total} bytes", _AGAIN)
    if total is not None and whole.size > total:
        part.discard()
        raise Passing(f"sent {whole.size} bytes instead of {total}", _AGAIN)
    framed = {"content-length", "transfer-encoding"} & set(reply.headers)
    if not framed and part.place.suffix.lower() == ".pdf":
        with part.path.open("rb") as stream:
            stream.seek(max(0, whole.size - _TAIL))
            if _END not in stream.read():
                raise Passing("the PDF was cut short (its end is missing)", _AGAIN)


def _too_large(limit: int) -> FetchFailure:
    return FetchFailure(
        f"larger than {limit / MEGABYTE:g} MB", "raise MEHEALTH_FETCH_MAX_MEGABYTES if it is meant"
    )


def _number(text: str | None) -> int | None:
    return (
        int(text)
        if text is not None and text.strip().isascii() and text.strip().isdigit()
        else None
    )
