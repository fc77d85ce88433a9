"""A sign of life while a file is read: called for every page, told to who watches, if anybody."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[], None]

_listeners: list[Listener] = []


def beat() -> None:
    """Tell that reading goes on."""
    for listener in _listeners:
        listener()


def listen(listener: Listener) -> None:
    """Have `listener` called at every beat from now on, for the life of the process."""
    _listeners.append(listener)
