"""Carries out one order: everything is checked first, then locked, planned, fetched, reported."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from filelock import FileLock, Timeout
from rapidfuzz import process

from mehealth_rag.corpus import file_names, load_sources, untold
from mehealth_rag.errors import FetchBusyError, FetchStateError, UsageError
from mehealth_rag.fetching.copies import Copies
from mehealth_rag.fetching.download import Downloader, Job
from mehealth_rag.fetching.failures import DeadLink, FetchFailure
from mehealth_rag.fetching.handed_over import file_away
from mehealth_rag.fetching.kept import Record, StateFile, sha256_of
from mehealth_rag.fetching.kinds import format_of
from mehealth_rag.fetching.links import new_links
from mehealth_rag.fetching.report import Row, Status, Watcher
from mehealth_rag.fetching.web import MEGABYTE, PRODUCT, Limits, Network, Web, environment_proxy
from mehealth_rag.types import Source

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

_T = TypeVar("_T")

ENVIRONMENT = "environment"
"""The value of the setting `fetch_proxy` that takes the proxies of the environment."""

LOCK = ".fetched.lock"


@dataclass(frozen=True, slots=True)
class Order:
    """What `mehealth fetch` is told. `mirror` and `folder` exclude each other."""

    ids: tuple[str, ...] = ()
    force: bool = False
    mirror: str | None = None
    folder: Path | None = None
    """The folder of files handed over with --from: nothing is downloaded then."""


@dataclass(frozen=True, slots=True)
class _Corpus:
    """The manifest as fetching needs it: its sources, and where the file of each belongs."""

    folder: Path
    sources: tuple[Source, ...]
    files: dict[str, str]
    untold: dict[str, str]
    """The sources whose format their servers tell, and where the parts of those are."""

    @classmethod
    def load(cls, folder: Path) -> _Corpus:
        return cls(folder, load_sources(folder), file_names(folder), untold(folder))

    def chosen(self, ids: Sequence[str]) -> tuple[Source, ...]:
        """The sources of the given ids, in the manifest's order; all where none is given."""
        known = [s.id for s in self.sources]
        for name in ids:
            if name not in known:
                nearest = process.extractOne(name, known)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                raise UsageError(f"there is no source '{name}' in {self.folder}{hint}")
        return tuple(s for s in self.sources if not ids or s.id in ids)


def fetch(
    settings: Settings,
    order: Order,
    watcher: Watcher | None = None,
    *,
    network: Network | None = None,
    limits: Limits | None = None,
) -> tuple[Row, ...]:
    """Fetch what the order names; a row for every source, in the manifest's order.

    `network` and `limits` stand in for those that the settings make.

    Raises:
        UsageError: an unknown id, or a mirror, folder or archive that is none.
        NoIndexError, CorpusError: the corpus folder or its manifest cannot be used.
        FetchBusyError: another process is fetching into this corpus.
        FetchStateError: the record of what was fetched cannot be read or written.
        KeyboardInterrupt: the person stopped it; the next run goes on where this one was.
    """
    watcher = watcher or Watcher()
    limits = limits or Limits(size=settings.fetch_max_megabytes * MEGABYTE)
    if order.mirror is not None and order.folder is not None:
        raise UsageError("both --mirror and --from are given; give one of them")
    copies = Copies.checked(order.mirror, settings.fetch_archive)
    corpus = _Corpus.load(settings.corpus)
    chosen = corpus.chosen(order.ids)
    with _alone(corpus):
        state = StateFile.load(corpus.folder)
        if state.problem:
            watcher.told(state.problem)
        planned = [_planned(source, corpus, state[source.id], order) for source in chosen]
        jobs = [job for job in planned if isinstance(job, Job)]
        if order.folder is not None:
            rows = file_away(order.folder, jobs, state, limits.size)
        else:
            web = Web(network or _network(settings), limits, user_agent(settings.fetch_contact))
            run = _Run(Downloader(web, state, limits), copies, watcher)
            rows = tuple(awaited(run.work(jobs)))
    return tuple(_with_links(row, corpus) for row in _in_order(planned, rows))


def awaited(work: Coroutine[Any, Any, _T]) -> _T:
    """What asynchronous work gives; beside a loop that runs already (a notebook's) in a thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1, "fetch") as apart:
        return apart.submit(asyncio.run, work).result()


@contextmanager
def _alone(corpus: _Corpus) -> Iterator[None]:
    """Keep other fetches out of the corpus folder."""
    if not corpus.files:  # no manifest: nothing will be written
        yield
        return
    lock = FileLock(corpus.folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise FetchBusyError(
            f"{corpus.folder}: another mehealth fetch is at work there; wait until it is done"
        ) from error
    except OSError as error:
        raise FetchStateError(
            f"{corpus.folder}: cannot be written ({error.strerror}); check its permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _network(settings: Settings) -> Network:
    named = settings.fetch_proxy
    network = Network(proxy=environment_proxy if named == ENVIRONMENT else lambda _url: named)
    return replace(network, allowed=lambda _: True) if settings.fetch_allow_private else network


def user_agent(contact: str | None) -> str:
    """What we call ourselves, and whom a server's keeper may write to."""
    name = f"{PRODUCT}/{version('mehealth-rag')}"
    return f"{name} ({contact})" if contact else name


