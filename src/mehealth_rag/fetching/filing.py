"""`--from DIR`: files that somebody downloaded by hand are copied to where their sources want them.

No connection is made, nothing in the folder is changed, and what is not certain is left alone.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mehealth_rag.errors import UsageError
from mehealth_rag.fetching.download import Job
from mehealth_rag.fetching.limits import MEGABYTE
from mehealth_rag.fetching.matching import Match, Slot, match
from mehealth_rag.fetching.parts import Note, Part, is_file_of, sha256_of
from mehealth_rag.fetching.report import Row, Status
from mehealth_rag.fetching.state import Origin, Record, StateFile

_BY_HAND = "name it after the source's id and hand it over again"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    sha256: str
    match: Match


def file_away(folder: Path, jobs: Sequence[Job], state: StateFile, limit: int) -> tuple[Row, ...]:
    """File what lies in a folder under the sources that miss it; a row for each of both.

    Raises UsageError where the folder is none.
    """
    if not folder.is_dir():
        raise UsageError(f"--from {folder}: there is no such folder; name the one with the files")
    slots = [_slot(job, state) for job in jobs]
    rows: list[Row] = []
    claims: dict[str, list[_File]] = defaultdict(list)
    for path in sorted(p for p in folder.rglob("*") if _is_offered(p, folder)):
        found = _looked_at(path, slots, limit)
        if isinstance(found, Row):
            rows.append(found)
        else:
            claims[found.match.slots[0].source.id].append(found)
    taken = [_settled(job, claims.get(job.source.id, []), state) for job in jobs]
    return (*(row for settled in taken for row in settled), *rows)


def _slot(job: Job, state: StateFile) -> Slot:
    record = state[job.source.id]
    return Slot(job.source, job.kind, frozenset({record.sha256} if record else ()))


def _is_offered(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden


def _looked_at(path: Path, slots: Sequence[Slot], limit: int) -> _File | Row:
    """The file with the one source that it belongs to, or the row that tells why it has none."""
    try:
        if path.stat().st_size > limit:
            return _left(path, f"larger than {limit / MEGABYTE:g} MB", "")
        sha256 = sha256_of(path)
        found = match(path, sha256, slots)
    except OSError as error:
        return _left(path, f"cannot be read ({error.strerror})", "check its permissions")
    if not found.slots:
        return _left(path, "belongs to no source that is asked for", _BY_HAND)
    if len(found.slots) > 1:
        names = ", ".join(s.source.id for s in found.slots)
        return _left(path, f"may belong to several sources by its {found.by} ({names})", _BY_HAND)
    return _File(path, sha256, found)


def _left(path: Path, reason: str, advice: str) -> Row:
    return Row(None, Status.LEFT_ALONE, reason, advice, file=str(path))


def _settled(job: Job, files: Sequence[_File], state: StateFile) -> list[Row]:
    """The rows of one source and of the files that it could not take."""
    source = job.source
    if not files:
        return [Row(source.id, Status.SKIPPED, "no file of the folder is its own", url=source.url)]
    if len({file.sha256 for file in files}) > 1:
        why = f"one of {len(files)} different files that may be {source.id}'s"
        left = [_left(f.path, why, _BY_HAND) for f in files]
        reason = "several different files of the folder may be its own"
        return [Row(source.id, Status.SKIPPED, reason, url=source.url), *left]
    return [_taken(job, files[0], state)]


def _taken(job: Job, file: _File, state: StateFile) -> Row:
    record = Record(
        id=job.source.id,
        url=job.source.url,
        asked=None,
        final_url=None,
        origin=Origin.FOLDER,
        file=job.file,
        sha256=file.sha256,
        bytes=file.path.stat().st_size,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    if is_file_of(job.place, record):
        return Row.of(job.record or record, Status.UNCHANGED)
    part = Part(job.place)
    try:
        with part.begun(Note("")) as sink, file.path.open("rb") as stream:
            shutil.copyfileobj(stream, sink)
        part.commit(replace(record, sha256=sink.sha256, bytes=sink.size), state)
    except OSError as error:
        part.discard()
        why = f"{error.filename or job.place} cannot be copied ({error.strerror})"
        return Row(job.source.id, Status.FAILED, why, "check disk and permissions")
    return Row.of(record, Status.FETCHED, f"by its {file.match.by}: {file.path.name}")
