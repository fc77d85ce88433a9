"""Generators that give something while it grows and return it when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R")


def drained(growing: Generator[P, None, R]) -> R:
    """What a generator returns in the end."""
    while True:
        try:
            next(growing)
        except StopIteration as end:
            whole: R = end.value
            return whole


def mapped(growing: Generator[P, None, R], change: Callable[[P], Q]) -> Generator[Q, None, R]:
    """The same generator with what it yields, but not what it returns, changed."""
    with closing(growing):
        while True:
            try:
                part = next(growing)
            except StopIteration as end:
                whole: R = end.value
                return whole
            yield change(part)
