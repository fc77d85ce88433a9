"""The whole fetch: planned, downloaded over several hosts at a time, reported."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

import httpx

from mehealth_rag.fetching.copies import addresses
from mehealth_rag.fetching.download import Address, Downloader, Job
from mehealth_rag.fetching.failures import DeadLink, FetchFailure, Stopped
from mehealth_rag.fetching.planning import failed
from mehealth_rag.fetching.receiving import Received
from mehealth_rag.fetching.report import Row, Watcher

_LOOK = 0.1
_LEAVE_AFTER = 3.0
"""Seconds that a stopped worker is waited for; what it still writes is safe at any moment."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Where else than at its address a source may be looked for."""

    mirror: str | None = None
    archive: str | None = None


class Run:
    """Works through the jobs: each host has one worker at a time."""

    def __init__(
        self, downloader: Downloader, copies: Copies, watcher: Watcher, stop: threading.Event
    ) -> None:
        self._downloader = downloader
        self._copies = copies
        self._watcher = watcher
        self._stop = stop
        self._rows: dict[str, Row] = {}
        self._queue: SimpleQueue[list[Job]] = SimpleQueue()

    def work(self, jobs: Sequence[Job], hosts: int) -> dict[str, Row]:
        """The rows of all jobs, by source.

        Raises KeyboardInterrupt when the person stops it: parts and state stay usable.
        """
        groups: dict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            groups[_host(job, self._copies)].append(job)
        for group in groups.values():
            self._queue.put(group)
        workers = [
            threading.Thread(target=self._worker, daemon=True, name=f"fetch {number}")
            for number in range(min(hosts, len(groups)))
        ]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive():  # in slices, for an interrupt to get through everywhere
                    worker.join(_LOOK)
        except BaseException:
            self._stop.set()
            for worker in workers:
                worker.join(_LEAVE_AFTER)
            raise
        return self._rows

    def _worker(self) -> None:
        while True:
            try:
                group = self._queue.get_nowait()
            except Empty:
                return
            for job in group:
                try:
                    row = self._row(job)
                except Stopped:
                    return
                self._rows[job.source.id] = row
                self._watcher.ended(row)

    def _row(self, job: Job) -> Row:
        """Fetch one source, whatever comes of it; raises only Stopped."""
        try:
            return self._fetched(job)
        except FetchFailure as failure:
            return failed(job.source, _with_leftover(failure, job))
        except OSError as error:
            why = f"{error.filename or job.file} cannot be written ({error.strerror or error})"
            return failed(job.source, FetchFailure(why, "check disk and permissions"))
        except Stopped:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return failed(job.source, FetchFailure(why, "please report it"))

    def _fetched(self, job: Job) -> Row:
        dead: DeadLink | None = None
        for address in addresses(job, self._copies.mirror, self._copies.archive):
            try:
                row = self._downloader.fetch(job, address, self._received(job))
            except DeadLink as failure:
                dead = dead or failure
            except FetchFailure as failure:
                raise _of_copy(failure, dead, address) from failure
            else:
                return row
        raise dead or DeadLink("no address is known for it", "put one into sources.toml")

    def _received(self, job: Job) -> Received:
        return partial(self._watcher.received, job.source.id)


def _of_copy(failure: FetchFailure, dead: DeadLink | None, address: Address) -> FetchFailure:
    """Tell of the original first where it was a copy that failed."""
    if dead is None:
        return failure
    return FetchFailure(f"{dead.reason}; the {address.origin}: {failure.reason}", failure.advice)


def _with_leftover(failure: FetchFailure, job: Job) -> FetchFailure:
    """Say that the file of an earlier fetch is still there."""
    if job.record is None:
        return failure
    return FetchFailure(f"{failure.reason}; {job.file} stays as fetched before", failure.advice)


def _host(job: Job, copies: Copies) -> str:
    """The host that a job begins with; a wrong address has none, and will be told of as such."""
    try:
        first = addresses(job, copies.mirror, None)[0]
        return httpx.URL(first.url).host.lower()
    except (FetchFailure, httpx.InvalidURL):
        return ""
