"""How the service ends: on Ctrl-C as on SIGTERM, before it listens or after, with exit code 0."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending() -> Iterator[None]:
    """End what runs inside without an error when Ctrl-C or SIGTERM comes.

    The web server catches both itself, finishes its answers and sends the signal once more.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
