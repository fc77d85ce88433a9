"""Process upkeep while reading: heartbeats, and pauses of garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[], None]] = []


def beat() -> None:
    """Send a heartbeat: reading is still in progress."""
    for listener in _listeners:
        listener()


def listen(listener: Callable[[], None]) -> None:
    """Call `listener` on every heartbeat for the rest of the process's life."""
    _listeners.append(listener)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause cyclic garbage collection: pages are thousands of small objects without cycles.

    Collection would take a tenth of the reading time and a third of the unpacking time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
