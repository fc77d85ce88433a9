"""Downloads a source: requests it, retries, checks the file and puts it in its place."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

import httpx

from mehealth_rag.corpus import FORMATS
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import ReadingError
from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.outcomes import (
    BY_HAND,
    LATER,
    FetchFailure,
    FetchRow,
    FetchStatus,
    Passing,
    Record,
    StateFile,
    is_file_of,
    put_in_place,
)
from mehealth_rag.fetching.web import MEGABYTE, Web
from mehealth_rag.reading.sniffing import NAMES, check_kind, kind_of
from mehealth_rag.types import Source

_GONE = frozenset({404, 410})
_WEB_PAGE = NAMES["html"]
_FORMS = {name: form for form, name in NAMES.items()}
_TAIL = 2048
_TEXT_FORMS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/x-rst": "rst",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "message/rfc822": "eml",
}
"""Maps a content type to its text format; the content does not tell these apart."""
_CODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Encodings that a body may have although we ask for none: httpx always decodes these."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class FetchJob:
    """A source to be fetched to the file `place`, which is `file` within the corpus folder.

    `record` describes the file already there, if we fetched it. Any other file is never replaced.
    """

    source: Source
    url: str
    form: str
    place: Path
    file: str
    record: Record | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """A downloaded file's format, and the address where redirects ended."""

    form: str
    final_url: str


async def bring(web: Web, address: str, part: Path) -> Brought:
    """Download an address to the file `part`, in whatever format it is.

    Raises FetchFailure and OSError.
    """
    url = web_address(address)

    async def attempt() -> Brought:
        async with web.get(url, {}) as response:
            _check_status(response)
            await _receive(response, part, web.limits.size)
            form = _form_of(part, response)
            _check_kind(part, form, response.headers)
            return Brought(form, str(response.url))

    return await _retried(web, url, attempt)


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads jobs one by one; `state` records every file put in its place."""

    web: Web
    state: StateFile

    async def fetch(self, job: FetchJob) -> FetchRow:
        """Fetch a source, retrying after faults that may pass. Raises FetchFailure and OSError."""
        url = web_address(job.url)
        return await _retried(self.web, url, lambda: self._attempt(job, url))

    async def _attempt(self, job: FetchJob, url: httpx.URL) -> FetchRow:
        async with self.web.get(url, _conditions(job)) as response:
            if response.status_code == 304 and job.record is not None:
                return FetchRow.of(job.record, FetchStatus.UNCHANGED)
            _check_status(response)
            part = job.place.with_name(f"{job.place.name}.part")
            part.parent.mkdir(parents=True, exist_ok=True)
            try:
                await _receive(response, part, self.web.limits.size)
                _check_kind(part, job.form, response.headers)
                return self._placed(job, part, _record(job, response, part))
            finally:  # also when interrupted, or if the disk is full
                part.unlink(missing_ok=True)

    def _placed(self, job: FetchJob, part: Path, record: Record) -> FetchRow:
        """Put a complete file in its place, unless the same file or a foreign one is there."""
        if is_file_of(job.place, record):
            self.state.put(record)
            return FetchRow.of(record, FetchStatus.UNCHANGED)
        if job.place.exists() and not is_file_of(job.place, job.record):
            why = "differs from the server's" if job.force else "was put there meanwhile"
            why = f"the file {record.file} {why} and stays as it is"
            return FetchRow.skipped(job.source, why, "remove it to have the server's")
        put_in_place(part, job.place, record, self.state)
        return FetchRow.of(record, FetchStatus.FETCHED)


async def _retried(
    web: Web, url: httpx.URL, attempt: Callable[[], Awaitable[_Result]], number: int = 1
) -> _Result:
    """Repeat `attempt` until it succeeds, fails for good or has failed too often.

    Waits before each repetition: as long as the server asks, else ever longer. `number` counts the
    attempts. Raises FetchFailure.
    """
    limits = web.limits
    try:
        return await attempt()
    except Passing as fault:
        wait = fault.wait
        if wait is None:
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads requests, guards nothing
            wait = min(limits.backoff * 2.0 ** (number - 1) * jitter, limits.longest_backoff)
        elif wait > limits.longest_retry_after:
            reason = f"{fault.reason} and asks to wait {wait:.0f} s"
            raise FetchFailure(reason, LATER) from fault
        web.host(url).postpone(wait)
        if number == limits.attempts:
            raise
    return await _retried(web, url, attempt, number + 1)


async def _receive(response: httpx.Response, part: Path, limit: int) -> None:
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in _CODINGS:
        what = f"sent with the coding {coding[:40]!r}, which was not asked for"
        raise FetchFailure(what, LATER)
    if (_number(response, "content-length") or 0) > limit:
        raise _too_large(limit)
    with part.open("wb") as stream:
        async for piece in response.aiter_bytes():
            size = stream.tell() + len(piece)
            if max(size, response.num_bytes_downloaded) > limit:
                raise _too_large(limit)
            stream.write(piece)


def _conditions(job: FetchJob) -> dict[str, str]:
    """Return the headers that request the file only if it has changed."""
    record = job.record
    if record is None or job.force or record.url != job.url:
        return {}
    conditions = {"If-None-Match": record.etag, "If-Modified-Since": record.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _check_status(response: httpx.Response) -> None:
    """Raise FetchFailure for a status other than 200."""
    status, host = response.status_code, response.url.host
    if status == 200:
        return
    if status in _GONE:
        raise FetchFailure(
            f"the address leads nowhere any more ({status})",
            "look for the new one and put it into sources.toml",
        )
    if status == 429 or status >= 500:
        raise Passing(f"{host} answers {status}", wait=_retry_after(response))
    raise FetchFailure(f"{host} refuses it ({status})", BY_HAND)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; else None."""
    seconds = _number(response, "retry-after")
    if seconds is not None:
        return float(seconds)
    try:
        until = parsedate_to_datetime(response.headers.get("retry-after", ""))
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - time.time())


