"""Finds hidden text of a PDF page by rendering the page with and without it.

Text that makes no difference to the rendering is invisible, by whatever trick: white on white,
render mode, clipping, a cover, a layer that is off. The exception is the invisible text layer that
OCR software puts over a scan: it is on top of printed words, and is kept. Words without ink under
them were never visible to anybody.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from pypdfium2 import raw

from mehealth_rag.reading.pdf_file import wide_text
from mehealth_rag.reading.runs import Frame
from mehealth_rag.reading.suspects import Item, Walker
from mehealth_rag.types import Box

_Levels = NDArray[np.uint8]

_CHANGED = 20
"""Minimum difference in levels for a pixel to count as changed."""
_SHARE = 0.02
"""Minimum share of its box that visible text changes; letters cover a tenth or more."""
_INK = 60
"""Minimum difference in levels between lightest and darkest pixel in a box with ink."""
_ACROSS = 0.5
"""Minimum share of pixel columns with ink where words are printed."""
_VALLEY = 0.35
"""Maximum ink of the gap above and below a printed line, relative to its fullest pixel row."""
_TALL = 0.2
"""Minimum share of well-inked pixel rows where words are printed; a rule has fewer."""
_TRUSTED = 0.5
"""Minimum share of the words over ink that must be on printed words for an OCR layer."""
_SHORT = 60.0
"""Maximum width in points of words that need only some ink in an OCR layer: they are too short to
judge."""
_PIECE = 6
"""Width of the pieces in which a box is examined, relative to its height: scans may be skewed."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A rendered page: pixel levels [height, width], and pixels per displayed point."""

    levels: _Levels
    scale: float

    def area(self, box: Box) -> tuple[int, int, int, int]:
        """Convert a box in displayed points to (left, top, right, bottom) in pixels, clipped."""
        height, width = self.levels.shape
        left = max(0, int(box[0] * self.scale))
        right = min(width, int(box[2] * self.scale) + 1)
        top = max(0, height - int(box[3] * self.scale) - 1)
        bottom = min(height, height - int(box[1] * self.scale))
        return left, top, right, bottom

    def inside(self, box: Box) -> _Levels:
        """Return the pixel levels in a box in displayed points."""
        left, top, right, bottom = self.area(box)
        return self.levels[top : max(top, bottom), left : max(left, right)]


def _differs(drawn: _Picture, without: _Picture, box: Box) -> bool:
    """Return whether two pictures differ visibly in a box."""
    levels = drawn.inside(box).astype(np.int16)
    changed = np.abs(levels - without.inside(box)) > _CHANGED
    return bool(changed.sum() >= max(2.0, _SHARE * levels.size))


def _on_ink(drawn: _Picture, boxes: Mapping[int, Box]) -> set[int]:
    """Return the keys of the unseen words in `boxes` that belong to the OCR layer of a scan.

    There is such a layer if most of the words over ink are on printed words. It then holds the
    words over ink that are short or partly on print. Words on bare paper say nothing about others.
    """
    over = {name: box for name, box in boxes.items() if _contrast(drawn.inside(box)) >= _INK}
    printed = {name: list(_printed(drawn, box)) for name, box in over.items()}
    if sum(2 * sum(pieces) >= len(pieces) for pieces in printed.values()) < _TRUSTED * len(over):
        return set()
    return {name for name, box in over.items() if any(printed[name]) or box[2] - box[0] <= _SHORT}


def _contrast(levels: _Levels) -> int:
    return int(levels.max()) - int(levels.min()) if levels.size else 0


