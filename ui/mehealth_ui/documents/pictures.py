"""Pictures of pages, drawn once and kept as long as there is room."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.reading.isolated import DRAWING, Drawers
from mehealth_rag.reading.wire import Picture
from mehealth_rag.types import Source
from mehealth_ui.documents.originals import Originals
from mehealth_ui.limits import (
    PICTURE_AGAIN_SECONDS,
    PICTURE_CACHE_BYTES,
    PICTURE_WIDTHS,
    PICTURES_WAITING,
)
from mehealth_ui.markup import tag

Key = tuple[str, int, int]
_LINE = 44
"""Characters of a line on a grey page."""


def has_picture(source: Source) -> bool:
    """Whether pages of the source can be shown as pictures."""
    return source.format == "pdf" and source.path is not None


@dataclass
class Pictures:
    """Page pictures of the documents of an index: asked for by id and number, never by path.

    They are drawn in processes of their own, and waited for in threads of their own: a page that
    takes long holds up no question. One that could not be drawn is not tried again for a while.
    """

    originals: Originals
    drawers: Drawers = field(default_factory=Drawers)
    room: int = PICTURE_CACHE_BYTES
    waiting: int = PICTURES_WAITING
    _kept: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)
    clock: Callable[[], float] = time.monotonic
    _failed: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)
    _asked: dict[Key, Future[bytes]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(DRAWING.processes, "pictures")
    )

    def of(self, originals: Originals) -> Pictures:
        """The pictures of other documents, drawn by the same processes."""
        return Pictures(
            originals, self.drawers, self.room, self.waiting, clock=self.clock, _pool=self._pool
        )

    def picture(self, document: str, page: int, width: int) -> Future[bytes]:
        """The PNG of a page, as it will come; who asks for one that is asked for shares it.

        Its result raises ReadingError too.

        Raises:
            UsageError: no such document or page in the index, or a width that is not offered.
            ReadingError: the page cannot be drawn, or too many others wait.
        """
        self._check(document, page, width)
        self.originals.path(document)
        key = (document, page, width)
        with self._guard:
            if key in self._kept:
                return self._again(key)
            if key in self._asked:
                return self._asked[key]
            failed, reason = self._failed.get((document, page), (-math.inf, ""))
            if self.clock() - failed < PICTURE_AGAIN_SECONDS:
                raise ReadingError(reason)
            if len(self._asked) >= self.waiting:
                raise ReadingError("too many pictures are asked for; look again in a moment")
            future = self._asked[key] = self._pool.submit(self._draw, key)
        future.add_done_callback(lambda _: self._answered(key))
        return future

    def close(self) -> None:
        """Draw nothing more."""
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

    def _again(self, key: Key) -> Future[bytes]:
        self._kept.move_to_end(key)
        future: Future[bytes] = Future()
        future.set_result(self._kept[key])
        return future

    def _draw(self, key: Key) -> bytes:
        document, page, width = key
        source = self.originals.status(document).source
        try:
            drawn = self.drawers.draw(source, Picture(page, width))
        except ReadingError as error:
            self.originals.path(document)  # of a file that was swapped the reason is that
            reason = str(error).removeprefix(f"{source.path}: ")
            with self._guard:
                self._failed[document, page] = (self.clock(), reason)
            raise ReadingError(reason) from error
        self.originals.path(document)  # what was drawn is what was indexed: nobody swapped it
        with self._guard:
            self._kept[key] = drawn
            self._make_room()
        return drawn

    def _answered(self, key: Key) -> None:
        with self._guard:
            self._asked.pop(key, None)

    def _make_room(self) -> None:
        held = sum(map(len, self._kept.values()))
        while held > self.room and len(self._kept) > 1:
            held -= len(self._kept.popitem(last=False)[1])


def grey_page(reason: str) -> str:
    """What is shown in the place of a picture that cannot be had: a grey page that says why."""
    lines = ["This page cannot be shown as a picture.", "", *_broken(reason)]
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


def _broken(text: str) -> list[str]:
    """A text in lines that fit on the page."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= _LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word[:_LINE]}".strip()
    return lines[:12]
