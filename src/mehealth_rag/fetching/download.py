"""One source from one address: asked, gone on with, tried again, checked, and put in its place."""

from __future__ import annotations

import random
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

import httpx

from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.copies import Address
from mehealth_rag.fetching.failures import BY_HAND, LATER, DeadLink, FetchFailure, Passing
from mehealth_rag.fetching.kept import Note, Part, Record, StateFile, is_file_of, sha256_of
from mehealth_rag.fetching.kinds import check, format_told
from mehealth_rag.fetching.report import Row, Status
from mehealth_rag.fetching.web import MEGABYTE, Limits, Web
from mehealth_rag.types import Source

Received = Callable[[int, int | None], None]
"""Is told how many bytes are here, of how many."""

_GONE = frozenset({404, 410})
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_PIECE = 256 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_MEMBER = b"\x1f"
"""How a further member of a gzip file begins."""


@dataclass(frozen=True, slots=True)
class Job:
    """A source to be fetched.

    `record` is of the file that lies there and is ours to replace. `compare` is set where the file
    is somebody else's: it is compared with the server's, and never replaced. `form` is None where
    only the server tells the format: the place is that of a web page until then.
    """

    source: Source
    form: str | None
    place: Path
    file: str
    record: Record | None = None
    force: bool = False
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads jobs, each on its own; `state` is told of every file that gets to its place."""

    web: Web
    state: StateFile
    limits: Limits

    async def fetch(self, job: Job, address: Address, received: Received) -> Row:
        """Fetch a source from one address; faults that may pass are waited out.

        Raises:
            DeadLink: the address leads nowhere; another copy may be looked for.
            FetchFailure: it cannot be fetched from there.
            OSError: the file cannot be written.
        """
        url = web_address(address.url)
        number = 0
        while True:
            number += 1
            try:
                return await self._attempt(job, address, url, received)
            except Passing as fault:
                self.web.host(url).postpone(self._wait(fault, number))
                if number == self.limits.attempts:
                    raise

    def _wait(self, fault: Passing, number: int) -> float:
        """Seconds until the next attempt: what the server says, else growing intervals."""
        limits = self.limits
        if fault.wait is None:
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads requests, guards nothing
            return min(limits.backoff * 2.0 ** (number - 1) * jitter, limits.longest_backoff)
        if fault.wait > limits.longest_retry_after:
            reason = f"{fault.reason} and asks to wait {fault.wait:.0f} s"
            raise FetchFailure(reason, LATER) from fault
        return fault.wait

    async def _attempt(self, job: Job, address: Address, url: httpx.URL, received: Received) -> Row:
        part = Part(job.place)
        asked = _range_headers(part, address.url) | _conditions(job, address)
        async with self.web.get(url, asked) as response:
            if response.status_code == 304 and job.record is not None:
                part.discard()
                return Row.of(job.record, Status.UNCHANGED)
            _check_status(response, part)
            try:
                await self._receive(response, part, address.url, received)
                form = job.form or format_told(part.path, response)
                check(part.path, form, response.headers)
            except BaseException as fault:  # also where the person stops, or the disk is full
                final = isinstance(fault, FetchFailure) and not isinstance(fault, Passing)
                if final or part.resumable(address.url) is None:
                    part.discard()
                raise
        return self._placed(job, part, _record(job, address, response, part, form))

    async def _receive(
        self, response: httpx.Response, part: Part, asked: str, received: Received
    ) -> None:
        """Take the body of a 200 or 206 into the part."""
        limit = self.limits.size
        total = _begun(response, part, asked)
        announced = _number(response.headers.get("content-length")) or 0
        if max(announced, total or 0) > limit:
            raise _too_large(limit)
        with part.path.open("ab") as stream:
            async for piece in _unpacked(response):
                size = stream.tell() + len(piece)
                if max(size, response.num_bytes_downloaded) > limit:
                    raise _too_large(limit)
                stream.write(piece)
                received(size, total)
            size = stream.tell()
        if total is not None and size != total:
            if size > total:
                part.discard()
            raise Passing(f"broke off after {size} of {total} bytes")

    def _placed(self, job: Job, part: Part, record: Record) -> Row:
        """Put a whole part in its place, unless the same or somebody else's file lies there."""
        place = job.place.with_name(PurePosixPath(record.file).name)
        if is_file_of(place, record):
            self.state.put(record)
            part.discard()
            return Row.of(record, Status.UNCHANGED)
        if place.exists() and not is_file_of(place, job.record):
            part.discard()
            why = "differs from the server's" if job.compare else "was put there meanwhile"
            return Row.skipped(
                job.source,
                f"the file {record.file} {why} and stays as it is",
                "remove it to have the server's",
            )
        part.commit(place, record, self.state)
        return Row.of(record, Status.FETCHED)