def _printed(drawn: _Picture, box: Box) -> Iterator[bool]:
    """Yield for each piece of a box whether words are printed in it."""
    left, top, right, bottom = drawn.area(box)
    count = max(1, round((right - left) / (_PIECE * (bottom - top))))
    strip = max(1, (bottom - top) // 2)
    rows = drawn.levels[max(0, top - strip) : bottom + strip]
    inside = slice(min(strip, top), min(strip, top) + bottom - top)
    for start, end in pairwise(np.linspace(left, right, count + 1).astype(int).tolist()):
        yield _looks_printed(rows[:, start:end], inside)


def _looks_printed(levels: _Levels, inside: slice) -> bool:
    """Return whether the rows `inside` hold a line of ink with gaps above and below it."""
    if _contrast(levels[inside]) < _INK:
        return False
    limit = (int(levels[inside].max()) + int(levels[inside].min())) / 2
    ink = levels < limit
    if 2 * ink[inside].sum() > ink[inside].size:  # light words on a dark background
        ink = ~ink
    profile = ink.mean(axis=1)
    peak = inside.start + int(profile[inside].argmax())
    low = _VALLEY * profile[peak]
    valleys = profile[:peak].min(initial=1.0) <= low and profile[peak:].min() <= low
    tall = (profile[inside] > low).mean() >= _TALL
    return bool(valleys and tall and ink[inside].any(axis=0).mean() >= _ACROSS)


_COARSE, _FINE = 1.0, 2.0
"""Rendering scales in pixels per point, reduced for pages longer than `_LONGEST` pixels."""
_LONGEST = 2400.0


def take_out_hidden(page: pdfium.PdfPage, frame: Frame, walker: Walker, starts: Set[float]) -> str:
    """Remove invisible text from a page and return its words.

    `starts` holds the handles of the text objects in which the page's words begin. The open page is
    changed, so no text page of it may be open; the file is not changed.
    """
    suspects, texts = walker.scan(ctypes.cast(page.raw, ctypes.c_void_p).value or 0, starts)
    boxes = {item.handle: frame.box(item.box) for item in suspects}
    unseen = _unseen(page, suspects, boxes)
    words = _words(page, unseen) if unseen else {}
    if not words:
        return ""
    drawn = _without(page, texts, _FINE)  # visible text must not pass for ink under hidden words
    layer = _on_ink(drawn, {item.handle: boxes[item.handle] for item in words})
    hidden = {item: text for item, text in words.items() if item.handle not in layer}
    _remove(page, hidden)
    return " ".join(" ".join(hidden.values()).split())


def _unseen(page: pdfium.PdfPage, suspects: Sequence[Item], boxes: Mapping[int, Box]) -> list[Item]:
    """Return the suspects that do not change the rendering of the page, or have no size.

    The fine rendering is only for those that the coarse one does not show.
    """
    sized = [name for name, (left, low, right, top) in boxes.items() if right > left and top > low]
    painted = {item.handle for item in suspects if item.painted}.intersection(sized)
    unseen = painted
    for scale in (_COARSE, _FINE):
        if unseen:
            drawn, without = _draw(page, scale), _without(page, unseen, scale)
            unseen = {name for name in unseen if not _differs(drawn, without, boxes[name])}
    visible = painted - unseen
    return [item for item in suspects if item.handle not in visible]


def _without(page: pdfium.PdfPage, handles: Iterable[int], scale: float) -> _Picture:
    """Render the page without some objects."""
    objects = list(map(_object, handles))
    for item in objects:
        raw.FPDFPageObj_SetIsActive(item, 0)
    picture = _draw(page, scale)
    for item in objects:
        raw.FPDFPageObj_SetIsActive(item, 1)
    return picture


def _draw(page: pdfium.PdfPage, pixels_a_point: float) -> _Picture:
    scale = min(pixels_a_point, _LONGEST / max(*page.get_size(), 1.0))
    bitmap = page.render(scale=scale, may_draw_forms=False, no_smoothimage=True)
    picture = _Picture(bitmap.to_numpy()[:, :, 1].copy(), scale)
    bitmap.close()
    return picture


def _object(handle: int) -> object:
    return ctypes.cast(handle, raw.FPDF_PAGEOBJECT)


def _remove(page: pdfium.PdfPage, hidden: Iterable[Item]) -> None:
    for item in hidden:
        if item.form:
            raw.FPDFFormObj_RemoveObject(_object(item.form), _object(item.handle))
        else:
            raw.FPDFPage_RemoveObject(page.raw, _object(item.handle))
        raw.FPDFPageObj_Destroy(_object(item.handle))


def _words(page: pdfium.PdfPage, unseen: Sequence[Item]) -> dict[Item, str]:
    """Map text objects to their words, leaving out blank ones.

    Many programs write each space as a text object, which never has ink.
    """
    with closing(page.get_textpage()) as text:
        words = [
            wide_text(raw.FPDFTextObj_GetText, _object(item.handle), text.raw) for item in unseen
        ]
    return {item: word for item, word in zip(unseen, words, strict=True) if word.strip()}
