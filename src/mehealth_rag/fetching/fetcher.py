"""Fetches sources: locks the corpus folder, plans, downloads and reports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager, nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from rapidfuzz import process

from mehealth_rag.corpus import file_names, load_sources
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.fetching.download import Brought, Downloader, FetchJob, bring, format_of
from mehealth_rag.fetching.outcomes import FetchFailure, FetchRow, FetchStatus, Record, StateFile
from mehealth_rag.fetching.web import MEGABYTE, PRODUCT, DownloadLimits, Network, Web
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
    limits: DownloadLimits | None = None,
) -> tuple[FetchRow, ...]:
    """Fetch the sources with these ids, or all, and return their rows in the manifest's order.

    With `force`, every file is downloaded whole. `network` and `limits` replace those of the
    settings.

    Raises:
        UsageError: an id is unknown, or the corpus is the packaged one, which never changes.
        NoIndexError, CorpusError: the corpus folder or its manifest cannot be used.
        MehealthError: another process is fetching, or the record cannot be read or written.
        KeyboardInterrupt: a person stopped it; what was fetched by then stays.
    """
    if settings.corpus == PACKAGED_CORPUS:
        raise UsageError(
            f"the corpus {settings.corpus} came with the program and stays as it is; "
            "copy it to the folder corpus/ and fetch from where that is"
        )
    progress = progress or Progress()
    limits = limits or DownloadLimits(size=settings.fetch_max_megabytes * MEGABYTE)
    sources, files = load_sources(settings.corpus), file_names(settings.corpus)
    chosen = _chosen(sources, ids, settings.corpus)
    with _alone(settings.corpus) if files else nullcontext():  # no manifest: nothing is written
        state = StateFile(settings.corpus)
        planned = [_planned(s, files.get(s.id), state, force) for s in chosen]
        downloader = Downloader(_web(settings, limits, network), state)
        return asyncio.run(_rows(planned, downloader, progress))


def fetch_address(
    settings: Settings, address: str, part: Path, *, limits: DownloadLimits
) -> Brought:
    """Download one address to the file `part`.

    Raises FetchFailure, and OSError if the file cannot be written.
    """

    async def brought() -> Brought:
        async with aclosing(_web(settings, limits)) as web:
            return await bring(web, address, part)

    return asyncio.run(brought())


def _web(settings: Settings, limits: DownloadLimits, network: Network | None = None) -> Web:
    """Return access to the web as the settings allow it; the caller closes it."""
    default = Network(allowed=lambda _: True) if settings.fetch_allow_private else Network()
    return Web(network or default, limits, user_agent(settings.fetch_contact))


def _chosen(sources: Sequence[Source], ids: Sequence[str], folder: Path) -> tuple[Source, ...]:
    """Return the sources with these ids, in the manifest's order; all if there are none."""
    known = [s.id for s in sources]
    for name in ids:
        if name not in known:
            nearest = process.extractOne(name, known)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise UsageError(f"there is no source '{name}' in {folder}{hint}")
    return tuple(s for s in sources if not ids or s.id in ids)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock a corpus folder against other fetches. Raises MehealthError if that is impossible."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        why = "another mehealth fetch is at work there; wait until it is done"
        raise MehealthError(f"{folder}: {why}") from error
    except OSError as error:
        why = f"cannot be written ({error.strerror}); check its permissions"
        raise MehealthError(f"{folder}: {why}") from error
    try:
        yield
    finally:
        lock.release()


def user_agent(contact: str | None) -> str:
    """Return the program's name, and the address that a server's operator may write to."""
    name = f"{PRODUCT}/{version('mehealth-rag')}"
    return f"{name} ({contact})" if contact else name


def _planned(
    source: Source, file: str | None, state: StateFile, force: bool
) -> FetchJob | FetchRow:
    """Return the job for a source that is to be fetched, else its row."""
    if file is None or source.url is None:
        return FetchRow.skipped(source, "no address is known for it")
    try:
        form = format_of(source.format)
    except FetchFailure as failure:
        return FetchRow.failed(source, failure)
    job = FetchJob(source, source.url, form, state.folder / file, file, force=force)
    if source.path is None:
        return job
    try:
        return _planned_again(job, state[source.id], file_hash(source.path))
    except OSError as error:
        why = FetchFailure(f"{file} cannot be read ({error.strerror})", "check its permissions")
        return FetchRow.failed(source, why)


def _planned_again(job: FetchJob, record: Record | None, sha256: str) -> FetchJob | FetchRow:
    """Plan for a source whose file is present: only files that we fetched are replaced."""
    if record is not None and record.sha256 == sha256:
        if job.force or record.url != job.url or record.can_be_compared:
            return replace(job, record=record)
        return FetchRow.of(record, FetchStatus.UP_TO_DATE)
    if job.force:
        return job
    if record is None:
        why = f"{job.file} was put there by hand and stays as it is"
        return FetchRow.skipped(job.source, why)
    why = f"{job.file} was changed since it was fetched and stays"
    return FetchRow.skipped(job.source, why, "remove it to fetch it anew")


async def _rows(
    planned: Sequence[FetchJob | FetchRow], downloader: Downloader, progress: Progress
) -> tuple[FetchRow, ...]:
    """Fetch the files one after the other, and return the rows of all sources."""
    rows: list[FetchRow] = []
    progress.stage("fetch", sum(isinstance(entry, FetchJob) for entry in planned))
    async with aclosing(downloader.web):
        for entry in planned:
            if isinstance(entry, FetchRow):
                rows.append(entry)
            else:
                rows.append(await _row(entry, downloader))
                progress.advance()
    return tuple(rows)


async def _row(job: FetchJob, downloader: Downloader) -> FetchRow:
    """Fetch one source; whatever goes wrong becomes a row."""
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
    return FetchRow.failed(job.source, failure)
