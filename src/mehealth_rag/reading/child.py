"""Entry point of a reading process, which reads files and renders pages on request, in turn.

Run as `python -m mehealth_rag.reading.child MEGABYTES PARENT`, where PARENT is the process id of
the program. It imports only what reading needs.
"""

from __future__ import annotations

import base64
import contextlib
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import ReadingOptions, read_document, wire
from mehealth_rag.reading.wire import Kind, Picture
from mehealth_rag.types import Source

_BEAT = 0.5
"""Minimum seconds between two heartbeats."""
_REASONS: dict[type[Exception], str] = {
    MemoryError: "it needs more memory than is allowed",
    RecursionError: "it is nested too deeply",
}


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not mix with the answers
    limit_memory(int(sys.argv[1]) * 1_000_000)
    threading.Thread(target=_end_with_parent, args=(int(sys.argv[2]),), daemon=True).start()
    wire.listen(_beats_to(answers))
    while True:
        try:
            source, options, picture = pickle.load(sys.stdin.buffer)  # noqa: S301 - sent by our parent
        except EOFError:
            return
        with wire.uncollected():  # documents are short-lived, so collecting cycles is a waste
            kind, payload = _answer(source, options, picture)
        wire.write(answers, kind, payload)
        if kind is Kind.LAST_ERROR:
            return


def limit_memory(size: int) -> None:
    """Limit the address space of this process to `size` bytes, on systems that support it."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):  # macOS has the constant but rejects the call
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _answer(
    source: Source, options: ReadingOptions, picture: Picture | None
) -> tuple[Kind, object]:
    try:
        if picture is not None:
            return Kind.PICTURE, _rendered(source, options, picture)
        return Kind.DOCUMENT, wire.pack(read_document(source, options))
    except ReadingError as error:
        return Kind.ERROR, str(error)
    except Exception as error:  # a library that fails on a broken file must cost only that file
        message = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        reason = _REASONS.get(type(error), message)
    remedy = "get the file again or leave it out"
    return Kind.LAST_ERROR, f"{source.path}: cannot be read ({reason}); {remedy}"


def _rendered(source: Source, options: ReadingOptions, picture: Picture) -> str:
    """Render a page and return its PNG image in base64."""
    from mehealth_rag.reading.pdf_file import render_page

    if source.path is None:
        raise ReadingError(f"{source.id}: the file is not present; fetch it")
    png = render_page(source.path, picture.page, picture.width, options.passwords)
    return base64.b64encode(png).decode()


def _beats_to(answers: BinaryIO) -> Callable[[], None]:
    """Return a function that sends a heartbeat, but at most one per `_BEAT` seconds."""
    last = 0.0

    def beat() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _BEAT:
            last = now
            wire.write(answers, Kind.BEAT)

    return beat


def _end_with_parent(parent: int) -> None:
    """Exit at once when the parent process is gone."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    main()
