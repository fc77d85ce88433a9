"""Text that a page holds and does not show, found by drawing the page with it and without.

What makes no difference to the picture is not seen, whatever the trick: white on white, invisible,
clipped away, covered, on a layer that is off. One kind of it is meant to be read: the words that a
scanner's program has put invisibly over the picture of a page. They lie on printed words;
words without ink under them were never seen by anybody.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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

Levels = NDArray[np.uint8]


_SEEN = 20
"""Levels by which a pixel must differ to be seen."""
_SHARE = 0.02
"""The share of its box that a text must change; letters cover a tenth or more."""
_INK = 60
"""Levels between the lightest and the darkest in a box that has ink."""
_ACROSS = 0.5
"""The share of a box's columns that has ink where words are printed."""
_VALLEY = 0.35
"""Above and below a printed line is a row with at most this share of its fullest row's ink."""
_TALL = 0.2
"""The share of a box's rows that is well inked where words are printed; a rule's is less."""
_TRUSTED = 0.5
"""The share of the words over ink that lies on printed words from which on they are a scan's."""
_SHORT = 60.0
"""Words of up to so many points across need only some ink then: theirs may be too little to tell.
"""
_PIECE = 6
"""A box is looked at in pieces so many times as wide as high: lines of a scan may lean."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as drawn: the levels of its pixels [height, width], and pixels a displayed point."""

    levels: Levels
    scale: float

    def area(self, box: Box) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a box in displayed points, inside the picture."""
        height, width = self.levels.shape
        left = max(0, int(box[0] * self.scale))
        right = min(width, int(box[2] * self.scale) + 1)
        top = max(0, height - int(box[3] * self.scale) - 1)
        bottom = min(height, height - int(box[1] * self.scale))
        return left, top, right, bottom

    def inside(self, box: Box) -> Levels:
        """The levels in a box in displayed points."""
        left, top, right, bottom = self.area(box)
        return self.levels[top : max(top, bottom), left : max(left, right)]


def differs(one: Picture, other: Picture, box: Box) -> bool:
    """Whether two pictures differ in a box by enough for an eye to see."""
    a, b = one.inside(box).astype(np.int16), other.inside(box)
    return bool((np.abs(a - b) > _SEEN).sum() >= max(2.0, _SHARE * a.size))


def on_ink(drawn: Picture, boxes: Mapping[int, Box]) -> set[int]:
    """Those of some unseen words, by their boxes, that lie on the words of a scanned page.

    Where most of the words over ink lie on printed ones, all of them are a scan's; words on bare
    paper never are, and do not speak against the others.
    """
    over = {name: box for name, box in boxes.items() if _contrast(drawn.inside(box)) >= _INK}
    printed = {name: list(_printed(drawn, box)) for name, box in over.items()}
    if sum(2 * sum(pieces) >= len(pieces) for pieces in printed.values()) < _TRUSTED * len(over):
        return set()
    return {name for name, box in over.items() if any(printed[name]) or box[2] - box[0] <= _SHORT}


def _contrast(levels: Levels) -> int:
    return int(levels.max()) - int(levels.min()) if levels.size else 0


def _printed(drawn: Picture, box: Box) -> Iterator[bool]:
    """For each piece of a box whether words are printed in it."""
    left, top, right, bottom = drawn.area(box)
    count = max(1, round((right - left) / (_PIECE * (bottom - top))))
    strip = max(1, (bottom - top) // 2)
    rows = drawn.levels[max(0, top - strip) : bottom + strip]
    inside = slice(min(strip, top), min(strip, top) + bottom - top)
    for start, end in pairwise(np.linspace(left, right, count + 1).astype(int).tolist()):
        yield _looks_printed(rows[:, start:end], inside)


def _looks_printed(levels: Levels, inside: slice) -> bool:
    """Whether ink goes across some rows, `inside` among them, and less of it above and below."""
    if _contrast(levels[inside]) < _INK:
        return False
    limit = (int(levels[inside].max()) + int(levels[inside].min())) / 2
    ink = levels < limit
    if 2 * ink[inside].sum() > ink[inside].size:  # light words on a dark ground
        ink = ~ink
    profile = ink.mean(axis=1)
    peak = inside.start + int(profile[inside].argmax())
    low = _VALLEY * profile[peak]
    valleys = profile[:peak].min(initial=1.0) <= low and profile[peak:].min() <= low
    tall = (profile[inside] > low).mean() >= _TALL
    return bool(valleys and tall and ink[inside].any(axis=0).mean() >= _ACROSS)


_COARSE, _FINE = 1.0, 2.0
"""Pixels a point; less for pages larger than `_LONGEST` pixels then."""
_LONGEST = 2400.0


def take_out_hidden(page: pdfium.PdfPage, frame: Frame, walker: Walker, met: Set[float]) -> str:
    """Take what is not seen out of a page's text, and give its words.

    `met` are the text objects that its words begin in. The page is changed as it is open, so no
    text page of it may be open; its file is not.
    """
    suspects, texts = walker.scan(ctypes.cast(page.raw, ctypes.c_void_p).value or 0, met)
    if not suspects:
        return ""
    boxes = {item.handle: frame.box(item.box) for item in suspects}
    unseen = _unseen(page, suspects, boxes)
    words = _words(page, unseen) if unseen else {}
    if not words:
        return ""
    drawn = _without(page, texts, _FINE)  # the ink of shown words is not that of hidden ones
    kept = on_ink(drawn, {item.handle: boxes[item.handle] for item in words})
    hidden = {item: text for item, text in words.items() if item.handle not in kept}
    _remove(page, hidden)
    return " ".join(" ".join(hidden.values()).split())


def _unseen(page: pdfium.PdfPage, suspects: Sequence[Item], boxes: Mapping[int, Box]) -> list[Item]:
    """The suspects that make no difference to the page's picture; those without a size make none.

    What is seen in a coarse picture needs no fine one.
    """
    unseen = [item.handle for item in suspects if item.painted and _has_size(boxes[item.handle])]
    seen = set(unseen)
    for scale in (_COARSE, _FINE):
        if unseen:
            drawn, without = _draw(page, scale), _without(page, unseen, scale)
            unseen = [name for name in unseen if not differs(drawn, without, boxes[name])]
    seen -= set(unseen)
    return [item for item in suspects if item.handle not in seen]


def _has_size(box: Box) -> bool:
    return box[2] > box[0] and box[3] > box[1]


def _without(page: pdfium.PdfPage, handles: Iterable[int], scale: float) -> Picture:
    """The page's picture without some objects."""
    objects = list(map(_object, handles))
    for item in objects:
        raw.FPDFPageObj_SetIsActive(item, 0)
    picture = _draw(page, scale)
    for item in objects:
        raw.FPDFPageObj_SetIsActive(item, 1)
    return picture


def _draw(page: pdfium.PdfPage, pixels_a_point: float) -> Picture:
    scale = min(pixels_a_point, _LONGEST / max(*page.get_size(), 1.0))
    bitmap = page.render(scale=scale, may_draw_forms=False, no_smoothimage=True)
    picture = Picture(bitmap.to_numpy()[:, :, 1].copy(), scale)
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
    """The words of each of some texts; of those that have any.

    Many programs write each space as a text of its own: it never has ink.
    """
    text = page.get_textpage()
    try:
        words = {
            item: wide_text(raw.FPDFTextObj_GetText, _object(item.handle), text.raw)
            for item in unseen
        }
    finally:
        text.close()
    return {item: word for item, word in words.items() if word.strip()}
