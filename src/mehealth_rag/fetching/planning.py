"""What is to be done for each source, before anything is asked or written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rapidfuzz import process

from mehealth_rag.corpus import file_names, load_sources, untold
from mehealth_rag.errors import UsageError
from mehealth_rag.fetching.download import Job
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kinds import kind_of
from mehealth_rag.fetching.parts import sha256_of
from mehealth_rag.fetching.report import Row, Status
from mehealth_rag.fetching.state import Record, StateFile
from mehealth_rag.types import Source


@dataclass(frozen=True, slots=True)
class Order:
    """What `mehealth fetch` is told. `mirror` and `folder` exclude each other."""

    ids: tuple[str, ...] = ()
    force: bool = False
    mirror: str | None = None
    folder: Path | None = None
    """The folder of files handed over with --from: nothing is downloaded then."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The manifest as fetching needs it."""

    folder: Path
    sources: tuple[Source, ...]
    files: dict[str, str]
    untold: dict[str, str]
    """The sources whose format their servers tell, and where the parts of those are."""

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """Read the manifest; raises as `load_sources` does."""
        return cls(folder, load_sources(folder), file_names(folder), untold(folder))

    def chosen(self, ids: Sequence[str]) -> tuple[Source, ...]:
        """The sources of the given ids, in the manifest's order; all where none is given.

        Raises UsageError for an id that is no source's.
        """
        known = [s.id for s in self.sources]
        for name in ids:
            if name not in known:
                nearest = process.extractOne(name, known)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                raise UsageError(f"there is no source '{name}' in {self.folder}{hint}")
        return tuple(s for s in self.sources if not ids or s.id in ids)


def plan(
    sources: Iterable[Source], corpus: Corpus, state: StateFile, order: Order
) -> tuple[Job | Row, ...]:
    """A job for every source that is to be fetched, a row for every one that is not."""
    return tuple(_planned(source, corpus, state[source.id], order) for source in sources)


def _planned(source: Source, corpus: Corpus, record: Record | None, order: Order) -> Job | Row:
    file = corpus.files.get(source.id)
    if file is None or (source.url is None and order.folder is None):
        return _skipped(source, "no address is known for it")
    try:
        kind = kind_of(source.format)
    except FetchFailure as failure:
        return failed(source, failure)
    job = Job(source, kind, corpus.folder / file, file, force=order.force)
    if source.path is None:
        return replace(job, told=source.id not in corpus.untold or order.folder is not None)
    try:
        sha256 = sha256_of(source.path)
    except OSError as error:
        why = FetchFailure(f"{file} cannot be read ({error.strerror})", "check its permissions")
        return failed(source, why)
    return _planned_again(job, record, sha256, order)


def _planned_again(job: Job, record: Record | None, sha256: str, order: Order) -> Job | Row:
    """What to do for a source whose file is there: only what we fetched ourselves is ours."""
    source = job.source
    if record is None or record.sha256 != sha256:
        if order.force and order.folder is None:
            return replace(job, compare=True)
        if record is None:
            return _skipped(source, f"{job.file} was put there by hand and stays as it is")
        advice = "remove it to fetch it anew"
        return _skipped(source, f"{job.file} was changed since it was fetched and stays", advice)
    ours = replace(job, record=record)
    if order.force or (order.folder is None and record.url != source.url):
        return ours
    if order.folder is not None or not record.can_be_compared:
        return Row.of(record, Status.UP_TO_DATE)
    return ours


def _skipped(source: Source, reason: str, advice: str = "") -> Row:
    return Row(source.id, Status.SKIPPED, reason, advice, url=source.url)


def failed(source: Source, failure: FetchFailure) -> Row:
    """The row of a source that cannot be fetched."""
    return Row(source.id, Status.FAILED, failure.reason, failure.advice, url=source.url)
