"""What the files of a generation were when it was built: a damaged one is told from a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mehealth_rag.errors import IndexStateError
from mehealth_rag.index.folder import MEND
from mehealth_rag.model_files import file_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GRAPH = ".bin"
_GRAPH_SAVED = "index_metadata.pickle"
_UNSEALED = ("manifest.json", "chroma.sqlite3", "chroma.sqlite3-wal", "chroma.sqlite3-shm")
"""The manifest holds the seal; Chroma may write into its database when it opens it."""


def seal(generation: Path) -> dict[str, list[Any]]:
    """Size, time and SHA-256 of each file of a generation, by its path in it."""
    found = {}
    for path in _files(generation):
        stat = path.stat()
        name = path.relative_to(generation).as_posix()
        found[name] = [stat.st_size, stat.st_mtime_ns, file_hash(path)]
    return found


def check_seal(generation: Path, sealed: dict[str, list[Any]]) -> None:
    """Compare the files with their seal; those of the same size and time are not read.

    Raises IndexStateError for the first that is missing or another.
    """
    for name, (size, mtime, sha256) in sealed.items():
        path = generation / name
        try:
            stat = path.stat()
            touched = (stat.st_size, stat.st_mtime_ns) != (size, mtime)
            whole = not touched or (stat.st_size == size and file_hash(path) == sha256)
        except OSError as error:
            reason = error.strerror or "unreadable"
            raise IndexStateError(f"{path} is damaged ({reason}): {MEND}") from error
        if not whole:
            raise IndexStateError(f"{path} is damaged (not what was written): {MEND}")


def _files(generation: Path) -> Iterator[Path]:
    for path in sorted(generation.rglob("*")):
        # A graph of few vectors is never saved: Chroma writes its files anew at each opening.
        unsaved = path.suffix == _GRAPH and not (path.parent / _GRAPH_SAVED).exists()
        if path.is_file() and path.name not in _UNSEALED and not unsaved:
            yield path
