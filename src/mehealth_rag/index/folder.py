"""The folder of an index: its generations, and a small file that names the current one.

A generation is sealed: its manifest lists its files with their hashes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from mehealth_rag.encoder.shipped import file_hash, first_line
from mehealth_rag.errors import IndexStateError, MehealthError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LAYOUT_VERSION = 3
"""Raise it when what a generation holds, or what is indexed of a passage, changes."""

MANIFEST = "manifest.json"
MEND = "run: mehealth ingest --rebuild"
_NAME = re.compile(r"[0-9a-f]{12}-[0-9]+")
_POLL = 0.2
_SMALL = 1 << 20
"""Bytes up to which a file is hashed whenever an index opens; larger ones only by size and time."""


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """The folder of an index.

    `<root>/generations/<name>/` hold complete indexes, `<root>/current` the name of the one that
    serves, `<root>/cache.sqlite` what a later build need not compute again, `<root>/lock`
    is held while an index is built.
    """

    root: Path

    @property
    def generations(self) -> Path:
        """The folder of the generations."""
        return self.root / "generations"

    @property
    def cache(self) -> Path:
        """The file of the build cache."""
        return self.root / "cache.sqlite"

    @property
    def pointer(self) -> Path:
        """The file that names the current generation."""
        return self.root / "current"

    def prepare(self) -> None:
        """Make the folder. Raises IndexStateError."""
        with self.writing():
            self.generations.mkdir(parents=True, exist_ok=True)

    def identity(self) -> str:
        """Return the index's own id (8 hex digits), made at the first call; to be called locked.

        It tells the collections of several indexes on one Chroma server apart.
        """
        mark = self.root / "id"
        if not mark.is_file():
            write_durably(mark, secrets.token_hex(4))
        return mark.read_text().strip()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn errors of the disk, SQLite and Chroma into an IndexStateError of one line."""
        try:
            yield
        except MehealthError:
            raise
        except Exception as error:
            from chromadb.errors import ChromaError  # only when something is wrong

            if not isinstance(error, (OSError, sqlite3.Error, ChromaError)):
                raise
            reason = getattr(error, "strerror", None) or first_line(error)
            raise IndexStateError(
                f"the index folder {self.root} cannot be written ({reason}): free it or "
                "choose another one with --index"
            ) from error

    @contextlib.contextmanager
    def lock(self, timeout: float, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock of the folder; wait `timeout` seconds for another process that holds it.

        `waiting` gets a message if there is one. Raises IndexStateError.
        """
        lock = FileLock(str(self.root / "lock"))
        owner = self.root / "lock.pid"  # not in the lock: taking a lock may empty its file
        with self.writing():
            try:
                lock.acquire(timeout=0)
            except Timeout:
                waiting(f"another ingest is running (pid {_pid(owner)}), waiting")
                try:
                    lock.acquire(timeout=timeout, poll_interval=_POLL)
                except Timeout:
                    raise IndexStateError(
                        f"another ingest (pid {_pid(owner)}) has been building the index in "
                        f"{self.root} for over {timeout:g} s: wait for it, or end that process"
                    ) from None
        try:
            with self.writing():
                owner.write_text(str(os.getpid()))
            yield
        finally:
            with contextlib.suppress(OSError):
                owner.unlink()
            lock.release()

    def current(self) -> Path | None:
        """Return the folder of the current generation; None if there is none yet.

        Raises IndexStateError if the pointer leads nowhere.
        """
        try:
            name = self.pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise damaged(self.pointer, error) from error
        generation = self.generations / name
        if not _NAME.fullmatch(name) or not (generation / MANIFEST).is_file():
            raise IndexStateError(
                f"{self.pointer} names an index generation that is not there: {MEND}"
            )
        return generation

    def new_generation(self, fingerprint: str) -> Path:
        """Create and return the folder of a new generation.

        Its name is unique: Chroma takes a store at a path for the one that it had open there.
        """
        path = self.generations / f"{fingerprint[:12]}-{time.time_ns()}"
        path.mkdir()
        return path

    def switch(self, generation: Path) -> None:
        """Make a complete generation the current one, durably and atomically."""
        for path in sorted(generation.rglob("*")):
            _flush(path)
        _flush(generation)
        write_durably(self.pointer, generation.name)

    def tidy(self, keep: set[str]) -> None:
        """Remove all generations except those in `keep`."""
        for path in self.generations.iterdir():
            if path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)


def damaged(path: Path, reason: Exception | str) -> IndexStateError:
    """Return the error for a damaged file, in one line with its remedy."""
    text = first_line(reason) if isinstance(reason, Exception) else reason
    return IndexStateError(f"{path} is damaged ({text}): {MEND}")


class _GenerationManifest(BaseModel):
    layout: int
    fingerprint: str
    model: str
    chroma_url: str | None
    collection: str
    files: dict[str, tuple[int, int, str]]
    truncated: int
    previous: str | None


def read_manifest(generation: Path) -> dict[str, Any]:
    """Read a generation's manifest. Raises IndexStateError if it is damaged.

    Of a manifest of another layout only the layout is certain.
    """
    path = generation / MANIFEST
    try:
        manifest = dict(json.loads(path.read_text(encoding="utf-8")))
        if manifest.get("layout") == LAYOUT_VERSION:
            _GenerationManifest.model_validate(manifest)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise damaged(path, f"'{where}' is not what was written") from error
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise damaged(path, error) from error
    return manifest


def seal(generation: Path) -> dict[str, list[Any]]:
    """Return the size, time and SHA-256 of each file of a generation, by its path in it."""
    files = {}
    for path in sorted(p for p in generation.rglob("*") if p.is_file() and p.name != MANIFEST):
        stat = path.stat()
        name = path.relative_to(generation).as_posix()
        files[name] = [stat.st_size, stat.st_mtime_ns, file_hash(path)]
    return files


def check_seal(generation: Path, sealed: dict[str, Any], *, thoroughly: bool = False) -> None:
    """Compare the files with their seal; large ones by size and time, unless `thoroughly`.

    Raises IndexStateError for the first that is missing or differs.
    """
    for name, (size, mtime, sha256) in sealed.items():
        path = generation / name
        try:
            stat = path.stat()
            unread = not (thoroughly or size <= _SMALL) and (
                (stat.st_size, stat.st_mtime_ns) == (size, mtime)
            )
            whole = unread or (stat.st_size == size and file_hash(path) == sha256)
        except OSError as error:
            raise damaged(path, error.strerror or "unreadable") from error
        if not whole:
            raise damaged(path, "not what was written")


def write_durably(path: Path, text: str) -> None:
    """Write a small file atomically: after a crash it is the old one or the new one."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    """Flush a file or folder to disk; Windows cannot flush folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pid(owner: Path) -> str:
    try:
        return owner.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
