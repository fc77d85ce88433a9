"""Small files with an entry per line, replaced in one step and reread after a change."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, TypeVar

from filelock import FileLock, Timeout

from mehealth_rag.errors import UsageError

T = TypeVar("T")
_Stamp = tuple[int, int, int]
_WAIT = 10.0
"""Seconds that a change waits for another process."""


def entries(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither empty nor comments, with their numbers from 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Lock a file against other processes while it is read and rewritten.

    Raises UsageError if the folder cannot be written or another process keeps the lock.
    """
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=_WAIT)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"{path}: another command has been changing it for over {_WAIT:g} s; try again"
        ) from None
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Replace a file in one step; only its owner may read it. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    try:
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_private(path: Path, lines: Iterator[str]) -> None:
    """Replace a file's lines in one step; only its owner may read it. Raises UsageError."""
    text = "".join(f"{line}\n" for line in lines)
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written ({error.strerror})")


@dataclass
class Current(Generic[T]):
    """The content of a file, which `read` reads again after a change."""

    path: Path
    read: Callable[[Path], T]
    _cached: tuple[_Stamp, T] | None = None

    def get(self) -> T:
        """Return the current content; raises what `read` raises."""
        try:
            stat = self.path.stat()
        except OSError:
            return self.read(self.path)
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        cached = self._cached
        if cached is None or cached[0] != stamp:
            cached = self._cached = (stamp, self.read(self.path))
        return cached[1]
