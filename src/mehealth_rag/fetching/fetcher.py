"""Fetches sources: everything is checked first, then locked, planned, fetched, reported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from rapidfuzz import process

from mehealth_rag.corpus import file_names, load_sources
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.fetching.download import Brought, Downloader, Job, bring, format_of
from mehealth_rag.fetching.outcomes import FetchFailure, Row, Status
from mehealth_rag.fetching.record import Record, StateFile
from mehealth_rag.fetching.web import MEGABYTE, PRODUCT, Limits, Network, Web
from mehealth_rag.growing import Progress
from mehealth_rag.settings import PACKAGED_CORPUS, Settings
from mehealth_rag.types import Source

LOCK = ".fetched.lock"


def fetch(
    settings: Settings,
    ids: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    force: bool = False,
    network: Network | None = None,
    limits: Limits | None = None,
) -> tuple[Row, ...]:
    """Fetch some sources, or all; a row for each, in the manifest's order.

    With `force` the servers are asked for the whole of every file. `network` and `limits` stand in
    for those that the settings make.

    Raises:
        UsageError: an unknown id, or the corpus is the packaged one, which stays as it is.
        NoIndexError, CorpusError: the corpus folder or its manifest cannot be used.
        MehealthError: another process is fetching, or the record of it cannot be read or written.
        KeyboardInterrupt: the person stopped it; what was fetched by then stays.
    """
    if settings.corpus == PACKAGED_CORPUS:
        raise UsageError(
            f"the corpus {settings.corpus} came with the program and stays as it is; "
            "copy it to the folder corpus/ and fetch from where that is"
        )
    progress = progress or Progress()
    limits = limits or Limits(size=settings.fetch_max_megabytes * MEGABYTE)
    sources, files = load_sources(settings.corpus), file_names(settings.corpus)
    chosen = _chosen(sources, ids, settings.corpus)
    with _alone(settings.corpus) if files else nullcontext():  # no manifest: nothing is written
        state = StateFile(settings.corpus)
        planned = [_planned(s, files.get(s.id), state, force) for s in chosen]
        web = opened_web(settings, limits, network)
        return asyncio.run(_rows(planned, Downloader(web, state, limits), progress))


def fetch_address(
    settings: Settings,
    address: str,
    part: Path,
    *,
    network: Network | None = None,
    limits: Limits,
) -> Brought:
    """Download one address to the file `part`, with the guard that keeps inside addresses out.

    Raises FetchFailure, and OSError where the file cannot be written.
    """

    async def brought() -> Brought:
        web = opened_web(settings, limits, network)
        try:
            return await bring(web, limits, address, part)
        finally:
            await web.close()

    return asyncio.run(brought())


def opened_web(settings: Settings, limits: Limits, network: Network | None) -> Web:
    """The way out as the settings have it; `network` stands in for theirs. To be closed."""
    anywhere = Network(allowed=lambda _: True) if settings.fetch_allow_private else Network()
    return Web(network or anywhere, limits, user_agent(settings.fetch_contact))


def _chosen(sources: Sequence[Source], ids: Sequence[str], folder: Path) -> tuple[Source, ...]:
    """The sources of the given ids, in the manifest's order; all where none is given."""
    known = [s.id for s in sources]
    for name in ids:
        if name not in known:
            nearest = process.extractOne(name, known)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise UsageError(f"there is no source '{name}' in {folder}{hint}")
    return tuple(s for s in sources if not ids or s.id in ids)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other fetches out of the corpus folder."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise MehealthError(
            f"{folder}: another mehealth fetch is at work there; wait until it is done"
        ) from error
    except OSError as error:
        raise MehealthError(
            f"{folder}: cannot be written ({error.strerror}); check its permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()


def user_agent(contact: str | None) -> str:
    """What we call ourselves, and whom a server's keeper may write to."""
    name = f"{PRODUCT}/{version('mehealth-rag')}"
    return f"{name} ({contact})" if contact else name


def _planned(source: Source, file: str | None, state: StateFile, force: bool) -> Job | Row:
    """A job for a source that is to be fetched, a row for one that is not."""
    if file is None or source.url is None:
        return Row.skipped(source, "no address is known for it")
    try:
        form = format_of(source.format)
    except FetchFailure as failure:
        return Row.failed(source, failure)
    job = Job(source, source.url, form, state.folder / file, file, force=force)
    if source.path is None:
        return job
    try:
        return _planned_again(job, state[source.id], file_hash(source.path))
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


async def _rows(
    planned: Sequence[Job | Row], downloader: Downloader, progress: Progress
) -> tuple[Row, ...]:
    """The rows of all sources, their files fetched one after the other."""
    rows: list[Row] = []
    progress.stage("fetch", sum(isinstance(entry, Job) for entry in planned))
    try:
        for entry in planned:
            if isinstance(entry, Row):
                rows.append(entry)
            else:
                rows.append(await _row(entry, downloader))
                progress.advance()
    finally:
        await downloader.web.close()
    return tuple(rows)


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
