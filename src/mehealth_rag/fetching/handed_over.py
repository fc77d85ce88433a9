"""`--from DIR`: files that somebody downloaded by hand are copied to their sources' places.

A file is its source's by its content, which the record knows, or by its name. No connection is
made, nothing in the folder is changed, and what is not certain is left alone.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from mehealth_rag.corpus import FORMATS
from mehealth_rag.errors import UsageError
from mehealth_rag.fetching.copies import file_name
from mehealth_rag.fetching.download import Job
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kept import Note, Origin, Part, Record, StateFile, is_file_of, sha256_of
from mehealth_rag.fetching.kinds import check
from mehealth_rag.fetching.report import Row, Status
from mehealth_rag.fetching.web import MEGABYTE

_BY_NAME = "name it after the source's id and hand it over again"
_COPY = re.compile(r"[ _-]*(?:\(\d+\)| - copy| copy)$")
"""What browsers and file managers add to a name that is taken."""


def file_away(folder: Path, jobs: Sequence[Job], state: StateFile, limit: int) -> tuple[Row, ...]:
    """File what lies in a folder under the sources that miss it; a row for each of both.

    Raises UsageError where the folder is none.
    """
    if not folder.is_dir():
        raise UsageError(f"--from {folder}: there is no such folder; name the one with the files")
    rows: list[Row] = []
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(p for p in folder.rglob("*") if _is_offered(p, folder)):
        try:
            source = _source_of(path, jobs, state, limit)
        except FetchFailure as failure:
            rows.append(_left(path, failure))
        except OSError as error:
            why = FetchFailure(f"cannot be read ({error.strerror})", "check its permissions")
            rows.append(_left(path, why))
        else:
            files[source].append(path)
    settled = [_settled(job, files.get(job.source.id, []), state) for job in jobs]
    return (*(row for some in settled for row in some), *rows)


def _is_offered(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden


def _left(path: Path, why: FetchFailure) -> Row:
    return Row(None, Status.LEFT_ALONE, why.reason, why.advice, file=str(path))


def _source_of(path: Path, jobs: Sequence[Job], state: StateFile, limit: int) -> str:
    """The one source that a file belongs to; raises FetchFailure where there is none for sure."""
    if path.stat().st_size > limit:
        raise FetchFailure(f"larger than {limit / MEGABYTE:g} MB", "")
    known = {job.source.id for job in jobs if is_file_of(path, state[job.source.id])}
    found = known or {job.source.id for job in jobs if _is_called(path, job) and _fits(path, job)}
    if not found:
        raise FetchFailure("belongs to no source that is asked for", _BY_NAME)
    if len(found) > 1:
        sources = ", ".join(sorted(found))
        raise FetchFailure(f"may belong to several sources ({sources})", _BY_NAME)
    return found.pop()


def _fits(path: Path, job: Job) -> bool:
    try:
        check(path, job.form or "html")
    except FetchFailure:
        return False
    return True


def _is_called(path: Path, job: Job) -> bool:
    """Whether a file has the name of a source's id or of its address, endings aside."""
    names = {job.source.id.lower()}
    if job.source.url is not None:
        with suppress(FetchFailure):  # an address that cannot be fetched may have its file here
            names.add(_plain_name(unquote(file_name(job.source.url))))
    return _plain_name(path.name) in names - {""}


def _plain_name(name: str) -> str:
    path = PurePosixPath(name.lower())
    return _COPY.sub("", path.stem if path.suffix in FORMATS else path.name)


def _settled(job: Job, files: Sequence[Path], state: StateFile) -> list[Row]:
    """The rows of one source and of the files that it could not take."""
    source = job.source
    if not files:
        return [Row.skipped(source, "no file of the folder is its own")]
    if len({sha256_of(file) for file in files}) > 1:
        why = f"one of {len(files)} different files that may be {source.id}'s"
        left = [_left(file, FetchFailure(why, _BY_NAME)) for file in files]
        return [Row.skipped(source, "several different files of the folder may be its own"), *left]
    return [_taken(job, files[0], state)]


def _taken(job: Job, file: Path, state: StateFile) -> Row:
    part = Part(job.place)
    try:
        part.begin(Note(""))
        shutil.copyfile(file, part.path)
        record = Record(
            id=job.source.id,
            url=job.source.url,
            asked=None,
            final_url=None,
            origin=Origin.FOLDER,
            file=job.file,
            sha256=sha256_of(part.path),
            bytes=part.size,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        if is_file_of(job.place, record):
            part.discard()
            return Row.of(job.record or record, Status.UNCHANGED)
        part.commit(job.place, record, state)
    except OSError as error:
        part.discard()
        why = f"{error.filename or job.place} cannot be copied ({error.strerror})"
        return Row.failed(job.source, FetchFailure(why, "check disk and permissions"))
    return Row.of(record, Status.FETCHED, f"as {file.name}")