def _planned(source: Source, corpus: _Corpus, record: Record | None, order: Order) -> Job | Row:
    """A job for a source that is to be fetched, a row for one that is not."""
    file = corpus.files.get(source.id)
    if file is None or (source.url is None and order.folder is None):
        return Row.skipped(source, "no address is known for it")
    try:
        form = format_of(source.format)
    except FetchFailure as failure:
        return Row.failed(source, failure)
    job = Job(source, form, corpus.folder / file, file, force=order.force)
    if source.path is None:
        told = source.id not in corpus.untold or order.folder is not None
        return job if told else replace(job, form=None)
    try:
        sha256 = sha256_of(source.path)
    except OSError as error:
        why = FetchFailure(f"{file} cannot be read ({error.strerror})", "check its permissions")
        return Row.failed(source, why)
    return _planned_again(job, record, sha256, order)


def _planned_again(job: Job, record: Record | None, sha256: str, order: Order) -> Job | Row:
    """What to do for a source whose file is there: only what we fetched ourselves is ours."""
    by_hand = order.folder is not None
    if record is None or record.sha256 != sha256:
        if order.force and not by_hand:
            return replace(job, compare=True)
        if record is None:
            return Row.skipped(job.source, f"{job.file} was put there by hand and stays as it is")
        why = f"{job.file} was changed since it was fetched and stays"
        return Row.skipped(job.source, why, "remove it to fetch it anew")
    moved = record.url != job.source.url
    if order.force or (not by_hand and (moved or record.can_be_compared)):
        return replace(job, record=record)
    return Row.of(record, Status.UP_TO_DATE)


class _Run:
    """Works through the jobs: several hosts at a time, the sources of each one by one."""

    def __init__(self, downloader: Downloader, copies: Copies, watcher: Watcher) -> None:
        self._downloader = downloader
        self._copies = copies
        self._watcher = watcher
        self._rows: list[Row] = []

    async def work(self, jobs: Sequence[Job]) -> list[Row]:
        """The rows of all jobs. Stopped at any moment, parts and record stay usable."""
        groups: dict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            groups[self._host(job)].append(job)
        slots = asyncio.Semaphore(self._downloader.limits.hosts)
        try:
            async with asyncio.TaskGroup() as tasks:
                for group in groups.values():
                    tasks.create_task(self._one_by_one(group, slots))
        finally:
            await self._downloader.web.close()
        return self._rows

    def _host(self, job: Job) -> str:
        """The host that a job begins with; a wrong address has none, and its row will say so."""
        try:
            return httpx.URL(self._copies.addresses(job.source)[0].url).host.lower()
        except (FetchFailure, httpx.InvalidURL):
            return ""

    async def _one_by_one(self, group: Sequence[Job], slots: asyncio.Semaphore) -> None:
        async with slots:
            for job in group:
                row = await self._row(job)
                self._rows.append(row)
                self._watcher.ended(row)

    async def _row(self, job: Job) -> Row:
        """Fetch one source, whatever comes of it."""
        try:
            return await self._fetched(job)
        except FetchFailure as error:
            failure = error
        except OSError as error:
            why = f"{error.filename or job.file} cannot be written ({error.strerror or error})"
            failure = FetchFailure(why, "check disk and permissions")
        except Exception as error:
            why = f"{type(error).__name__}: {' '.join(str(error).split())}"
            failure = FetchFailure(why, "please report it")
        if job.record is not None:
            why = f"{failure.reason}; {job.file} stays as fetched before"
            failure = FetchFailure(why, failure.advice)
        return Row.failed(job.source, failure)

    async def _fetched(self, job: Job) -> Row:
        """Fetch a source from the first of its addresses that is not dead."""
        dead: DeadLink | None = None
        for address in self._copies.addresses(job.source):
            received = partial(self._watcher.received, job.source.id)
            try:
                return await self._downloader.fetch(job, address, received)
            except DeadLink as failure:
                dead = dead or failure
            except FetchFailure as failure:
                if dead is None:
                    raise
                why = f"{dead.reason}; the {address.origin}: {failure.reason}"
                raise FetchFailure(why, failure.advice) from failure
        raise dead or DeadLink("no address is known for it", "put one into sources.toml")


def _in_order(planned: Sequence[Job | Row], rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of the sources as the manifest has them, then those of files without one."""
    made = {row.id: row for row in rows if row.id is not None}
    for entry in planned:
        yield entry if isinstance(entry, Row) else made[entry.source.id]
    yield from (row for row in rows if row.id is None)


def _with_links(row: Row, corpus: _Corpus) -> Row:
    """The row of a fetched document with the links in it that are no source yet."""
    if row.status is not Status.FETCHED or row.file is None:
        return row
    known = [s.url for s in corpus.sources if s.url is not None]
    base = row.final_url or row.url or ""
    return replace(row, links=new_links(corpus.folder / row.file, base, known))
