"""One source from one address: asked, tried again, compared, and put in its place."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

import httpx

from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.exchange import Exchange, Reply
from mehealth_rag.fetching.failures import DeadLink, FetchFailure, Passing
from mehealth_rag.fetching.kinds import Kind, kind_told
from mehealth_rag.fetching.limits import Limits
from mehealth_rag.fetching.parts import Part, is_file_of
from mehealth_rag.fetching.receiving import Received, Wanted, Whole, range_headers, receive
from mehealth_rag.fetching.report import Row, Status
from mehealth_rag.fetching.state import Origin, Record, StateFile
from mehealth_rag.types import Source

_BY_HAND = "get it in a browser if that is allowed, and hand it over with --from"
_LATER = "run mehealth fetch again later"
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Job:
    """A source to be fetched.

    `record` is of the file that lies there and is ours to replace. `compare` is set where the file
    is somebody else's: it is compared with the server's, and never replaced. `told` is false where
    only the server tells the format: kind and place are those of a web page until then.
    """

    source: Source
    kind: Kind
    place: Path
    file: str
    record: Record | None = None
    force: bool = False
    compare: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """One address to try, and what sort of copy it leads to."""

    url: str
    origin: Origin = Origin.WEB


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads jobs, each on its own; `state` is told of every file that gets to its place."""

    exchange: Exchange
    state: StateFile
    limits: Limits

    def fetch(self, job: Job, address: Address, received: Received) -> Row:
        """Fetch a source from one address.

        Raises:
            DeadLink: the address leads nowhere; another copy may be looked for.
            FetchFailure: it cannot be fetched from there.
            OSError: the file cannot be written.
            Stopped: the person wants to stop; the part stays.
        """
        url = web_address(address.url)
        part = Part(job.place)

        def attempt() -> Row:
            asked = range_headers(part, address.url) | _conditions(job, address)
            with self.exchange.get(url, asked) as reply:
                if reply.status == 304 and job.record is not None:
                    part.discard()
                    return Row.of(job.record, Status.UNCHANGED)
                _check_status(reply, part)
                found = _as_told(job, reply)
                wanted = Wanted(address.url, found.kind, self.limits)
                whole = receive(reply, part, wanted, received)
                record = _record(found, address, reply, whole)
            return self._placed(found, part, record)

        return self._patiently(url, attempt)

    def _patiently(self, url: httpx.URL, attempt: Callable[[], Row]) -> Row:
        """Try again after faults that may pass, at growing intervals or when the server says."""
        gate = self.exchange.hosts.gate(url)
        for number in range(1, self.limits.attempts):
            try:
                return attempt()
            except Passing as fault:
                wait = self._wait(fault, number)
            gate.postpone(wait)
            gate.watch.sleep(wait)
        try:
            return attempt()
        except Passing as fault:
            self._wait(fault, self.limits.attempts)
            raise

    def _wait(self, fault: Passing, number: int) -> float:
        limits = self.limits
        if fault.wait is not None:
            if fault.wait > limits.longest_retry_after:
                raise FetchFailure(
                    f"{fault.reason} and asks to wait {fault.wait:.0f} s", _LATER
                ) from fault
            return fault.wait
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads requests, guards nothing
        return min(limits.backoff * 2.0 ** (number - 1) * jitter, limits.longest_backoff)

    def _placed(self, job: Job, part: Part, record: Record) -> Row:
        """Put a whole part in its place, unless the same or somebody else's file lies there."""
        if is_file_of(job.place, record):
            self.state.put(record)
            part.discard()
            return Row.of(record, Status.UNCHANGED)
        if job.place.exists() and not is_file_of(job.place, job.record):
            part.discard()
            why = "differs from the server's" if job.compare else "was put there meanwhile"
            return Row(
                job.source.id,
                Status.SKIPPED,
                f"the file {job.file} {why} and stays as it is",
                "remove it to have the server's",
                url=job.source.url,
            )
        part.commit(record, self.state)
        return Row.of(record, Status.FETCHED)


def _conditions(job: Job, address: Address) -> dict[str, str]:
    """The headers that spare the body where nothing has changed."""
    record = job.record
    if record is None or job.force or record.asked != address.url:
        return {}
    headers = {}
    if record.etag:
        headers["If-None-Match"] = record.etag
    if record.last_modified:
        headers["If-Modified-Since"] = record.last_modified
    return headers


def _as_told(job: Job, reply: Reply) -> Job:
    """The job with the kind that the server tells, where the manifest does not; its place too."""
    if job.told:
        return job
    disposition = Message()
    disposition["Content-Disposition"] = reply.headers.get("content-disposition", "")
    names = (disposition.get_filename() or "", reply.url.path)
    kind = kind_told(reply.headers.get("content-type", ""), names)
    file = str(PurePosixPath(job.file).with_suffix(kind.ending))
    return replace(job, kind=kind, file=file, place=job.place.with_suffix(kind.ending))


def _check_status(reply: Reply, part: Part) -> None:
    """Raise what a status means, unless a body of the file follows it."""
    status = reply.status
    if status == 200 or (status == 206 and part.size):
        return
    if status in _GONE:
        raise DeadLink(
            f"the address leads nowhere any more ({status})",
            "look for the new one and put it into sources.toml",
        )
    if status == 416:  # the part is not of this file, or there is no more of it: begin anew
        part.discard()
        raise Passing("the rest of the file is not to be had (416)", _LATER, wait=0.0)
    if status == 429 or status >= 500:
        wait = _retry_after(reply.headers.get("retry-after"))
        raise Passing(f"{reply.url.host} answers {status}", _LATER, wait)
    raise FetchFailure(f"{reply.url.host} refuses it ({status})", _BY_HAND)


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After asks for: a number or a date; None where it says neither."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - time.time())


def _record(job: Job, address: Address, reply: Reply, whole: Whole) -> Record:
    return Record(
        id=job.source.id,
        url=job.source.url,
        asked=address.url,
        final_url=str(reply.url),
        origin=address.origin,
        file=job.file,
        sha256=whole.sha256,
        bytes=whole.size,
        content_type=reply.headers.get("content-type", ""),
        etag=reply.headers.get("etag"),
        last_modified=reply.headers.get("last-modified"),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
