"""Pictures of pages, drawn once and kept as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mehealth_rag.errors import UsageError
from mehealth_rag.index.sources import SourceStatus
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.types import SourceState
from mehealth_ui.evidence import has_picture
from mehealth_ui.limits import PICTURE_CACHE_BYTES, PICTURE_WIDTHS

Key = tuple[str, int, int]


@dataclass
class Pictures:
    """Page pictures of the documents of an index: asked for by id and number, never by path.

    Drawing goes one at a time: the PDF library is not made for threads.
    """

    catalogue: Callable[[], Mapping[str, SourceStatus]]
    room: int = PICTURE_CACHE_BYTES
    passwords: Sequence[str] = ()
    _kept: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def picture(self, document: str, page: int, width: int) -> bytes:
        """The PNG of a page.

        Raises:
            UsageError: no such document or page in the index, or a width that is not offered.
            ReadingError: the file cannot be drawn.
        """
        status = self.catalogue().get(document)
        if status is None or status.state is not SourceState.INDEXED:
            raise UsageError("no such document in the index")
        if not has_picture(status.source) or status.source.path is None:
            raise UsageError("this document has no pictures; it is shown as text")
        if not 1 <= page <= status.pages:
            raise UsageError(f"no such page; the document has {status.pages}")
        if width not in PICTURE_WIDTHS:
            raise UsageError(f"no such width; there are {', '.join(map(str, PICTURE_WIDTHS))}")
        key = (document, page, width)
        with self._guard:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = render_page(
                    status.source.path, page, width, self.passwords
                )
            self._kept.move_to_end(key)
            self._make_room()
        return kept

    def _make_room(self) -> None:
        held = sum(map(len, self._kept.values()))
        while held > self.room and len(self._kept) > 1:
            held -= len(self._kept.popitem(last=False)[1])
