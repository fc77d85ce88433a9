"""Progress of long work, and results that grow."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R")


class Progress:
    """Receives the progress of some work; this one ignores it."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps; the one before has ended."""

    def advance(self, n: int = 1) -> None:
        """Count steps of the current stage as done."""

    def message(self, text: str) -> None:
        """Show a message."""


def drained(growing: Generator[P, None, R]) -> R:
    """Run a generator to its end and return its return value."""
    while True:
        try:
            next(growing)
        except StopIteration as end:
            result: R = end.value
            return result


def mapped(growing: Generator[P, None, R], change: Callable[[P], Q]) -> Generator[Q, None, R]:
    """Apply `change` to what a generator yields, but not to what it returns."""
    with closing(growing):
        while True:
            try:
                part = next(growing)
            except StopIteration as end:
                result: R = end.value
                return result
            yield change(part)
