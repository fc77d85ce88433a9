"""Helpers for generators that yield partial results and return the complete one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R")


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
