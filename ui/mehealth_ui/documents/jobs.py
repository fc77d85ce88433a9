"""Jobs that add, read or remove documents, and survive the end of the server."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mehealth_rag.errors import UsageError
from mehealth_ui.limits import JOBS_KEPT
from mehealth_ui.people.line_files import entries, write_private

LOG = logging.getLogger("mehealth.ui")
FILE = "jobs.jsonl"
"""The file of unfinished jobs in the index folder, a line each."""

State = Literal["waiting", "fetching", "reading", "done", "failed"]
Deed = Literal["add", "read", "remove"]
_STORED = ("id", "deed", "name", "state", "error")
_INTERRUPTED = "Interrupted, as the server was ended"
_NOT_FETCHED = f"{_INTERRUPTED} before the file was here; add the address again"
_NOT_READ = f"{_INTERRUPTED} before the new index was there; the file is kept: have it read again"
_NOT_REMOVED = (
    f"{_INTERRUPTED} before the new index was there; the file is removed, and its text with the "
    "next document that is added or read again"
)


class UnknownDocumentError(UsageError):
    """There is no such document, or no such job. The service answers with status 404."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an ingest has made of a document: a row of its report.

    `status` is as in the report of `mehealth ingest`; `reason` says why it failed, or which of its
    pages could not be read.
    """

    id: str
    title: str
    pages: int
    passages: int
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """One order, and how far it has come.

    `done` of `total` steps of the ingest's stage `stage`; `message` is what it waits for. The
    outcome is there when `state` is "done"; `error` says why it failed.
    """

    id: str
    deed: Deed
    name: str
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    document: Outcome | None = None
    error: str = ""

    @property
    def interrupted(self) -> Job:
        """The job as the next server reports it, with what to do."""
        if self.is_over:
            return self
        why = _NOT_REMOVED if self.deed == "remove" else _NOT_READ
        if (self.deed, self.state) == ("add", "fetching"):
            why = _NOT_FETCHED
        return replace(self, state="failed", error=why)

    @property
    def is_over(self) -> bool:
        """Tell whether the job has ended."""
        return self.state in {"done", "failed"}


@dataclass
class Jobs:
    """The jobs of this server, and those that the last one did not finish. Thread-safe."""

    path: Path
    _jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)
    _interrupted: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _settled: bool = False

    def __post_init__(self) -> None:
        for job in _read(self.path):
            self._jobs[job.id] = job
            self._interrupted.add(job.id)

    def get(self, name: str) -> Job:
        """Return a job by its id. Raises UnknownDocumentError."""
        with self._guard:
            if name not in self._jobs:
                raise UnknownDocumentError("there is no such job, or it ended long ago")
            return self._jobs[name]

    def running(self) -> int:
        """Return how many are not over."""
        with self._guard:
            return sum(not job.is_over for job in self._jobs.values())

    def unsettled(self) -> tuple[Job, ...]:
        """Return those that are not over or were interrupted."""
        with self._guard:
            return self._unsettled()

    def put(self, job: Job) -> None:
        """Add a job, and forget the oldest finished ones."""
        with self._guard:
            self._jobs[job.id] = job
            over = [name for name, old in self._jobs.items() if old.is_over]
            for name in over[: max(0, len(self._jobs) - JOBS_KEPT)]:
                del self._jobs[name]
            self._keep()

    def change(self, names: Sequence[str], **change: Any) -> None:  # noqa: ANN401 - fields of Job
        """Change fields of some jobs."""
        with self._guard:
            for name in names:
                self._jobs[name] = replace(self._jobs[name], **change)
            if "state" in change:
                self._keep()

    def resume(self) -> None:
        """Forget interrupted jobs, because an ingest has read their files."""
        with self._guard:
            self._interrupted.clear()

    def settle(self) -> None:
        """Stop storing changes, so that unfinished jobs stay stored as such."""
        with self._guard:
            self._settled = True

    def _unsettled(self) -> tuple[Job, ...]:
        jobs = self._jobs.values()
        return tuple(j for j in jobs if not j.is_over or j.id in self._interrupted)

    def _keep(self) -> None:
        if self._settled:
            return
        try:
            rows = ({name: getattr(job, name) for name in _STORED} for job in self._unsettled())
            write_private(self.path, map(json.dumps, rows))
        except UsageError as error:
            LOG.warning("orders are not kept: %s", error)


def _read(path: Path) -> list[Job]:
    """Return the jobs of a file as interrupted ones, without damaged lines."""
    jobs = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    for _, line in entries(text):
        try:
            jobs.append(Job(**json.loads(line)).interrupted)
        except (ValueError, TypeError) as error:
            LOG.warning("%s: an order cannot be read (%s)", path, error)
    return jobs
