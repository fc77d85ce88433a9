"""Draws pictures of pages and caches them."""

from __future__ import annotations

import math
import textwrap
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.reading.isolated import DRAWING, Drawers
from mehealth_rag.reading.wire import Picture
from mehealth_rag.types import Source
from mehealth_ui.documents.originals import Originals
from mehealth_ui.limits import (
    PICTURE_CACHE_BYTES,
    PICTURE_RETRY_SECONDS,
    PICTURE_WIDTHS,
    PICTURES_WAITING,
)
from mehealth_ui.markup import tag

Key = tuple[str, int, int]
_LINE = 44
"""Characters in a line of a grey page."""


def has_picture(source: Source) -> bool:
    """Tell whether the pages of a source can be drawn."""
    return source.format == "pdf" and source.path is not None


@dataclass
class Pictures:
    """Pictures of pages by document id and page number, never by path.

    Separate processes draw them and separate threads wait, so a slow page delays no question. A
    page that could not be drawn is not retried for a while.
    """

    originals: Originals
    drawers: Drawers = field(default_factory=Drawers)
    room: int = PICTURE_CACHE_BYTES
    waiting: int = PICTURES_WAITING
    _cache: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)
    _failed: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)
    _pending: dict[Key, Future[bytes]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(DRAWING.processes, "pictures")
    )

    def of(self, originals: Originals) -> Pictures:
        """Return pictures of other documents, drawn by the same processes."""
        return Pictures(originals, self.drawers, self.room, self.waiting, _pool=self._pool)

    def picture(self, document: str, page: int, width: int) -> Future[bytes]:
        """Return the future PNG of a page, which simultaneous requests share.

        Raises UsageError if there is no such document, page or width. Raises ReadingError, also
        later from the future, if the page cannot be drawn or too many wait.
        """
        self._check(document, page, width)
        self.originals.path(document)
        key = (document, page, width)
        with self._guard:
            if key in self._cache:
                return self._cached(key)
            if key in self._pending:
                return self._pending[key]
            failed, reason = self._failed.get((document, page), (-math.inf, ""))
            if time.monotonic() - failed < PICTURE_RETRY_SECONDS:
                raise ReadingError(reason)
            if len(self._pending) >= self.waiting:
                raise ReadingError("too many pictures are asked for; look again in a moment")
            future = self._pending[key] = self._pool.submit(self._draw, key)
        future.add_done_callback(lambda _: self._forget(key))
        return future

    def close(self) -> None:
        """End drawing."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.drawers.close()

    def _check(self, document: str, page: int, width: int) -> None:
        status = self.originals.status(document)
        if not has_picture(status.source):
            raise UsageError("this document has no pictures; it is shown as text")
        if not 1 <= page <= status.pages:
            raise UsageError(f"no such page; the document has {status.pages}")
        if width not in PICTURE_WIDTHS:
            raise UsageError(f"no such width; there are {', '.join(map(str, PICTURE_WIDTHS))}")

    def _cached(self, key: Key) -> Future[bytes]:
        self._cache.move_to_end(key)
        future: Future[bytes] = Future()
        future.set_result(self._cache[key])
        return future

    def _draw(self, key: Key) -> bytes:
        document, page, width = key
        source = self.originals.status(document).source
        try:
            picture = self.drawers.draw(source, Picture(page, width))
        except ReadingError as error:
            self.originals.path(document)  # if the file was swapped, that is the reason
            reason = str(error).removeprefix(f"{source.path}: ")
            with self._guard:
                self._failed[document, page] = (time.monotonic(), reason)
            raise ReadingError(reason) from error
        self.originals.path(document)  # nobody swapped the file meanwhile
        with self._guard:
            self._cache[key] = picture
            self._make_room()
        return picture

    def _forget(self, key: Key) -> None:
        with self._guard:
            self._pending.pop(key, None)

    def _make_room(self) -> None:
        size = sum(map(len, self._cache.values()))
        while size > self.room and len(self._cache) > 1:
            size -= len(self._cache.popitem(last=False)[1])


def grey_page(reason: str) -> str:
    """Return a grey page, an SVG, that says why there is no picture."""
    lines = ["This page cannot be shown as a picture.", "", *textwrap.wrap(reason, _LINE)[:12]]
    words = [
        tag("text", line, x="50%", y=340 + 26 * n, text_anchor="middle")
        for n, line in enumerate(lines)
    ]
    return tag(
        "svg",
        tag("rect", width="100%", height="100%", fill="#d9dcdc"),
        tag("g", *words, fill="#3d4a49", font_size=20, font_family="sans-serif"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox="0 0 595 842",
        width=595,
        height=842,
    )
