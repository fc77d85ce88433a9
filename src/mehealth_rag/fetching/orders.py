"""Carries out one order: everything is checked first, then locked, planned, fetched, reported."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mehealth_rag.corpus import FORMATS
from mehealth_rag.errors import FetchBusyError, FetchStateError, UsageError
from mehealth_rag.fetching.copies import checked_archive, checked_mirror
from mehealth_rag.fetching.download import Downloader, Job
from mehealth_rag.fetching.exchange import PRODUCT, Exchange
from mehealth_rag.fetching.filing import file_away
from mehealth_rag.fetching.limits import MEGABYTE, Limits
from mehealth_rag.fetching.links import new_links
from mehealth_rag.fetching.network import Network, ProxyFor, environment_proxy, no_proxy
from mehealth_rag.fetching.parts import Part
from mehealth_rag.fetching.planning import Corpus, Order, plan
from mehealth_rag.fetching.report import Row, Silence, Status, Watcher
from mehealth_rag.fetching.running import Copies, Run
from mehealth_rag.fetching.state import StateFile

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

ENVIRONMENT = "environment"
"""The value of the setting `fetch_proxy` that takes the proxies of the environment."""

LOCK = ".fetched.lock"


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
    watcher = watcher or Silence()
    limits = limits or Limits(size=settings.fetch_max_megabytes * MEGABYTE)
    copies = _copies(settings, order)
    corpus = Corpus.load(settings.corpus)
    corpus.chosen(order.ids)
    with _alone(corpus):
        state = _state(corpus, watcher)
        corpus = Corpus.load(settings.corpus)  # again: what an interrupted run left is in place now
        planned = plan(corpus.chosen(order.ids), corpus, state, order)
        jobs = [job for job in planned if isinstance(job, Job)]
        if order.folder is not None:
            rows = file_away(order.folder, jobs, state, limits.size)
        else:
            network = network or _network(settings)
            rows = _downloaded(jobs, state, watcher, (network, limits, copies, settings))
    return tuple(_with_links(row, corpus) for row in _in_order(planned, rows))


def _copies(settings: Settings, order: Order) -> Copies:
    if order.mirror is not None and order.folder is not None:
        raise UsageError("both --mirror and --from are given; give one of them")
    archive = settings.fetch_archive
    return Copies(
        checked_mirror(order.mirror) if order.mirror is not None else None,
        checked_archive(archive) if archive is not None else None,
    )


@contextmanager
def _alone(corpus: Corpus) -> Iterator[None]:
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


def _state(corpus: Corpus, watcher: Watcher) -> StateFile:
    """The state, with what an interrupted run had not yet written into it."""
    state = StateFile.load(corpus.folder)
    if state.problem:
        watcher.told(state.problem)
    try:
        for name in {*corpus.files.values(), *corpus.untold.values()}:
            Part(corpus.folder / name).recover(state)
    except OSError as error:
        raise FetchStateError(
            f"{error.filename or state.path}: cannot be written ({error.strerror}); "
            "check disk and permissions"
        ) from error
    return state


def _network(settings: Settings) -> Network:
    named = settings.fetch_proxy
    proxy: ProxyFor = no_proxy
    if named == ENVIRONMENT:
        proxy = environment_proxy
    elif named is not None:
        proxy = lambda _url: named  # noqa: E731 - nothing to name
    if settings.fetch_allow_private:
        return Network(proxy=proxy, allowed=lambda _address: True)
    return Network(proxy=proxy)


def _downloaded(
    jobs: Sequence[Job],
    state: StateFile,
    watcher: Watcher,
    how: tuple[Network, Limits, Copies, Settings],
) -> tuple[Row, ...]:
    network, limits, copies, settings = how
    stop = threading.Event()
    agent = user_agent(settings.fetch_contact)
    with closing(Exchange(network, limits, agent, stop)) as exchange:
        run = Run(Downloader(exchange, state, limits), copies, watcher, stop)
        return tuple(run.work(jobs, limits.hosts).values())


def user_agent(contact: str | None) -> str:
    """What we call ourselves, and whom a server's keeper may write to."""
    name = f"{PRODUCT}/{version('mehealth-rag')}"
    return f"{name} ({contact})" if contact else name


def _in_order(planned: Sequence[Job | Row], rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of the sources as the manifest has them, then those of files without one."""
    made = {row.id: row for row in rows if row.id is not None}
    for entry in planned:
        yield entry if isinstance(entry, Row) else made[entry.source.id]
    yield from (row for row in rows if row.id is None)


def _with_links(row: Row, corpus: Corpus) -> Row:
    """The row of a fetched document with the links in it that are no source yet."""
    if row.status is not Status.FETCHED or row.file is None:
        return row
    source = next(s for s in corpus.sources if s.id == row.id)
    known = [s.url for s in corpus.sources if s.url is not None]
    base = row.final_url or row.url or ""
    form = FORMATS.get(Path(row.file).suffix.lower(), source.format.lower())
    return replace(row, links=new_links(corpus.folder / row.file, form, base, known))
