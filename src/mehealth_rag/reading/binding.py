"""Pdfium's functions bound with plain addresses: less than half the cost of typed pointers.

They keep Python's lock, which costs less than to let go of it for a microsecond.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def bound(function: object, *arguments: type, result: type = ctypes.c_int) -> Callable[..., float]:
    """Bind one of pdfium's functions with a handle's address as its first argument."""
    address = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    assert address is not None  # noqa: S101 - a loaded library's function has an address
    prototype = ctypes.PYFUNCTYPE(result, ctypes.c_void_p, *arguments)
    made: Callable[..., float] = prototype(address)
    return made