def _record(job: FetchJob, response: httpx.Response, part: Path) -> Record:
    headers = response.headers
    return Record(
        id=job.source.id,
        url=job.url,
        final_url=str(response.url),
        file=job.file,
        sha256=file_hash(part),
        bytes=part.stat().st_size,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _too_large(limit: int) -> FetchFailure:
    return FetchFailure(
        f"larger than {limit / MEGABYTE:g} MB", "raise MEHEALTH_FETCH_MAX_MEGABYTES if it is meant"
    )


def _number(response: httpx.Response, header: str) -> int | None:
    text = response.headers.get(header, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def format_of(source_format: str) -> str:
    """Return the format to read a source as. Raises FetchFailure if it cannot be read."""
    form = FORMATS.get(f".{source_format.lower()}", "")
    if not form:
        raise FetchFailure(
            f"the format '{source_format}' cannot be fetched",
            f"give the source one of these in sources.toml: {', '.join(NAMES)}",
        )
    return form


def _check_kind(path: Path, form: str, headers: httpx.Headers) -> None:
    """Raise FetchFailure if a file is not of its format, such as a login page."""
    content = path.read_bytes()
    if not content:
        raise FetchFailure("answers with an empty file", BY_HAND)
    kind, sent = kind_of(content), _content_type(headers)
    kind_name = kind or "something else"
    if kind is None and sent in {"text/html", "application/xhtml+xml"}:
        kind, kind_name = _WEB_PAGE, f"{_WEB_PAGE} ({sent})"
    wrong = f"answers with {kind_name} instead of {NAMES[form]}"
    if kind == _WEB_PAGE and form != "html":
        raise FetchFailure(wrong, BY_HAND)
    try:
        check_kind(path, form, content)
    except ReadingError as error:
        meant = _FORMS.get(kind or "")
        advice = f'give the source format = "{meant}" in sources.toml if it is meant'
        raise FetchFailure(wrong, advice if meant else BY_HAND) from error
    framed = {"content-length", "transfer-encoding"} & set(headers)
    if form == "pdf" and not framed and b"%%EOF" not in content[-_TAIL:]:
        raise Passing("the PDF was cut short (its end is missing)")


def _form_of(path: Path, response: httpx.Response) -> str:
    """Return a download's format, by its content, name or content type. Raises FetchFailure."""
    kind, sent = kind_of(path.read_bytes()), _content_type(response.headers)
    suffix = Path(response.url.path).suffix.lower()
    form = _FORMS.get(kind, "") if kind else FORMATS.get(suffix) or _TEXT_FORMS.get(sent, "")
    if not form:
        what = kind or sent or "something"
        raise FetchFailure(f"answers with {what}, which is not read", BY_HAND)
    return form


def _content_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()
