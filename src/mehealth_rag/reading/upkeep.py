"""What reading does for the process that it runs in: signs of life, and no search for cycles."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[], None]] = []


def beat() -> None:
    """Tell that reading goes on."""
    for listener in _listeners:
        listener()


def listen(listener: Callable[[], None]) -> None:
    """Have `listener` called at every beat from now on, for the life of the process."""
    _listeners.append(listener)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: a page is thousands of small values and not one cycle.

    It would cost a tenth of the reading, and a third of the unpacking of what was read.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
