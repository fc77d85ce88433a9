"""Makes glibc keep freed memory for the next training step."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
"""Parameter numbers of `mallopt` (malloc.h)."""


def keep_freed_memory() -> None:
    """Call this before torch allocates: clearing fresh pages takes half of each step otherwise."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return
    for setting, value in (
        (_ARENA_MAX, 1),
        (_MMAP_MAX, 0),
        (_TRIM_THRESHOLD, 2**31 - 1),
        (_TOP_PAD, 2**28),
    ):
        mallopt(setting, value)
