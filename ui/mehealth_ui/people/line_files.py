"""Small files with an entry a line: written whole for the owner alone, read anew when changed."""

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
"""Seconds that a change waits for another one."""


def entries(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are neither empty nor a comment, each with its number from 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Hold the right to read a file and write it anew; other processes wait for it.

    Raises:
        UsageError: the folder cannot be written, or another process holds the right too long.
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
    """Write a file anew, whole or not at all; only its owner may read it. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    try:
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_private(path: Path, lines: Iterator[str]) -> None:
    """Replace a file in one step; only its owner may read it. Raises UsageError."""
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
    """What a file holds now: `read` is called again only when the file has changed."""

    path: Path
    read: Callable[[Path], T]
    _kept: tuple[_Stamp, T] | None = None

    def get(self) -> T:
        """The present content; raises what `read` raises, also where the file is missing."""
        try:
            stat = self.path.stat()
        except OSError:
            return self.read(self.path)
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        kept = self._kept
        if kept is None or kept[0] != stamp:
            kept = self._kept = (stamp, self.read(self.path))
        return kept[1]
