"""Adds, rereads and removes documents, as jobs.

A job puts its file in place or removes it; then one ingest runs for all waiting jobs. Questions are
answered meanwhile, and from the new index once it is there.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mehealth_rag.corpus import FORMATS, load_sources
from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.types import SourceState
from mehealth_ui.documents.added_files import AddedFiles, check_content, copied, safe_name
from mehealth_ui.documents.ingesting import Ingest, Step
from mehealth_ui.documents.jobs import FILE, Deed, Job, Jobs, Outcome, UnknownDocumentError
from mehealth_ui.error_text import UNEXPECTED, visible_text
from mehealth_ui.limits import (
    ADDRESS_SECONDS,
    UPLOAD_BYTES,
    UPLOADS_WAITING,
    TooManyError,
)

if TYPE_CHECKING:
    from mehealth_rag.fetching.download import Brought
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Source
    from mehealth_ui.documents.editions import Editions

LOG = logging.getLogger("mehealth.ui")

_FETCHES = 2
"""Addresses that are fetched at the same time."""

_READABLE = frozenset(FORMATS.values())


@dataclass(frozen=True, slots=True)
class _Ready:
    """A job that only needs an ingest: its file is in place, or removed."""

    path: Path
    source: Source | None = None
    rebuild: bool = False


class Additions:
    """The documents that people add to one corpus. Thread-safe; call `close` at the end."""

    def __init__(self, settings: Settings, editions: Editions) -> None:
        self._settings = settings
        self._editions = editions
        self._files = AddedFiles(settings.corpus, settings.ui_documents_megabytes * 1e6)
        self._jobs = Jobs(settings.index / FILE)
        self._ready: dict[str, _Ready] = {}
        self._guard = threading.Condition()
        self._closing = False
        self._fetching = ThreadPoolExecutor(_FETCHES, "address")
        self._worker: threading.Thread | None = None
        self._ingest: Ingest | None = None

    def add_file(self, name: str, content: IO[bytes]) -> Job:
        """Store a file and begin to read it.

        Raises:
            UsageError: its format is unknown or not what its name says, or the file is not new.
            TooLargeError: over UPLOAD_BYTES, or over the limit of all added files.
            TooManyError: too many wait to be read.
            MehealthError: the folder cannot be written.
        """
        name = safe_name(name)
        self._check_room()
        with self._files.part() as part:
            sha256 = copied(content, part)
            check_content(part, name)
            self._check_is_new(sha256)
            place = self._files.put(part, name, self._editions.current.catalogue)
        return self._begin("add", place.name, _Ready(place))

    def add_address(self, address: str) -> Job:
        """Begin to fetch and read an address; the job tells what fails after that.

        Raises UsageError if it is no web address, and TooManyError.
        """
        from mehealth_rag.fetching.addresses import web_address
        from mehealth_rag.fetching.outcomes import FetchFailure

        try:
            url = str(web_address(address))
        except FetchFailure as failure:
            advice = "give one like https://example.org/report.pdf"
            raise UsageError(f"{failure.reason}; {advice}") from failure
        self._check_room()
        job = self._begin("add", url, None)
        self._fetching.submit(self._fetch, job.id, url, None)
        return job

    def read(self, document: str) -> Job:
        """Begin to reread a document; one added from an address is fetched again first.

        Raises UnknownDocumentError and TooManyError.
        """
        source, path = self._document(document)
        self._check_room()
        status = self._editions.current.catalogue.get(document)
        failed = status is not None and status.state is SourceState.FAILED
        ready = _Ready(path, source, rebuild=failed)
        if source.url is None or not self._files.holds(path):
            return self._begin("read", source.title, ready)
        job = self._begin("read", source.title, None)
        self._fetching.submit(self._fetch, job.id, source.url, ready)
        return job

    def remove(self, document: str) -> Job:
        """Remove an added document with its file.

        Raises UnknownDocumentError, UsageError if it was not added here or is the only one, and
        MehealthError if the folder cannot be written.
        """
        source, path = self._document(document)
        if not self._files.holds(path):
            raise UsageError(
                f"'{document}' was not added here and stays; whoever keeps the corpus can remove it"
            )
        sources = load_sources(self._settings.corpus)
        if not any(s.path not in {None, path} and s.format in _READABLE for s in sources):
            raise UsageError(f"'{document}' is the only document; add another one first")
        self._check_room()
        self._files.remove(path)
        return self._begin("remove", source.title, _Ready(path, source))

    def job(self, name: str) -> Job:
        """Return a job, also some time after its end. Raises UnknownDocumentError."""
        return self._jobs.get(name)

    def jobs(self) -> tuple[Job, ...]:
        """Return running jobs, and those that a server's end interrupted."""
        return self._jobs.unsettled()

    def close(self) -> None:
        """End running jobs; the next ingest reads their files."""
        self._jobs.settle()  # running jobs are interrupted from here on
        with self._guard:
            self._closing = True
            self._guard.notify_all()
        self._fetching.shutdown(wait=False, cancel_futures=True)
        if self._ingest is not None:
            self._ingest.end()
        if self._worker is not None:
            self._worker.join()

    def _document(self, document: str) -> tuple[Source, Path]:
        for source in load_sources(self._settings.corpus):
            if source.id == document and source.path is not None:
                return source, source.path
        raise UnknownDocumentError(f"there is no document '{document[:200]}' here")

    def _check_room(self) -> None:
        if self._closing or self._jobs.running() >= UPLOADS_WAITING:
            raise TooManyError("too many documents wait to be read; try again in a while")

    def _check_is_new(self, sha256: str) -> None:
        originals = self._editions.current.originals
        for document, known in originals.hashes.items():
            if known != sha256:
                continue
            try:
                originals.path(document)
            except MehealthError:  # its file is gone or was replaced
                continue
            raise UsageError(f"the same file is here already, as '{document}'")

    def _begin(self, deed: Deed, name: str, ready: _Ready | None) -> Job:
        """Record a new job, which is `ready` if it only needs an ingest."""
        job = Job(secrets.token_hex(8), deed, name, "waiting" if ready else "fetching")
        self._jobs.put(job)
        if ready is not None:
            self._queue(job.id, ready)
        return job

    def _queue(self, job: str, ready: _Ready) -> None:
        self._jobs.change([job], state="waiting")
        with self._guard:
            self._ready[job] = ready
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="ingest")
                self._worker.start()
            self._guard.notify_all()

    def _fail(self, names: Sequence[str], why: str) -> None:
        self._jobs.change(names, state="failed", error=visible_text(why, self._settings.corpus))

    def _fetch(self, job: str, address: str, before: _Ready | None) -> None:
        """Fetch an address, for the first time or again, then queue the ingest."""
        from mehealth_rag.fetching.fetcher import fetch_address
        from mehealth_rag.fetching.outcomes import FetchFailure
        from mehealth_rag.fetching.web import DownloadLimits

        limits = DownloadLimits(size=UPLOAD_BYTES, total=ADDRESS_SECONDS, attempts=2)
        try:
            with self._files.part() as part:
                brought = fetch_address(self._settings, address, part, limits=limits)
                self._queue(job, self._placed(part, address, brought, before))
        except FetchFailure as failure:
            self._fail([job], f"{failure.reason}; save it yourself and add the file")
        except MehealthError as error:
            self._fail([job], str(error))
        except Exception:
            LOG.exception("fetching a document failed")
            self._fail([job], UNEXPECTED)

    def _placed(self, part: Path, address: str, brought: Brought, before: _Ready | None) -> _Ready:
        if before is None:
            self._check_is_new(file_hash(part))
            name = _name_of(brought)
            taken = self._editions.current.catalogue
            return _Ready(self._files.put(part, name, taken, address))
        if FORMATS[before.path.suffix.lower()] != brought.form:
            raise UsageError(f"the address gives {brought.form} now; remove it and add it anew")
        self._files.replace(part, before.path, address)
        return before

    def _work(self) -> None:
        """Run one ingest after another, each for all waiting jobs."""
        while True:
            with self._guard:
                self._guard.wait_for(lambda: self._ready or self._closing)
                if self._closing:
                    return
                ready, self._ready = self._ready, {}
                rebuild = any(job.rebuild for job in ready.values())
                self._ingest = Ingest(self._settings, rebuild)
            try:
                self._read(self._ingest, ready)
            except MehealthError as error:
                self._fail(list(ready), str(error))
            except Exception:
                LOG.exception("an ingest failed")
                self._fail(list(ready), UNEXPECTED)

    def _read(self, ingest: Ingest, ready: Mapping[str, _Ready]) -> None:
        """Run an ingest, serve the new index, and record each job's outcome."""
        names = list(ready)
        self._jobs.change(names, state="reading")
        before = self._editions.current.generation
        try:
            rows = ingest.run(lambda step: self._step(names, step))
        finally:
            if self._editions.current.generation == before:
                self._editions.relist()
        if self._editions.news:
            raise MehealthError(self._editions.news)
        self._jobs.resume()
        by_id = {str(row["id"]): row for row in rows}
        ids = {s.path: s.id for s in load_sources(self._settings.corpus)}
        for name, job in ready.items():
            document = ids.get(job.path) or (job.source.id if job.source else "")
            self._jobs.change([name], state="done", document=self._outcome(document, by_id, job))

    def _step(self, names: Sequence[str], step: Step) -> None:
        if step.message:
            self._jobs.change(names, message=step.message)
        else:
            self._jobs.change(names, stage=step.stage, done=step.done, total=step.total, message="")

    def _outcome(
        self, document: str, rows: Mapping[str, Mapping[str, Any]], ready: _Ready
    ) -> Outcome:
        row = rows.get(document)
        if row is None:  # the document was never in an index
            title = ready.source.title if ready.source else document
            return Outcome(document, title, 0, 0, "removed", "")
        status = self._editions.current.catalogue.get(document)
        reason = str(row["reason"]) or (status.reason if status else "")
        counts = int(row["pages"]), int(row["passages"])
        reason = visible_text(reason, self._settings.corpus)
        return Outcome(document, str(row["title"]), *counts, str(row["status"]), reason)


def _name_of(brought: Brought) -> str:
    """Name a fetched file after the last part of its path, or its host."""
    parts = urlsplit(brought.final_url)
    last = Path(unquote(parts.path).rstrip("/").rpartition("/")[2])
    ending = last.suffix.lower()
    fits = FORMATS.get(ending) == brought.form
    stem = last.stem if fits else last.name
    return safe_name(f"{stem or parts.hostname}{ending if fits else f'.{brought.form}'}")