def _range_headers(part: Part, asked: str) -> dict[str, str]:
    """The headers that ask for the rest of a part only, if the file is still the same."""
    note = part.resumable(asked)
    if note is None or note.validator is None:
        return {}
    return {"Range": f"bytes={part.size}-", "If-Range": note.validator}


def _conditions(job: Job, address: Address) -> dict[str, str]:
    """The headers that spare the body where nothing has changed."""
    record = job.record
    if record is None or job.force or record.asked != address.url:
        return {}
    conditions = {"If-None-Match": record.etag, "If-Modified-Since": record.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _check_status(response: httpx.Response, part: Part) -> None:
    """Raise what a status means, unless a body of the file follows it."""
    status, host = response.status_code, response.url.host
    if status == 200 or (status == 206 and part.size):
        return
    if status in _GONE:
        raise DeadLink(
            f"the address leads nowhere any more ({status})",
            "look for the new one and put it into sources.toml",
        )
    if status == 416:  # the part is not of this file, or there is no more of it: begin anew
        part.discard()
        raise Passing("the rest of the file is not to be had (416)", wait=0.0)
    if status == 429 or status >= 500:
        wait = _retry_after(response.headers.get("retry-after", ""))
        raise Passing(f"{host} answers {status}", wait=wait)
    raise FetchFailure(f"{host} refuses it ({status})", BY_HAND)


def _retry_after(value: str) -> float | None:
    """Seconds that a Retry-After asks for: a number or a date; None where it says neither."""
    seconds = _number(value)
    if seconds is not None:
        return float(seconds)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - time.time())


def _begun(response: httpx.Response, part: Part, asked: str) -> int | None:
    """Prepare the part for a body, and tell the size that the file should have."""
    headers = response.headers
    if response.status_code == 206:
        return _check_range(headers, part, part.resumable(asked))
    if _coding(response):
        part.begin(Note(asked))  # cannot be gone on with: it lies unpacked
        return None
    length = _number(headers.get("content-length"))
    part.begin(Note(asked, headers.get("etag"), headers.get("last-modified"), length))
    return length


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
        raise Passing("the rest of the file does not fit what is here", wait=0.0)
    return total


def _coding(response: httpx.Response) -> str:
    """How the body is packed, although that was not asked for; nothing where it is not."""
    coding = response.headers.get("content-encoding", "").strip().lower().removeprefix("x-")
    return "" if coding == "identity" else coding


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of the file in pieces of bounded size: a bomb is noticed, never held."""
    coding = _coding(response)
    if coding not in {"", "gzip", "deflate"}:
        raise FetchFailure(f"sent with the coding {coding[:40]!r}, which was not asked for", LATER)
    packed = zlib.decompressobj(_GZIP_OR_ZLIB)
    async for chunk in response.aiter_raw():
        if not coding:
            yield chunk
            continue
        rest = chunk
        while rest:
            if packed.eof:
                if not rest.startswith(_MEMBER):
                    return  # what follows the packed file is padding
                packed = zlib.decompressobj(_GZIP_OR_ZLIB)
            for piece in _pieces(packed, rest):
                yield piece
            rest = packed.unused_data
    if coding and not packed.eof:
        raise Passing("the packed file was cut short")


def _pieces(packed: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """What a chunk brings of a packed file, up to the file's end."""
    piece = b""
    try:
        # There may be more to come out also where all was taken in. At the end of the packed file
        # what follows stays in `unconsumed_tail`, too: it would be taken in for ever.
        while not packed.eof and (chunk or len(piece) == _PIECE):
            piece = packed.decompress(chunk, _PIECE)
            yield piece
            chunk = packed.unconsumed_tail
    except zlib.error as error:
        raise FetchFailure("what was sent cannot be unpacked", LATER) from error


def _record(job: Job, address: Address, response: httpx.Response, part: Part, form: str) -> Record:
    headers = response.headers
    told = job.form is None
    return Record(
        id=job.source.id,
        url=job.source.url,
        asked=address.url,
        final_url=str(response.url),
        origin=address.origin,
        file=str(PurePosixPath(job.file).with_suffix(f".{form}")) if told else job.file,
        sha256=sha256_of(part.path),
        bytes=part.size,
        content_type=headers.get("content-type", ""),
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _too_large(limit: int) -> FetchFailure:
    return FetchFailure(
        f"larger than {limit / MEGABYTE:g} MB", "raise MEHEALTH_FETCH_MAX_MEGABYTES if it is meant"
    )


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
