"""Carries out one order: everything is checked first, then locked, planned, fetched, reported."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from filelock import FileLock, Timeout
from rapidfuzz import process

from mehealth_rag.corpus import file_names, load_sources
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import FetchBusyError, FetchStateError, UsageError
from mehealth_rag.fetching.download import Downloader, Job, format_of
from mehealth_rag.fetching.kept import Record, StateFile
from mehealth_rag.fetching.links import new_links
from mehealth_rag.fetching.outcomes import FetchFailure, Row, Status
from mehealth_rag.fetching.web import MEGABYTE, PRODUCT, Limits, Network, Web
from mehealth_rag.index.report import Progress
from mehealth_rag.types import Source

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

LOCK = ".fetched.lock"


@dataclass(frozen=True, slots=True)
class Order:
    """What `mehealth fetch` is told: which sources (none: all), and whether to ask for all anew."""

    ids: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class _Corpus:
    """The manifest as fetching needs it: its sources, and where the file of each belongs."""

    folder: Path
    sources: tuple[Source, ...]
    files: dict[str, str]

    @classmethod
    def load(cls, folder: Path) -> _Corpus:
        return cls(folder, load_sources(folder), file_names(folder))

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
    progress: Progress | None = None,
    *,
    network: Network | None = None,
    limits: Limits | None = None,
) -> tuple[Row, ...]:
    """Fetch what the order names; a row for every source, in the manifest's order.

    `network` and `limits` stand in for those that the settings make.

    Raises:
        UsageError: an unknown id.
        NoIndexError, CorpusError: the corpus folder or its manifest cannot be used.
        FetchBusyError: another process is fetching into this corpus.
        FetchStateError: the record of what was fetched cannot be read or written.
        KeyboardInterrupt: the person stopped it; what was fetched by then stays.
    """
    progress = progress or Progress()
    limits = limits or Limits(size=settings.fetch_max_megabytes * MEGABYTE)
    corpus = _Corpus.load(settings.corpus)
    chosen = corpus.chosen(order.ids)
    with _alone(corpus):
        state = StateFile(corpus.folder)
        planned = [_planned(source, corpus, state[source.id], order) for source in chosen]
        jobs = [entry for entry in planned if isinstance(entry, Job)]
        anywhere = Network(allowed=lambda _: True) if settings.fetch_allow_private else Network()
        web = Web(network or anywhere, limits, user_agent(settings.fetch_contact))
        rows = asyncio.run(_work(jobs, Downloader(web, state, limits), progress))
    made = (entry if isinstance(entry, Row) else rows[entry.source.id] for entry in planned)
    return tuple(_with_links(row, corpus) for row in made)


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


def user_agent(contact: str | None) -> str:
    """What we call ourselves, and whom a server's keeper may write to."""
    name = f"{PRODUCT}/{version('mehealth-rag')}"
    return f"{name} ({contact})" if contact else name


def _planned(source: Source, corpus: _Corpus, record: Record | None, order: Order) -> Job | Row:
    """A job for a source that is to be fetched, a row for one that is not."""
    file = corpus.files.get(source.id)
    if file is None or source.url is None:
        return Row.skipped(source, "no address is known for it")
    try:
        form = format_of(source.format)
    except FetchFailure as failure:
        return Row.failed(source, failure)
    job = Job(source, source.url, form, corpus.folder / file, file, force=order.force)
    if source.path is None:
        return job
    try:
        return _planned_again(job, record, file_hash(source.path))
    except OSError as error:
        why = FetchFailure(f"{file} cannot be read ({error.strerror})", "check its permissions")
        return Row.failed(source, why)


def _planned_again(job: Job, record: Record | None, sha256: str) -> Job | Row:
    """What to do for a source whose file is there: only what we fetched ourselves is ours."""
    if record is None or record.sha256 != sha256:
        if job.force:
            return job
        if record is None:
            return Row.skipped(job.source, f"{job.file} was put there by hand and stays as it is")
        why = f"{job.file} was changed since it was fetched and stays"
        return Row.skipped(job.source, why, "remove it to fetch it anew")
    if job.force or record.url != job.url or record.can_be_compared:
        return replace(job, record=record)
    return Row.of(record, Status.UP_TO_DATE)


async def _work(jobs: Sequence[Job], downloader: Downloader, progress: Progress) -> dict[str, Row]:
    """The rows of all jobs by id: several hosts at a time, the sources of each one by one."""
    rows: dict[str, Row] = {}
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[_host(job)].append(job)
    slots = asyncio.Semaphore(downloader.limits.hosts)

    async def one_by_one(group: Sequence[Job]) -> None:
        async with slots:
            for job in group:
                rows[job.source.id] = await _row(job, downloader)
                progress.advance()

    progress.stage("fetch", len(jobs))
    try:
        async with asyncio.TaskGroup() as tasks:
            for group in groups.values():
                tasks.create_task(one_by_one(group))
    finally:
        await downloader.web.close()
    return rows


def _host(job: Job) -> str:
    """The host that a job begins with; a wrong address has none, and its row will say so."""
    try:
        return httpx.URL(job.url).host.lower()
    except httpx.InvalidURL:
        return ""


async def _row(job: Job, downloader: Downloader) -> Row:
    """Fetch one source, whatever comes of it."""
    try:
        return await downloader.fetch(job)
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


def _with_links(row: Row, corpus: _Corpus) -> Row:
    """The row of a fetched document with the links in it that are no source yet."""
    if row.status is not Status.FETCHED or row.file is None:
        return row
    known = [s.url for s in corpus.sources if s.url is not None]
    base = row.final_url or row.url or ""
    return replace(row, links=new_links(corpus.folder / row.file, base, known))
