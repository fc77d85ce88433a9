"""Adding, reading again and removing documents, as jobs.

A job brings its file into its place, or takes it away; then one ingest runs for all jobs that
wait. Questions go on meanwhile, and are answered from the new index once it is there.
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
from mehealth_ui.documents.ingesting import Ingest, Step
from mehealth_ui.documents.jobs import FILE, Deed, Job, Jobs, Outcome, UnknownDocumentError
from mehealth_ui.documents.keeping import Keeping, check_content, copied, safe_name
from mehealth_ui.limits import (
    ADDRESS_SECONDS,
    UPLOAD_BYTES,
    UPLOADS_WAITING,
    TooManyError,
)
from mehealth_ui.telling import UNEXPECTED, told

if TYPE_CHECKING:
    from mehealth_rag.fetching.download import Brought
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import Source
    from mehealth_ui.documents.editions import Editions

LOG = logging.getLogger("mehealth.ui")

_FETCHES = 2
"""Addresses that are fetched at a time."""

_READ = frozenset(FORMATS.values())


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is left of a job when its file is in its place, or gone: the ingest."""

    path: Path
    source: Source | None = None
    rebuild: bool = False


class Additions:
    """The documents that people add to one corpus. Thread-safe; to be closed."""

    def __init__(self, settings: Settings, editions: Editions) -> None:
        self._settings = settings
        self._editions = editions
        self._keeping = Keeping(settings.corpus, settings.ui_documents_megabytes * 1e6)
        self._jobs = Jobs(settings.index / FILE)
        self._ready: dict[str, _Ready] = {}
        self._guard = threading.Condition()
        self._closing = False
        self._fetching = ThreadPoolExecutor(_FETCHES, "address")
        self._worker: threading.Thread | None = None
        self._ingest: Ingest | None = None

    def add_file(self, name: str, content: IO[bytes]) -> Job:
        """Keep a file, and have it read.

        Raises:
            UsageError: its name tells no format that is read, it is not what its name says, or
                the same file is here already.
            TooLargeError: over UPLOAD_BYTES, or no room beside what is added already.
            TooManyError: too many wait to be read.
            MehealthError: the folder cannot be written.
        """
        name = safe_name(name)
        self._check_room()
        with self._keeping.part() as part:
            sha256 = copied(content, part)
            check_content(part, name)
            self._check_is_new(sha256)
            place = self._keeping.put(part, name, self._editions.current.catalogue)
        return self._begin("add", place.name, _Ready(place))

    def add_address(self, address: str) -> Job:
        """Fetch an address, keep its file, and have it read; what fails then, the job tells.

        Raises UsageError where it is no web address, and TooManyError.
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
        """Have a document read again; an added one from an address is fetched again first.

        Raises UnknownDocumentError and TooManyError.
        """
        source, path = self._document(document)
        self._check_room()
        status = self._editions.current.catalogue.get(document)
        failed = status is not None and status.state is SourceState.FAILED
        ready = _Ready(path, source, rebuild=failed)
        if source.url is None or not self._keeping.holds(path):
            return self._begin("read", source.title, ready)
        job = self._begin("read", source.title, None)
        self._fetching.submit(self._fetch, job.id, source.url, ready)
        return job

    def remove(self, document: str) -> Job:
        """Remove a document that was added here, with its file.

        Raises:
            UnknownDocumentError: there is none.
            UsageError: it was not added here, or is the only one that can be read.
            MehealthError: the folder cannot be written.
        """
        source, path = self._document(document)
        if not self._keeping.holds(path):
            raise UsageError(
                f"'{document}' was not added here and stays; whoever keeps the corpus can remove it"
            )
        sources = load_sources(self._settings.corpus)
        if not any(s.path not in {None, path} and s.format in _READ for s in sources):
            raise UsageError(f"'{document}' is the only document; add another one first")
        self._check_room()
        self._keeping.remove(path)
        return self._begin("remove", source.title, _Ready(path, source))

    def job(self, name: str) -> Job:
        """A job, also for a while after its end. Raises UnknownDocumentError."""
        return self._jobs.get(name)

    def jobs(self) -> tuple[Job, ...]:
        """The jobs that are not over, and those that the end of a server has interrupted."""
        return self._jobs.unsettled()

    def close(self) -> None:
        """End what runs; files that are kept are read by the next ingest."""
        self._jobs.settle()  # what is not over now is interrupted
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
            except MehealthError:  # its file is gone meanwhile, or another one
                continue
            raise UsageError(f"the same file is here already, as '{document}'")

    def _begin(self, deed: Deed, name: str, ready: _Ready | None) -> Job:
        """Note a job; `ready` where there is nothing to do before its ingest."""
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
        self._jobs.change(names, state="failed", error=told(why, self._settings.corpus))

    def _fetch(self, job: str, address: str, before: _Ready | None) -> None:
        """Fetch an address, for the first time or again, and go on with the ingest."""
        from mehealth_rag.fetching.fetcher import fetch_address
        from mehealth_rag.fetching.outcomes import FetchFailure
        from mehealth_rag.fetching.web import DownloadLimits

        limits = DownloadLimits(size=UPLOAD_BYTES, total=ADDRESS_SECONDS, attempts=2)
        try:
            with self._keeping.part() as part:
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
            return _Ready(self._keeping.put(part, name, taken, address))
        if FORMATS[before.path.suffix.lower()] != brought.form:
            raise UsageError(f"the address gives {brought.form} now; remove it and add it anew")
        self._keeping.replace(part, before.path, address)
        return before

    def _work(self) -> None:
        """Run one ingest after another, each for all jobs that wait."""
        while True:
            with self._guard:
                self._guard.wait_for(lambda: self._ready or self._closing)
                if self._closing:
                    return
                ready, self._ready = self._ready, {}
                rebuild = any(one.rebuild for one in ready.values())
                self._ingest = Ingest(self._settings, rebuild)
            try:
                self._read(self._ingest, ready)
            except MehealthError as error:
                self._fail(list(ready), str(error))
            except Exception:
                LOG.exception("an ingest failed")
                self._fail(list(ready), UNEXPECTED)

    def _read(self, ingest: Ingest, ready: Mapping[str, _Ready]) -> None:
        """Run an ingest, let the new index serve, and tell each job what came of it."""
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
        for name, one in ready.items():
            document = ids.get(one.path) or (one.source.id if one.source else "")
            self._jobs.change([name], state="done", document=self._outcome(document, by_id, one))

    def _step(self, names: Sequence[str], step: Step) -> None:
        if step.message:
            self._jobs.change(names, message=step.message)
        else:
            self._jobs.change(names, stage=step.stage, done=step.done, total=step.total, message="")

    def _outcome(
        self, document: str, rows: Mapping[str, Mapping[str, Any]], ready: _Ready
    ) -> Outcome:
        row = rows.get(document)
        if row is None:  # it was never in an index
            title = ready.source.title if ready.source else document
            return Outcome(document, title, 0, 0, "removed", "")
        status = self._editions.current.catalogue.get(document)
        reason = str(row["reason"]) or (status.reason if status else "")
        figures = int(row["pages"]), int(row["passages"])
        shown = told(reason, self._settings.corpus)
        return Outcome(document, str(row["title"]), *figures, str(row["status"]), shown)


def _name_of(brought: Brought) -> str:
    """A name for what an address gave: the last part of its path, else its host."""
    parts = urlsplit(brought.final_url)
    last = Path(unquote(parts.path).rstrip("/").rpartition("/")[2])
    ending = last.suffix.lower()
    fits = FORMATS.get(ending) == brought.form
    stem = last.stem if fits else last.name
    return safe_name(f"{stem or parts.hostname}{ending if fits else f'.{brought.form}'}")
