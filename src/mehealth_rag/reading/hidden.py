"""Text that a page holds and does not show, found by drawing the page with it and without.

What makes no difference to the picture is not seen, whatever the trick: white on white, invisible,
clipped away, covered, on a layer that is off. One kind of it is meant to be read: the words that a
scanner's program has put invisibly over the picture of a page. They are told apart by the picture:
where such words stand there is ink in it, across most of their width, and the strips above and
below the line hold less of it. Words without ink under them were never seen by anybody.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.reading.suspects import Item, Walker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reading.runs import Frame
    from mehealth_rag.types import Box

_COARSE, _FINE = 1.0, 2.0
"""Pixels a point; less for pages larger than `_LONGEST` pixels then."""
_LONGEST = 2400.0
_SEEN = 20
"""Levels of a channel by which a pixel must differ to be seen."""
_SHARE = 0.02
"""The share of its box that a text must change; letters cover a tenth or more."""
_INK = 60
"""Levels between the lightest and the darkest in a box that has ink."""
_ACROSS = 0.5
"""The share of a box's columns that has ink where words are printed."""
_BESIDE = 0.6
"""The strips above and below a printed line hold at most this share of its ink, or one does."""
_TRUSTED = 0.5
"""The share of invisible words with ink under them from which on they are a scan's text."""
_SURE, _SHORT = 0.8, 60.0
"""From this share on, words of up to so many points across need only some ink."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A page as drawn: three bytes a pixel, and its place in displayed points."""

    pixels: memoryview
    stride: int
    width: int
    height: int
    scale: float

    def area(self, box: Box) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a box in displayed points, inside the picture."""
        left = max(0, int(box[0] * self.scale))
        right = min(self.width, int(box[2] * self.scale) + 1)
        top = max(0, self.height - int(box[3] * self.scale) - 1)
        bottom = min(self.height, self.height - int(box[1] * self.scale))
        return left, top, right, bottom

    def row(self, y: int, left: int, right: int) -> memoryview:
        """The bytes of part of a row."""
        start = y * self.stride
        return self.pixels[start + 3 * left : start + 3 * right]


def take_out_hidden(page: pdfium.PdfPage, frame: Frame, walker: Walker) -> str:
    """Take what is not seen out of a page's text, and give its words.

    The page is changed as it is open; its file is not.
    """
    handle = ctypes.cast(page.raw, ctypes.c_void_p).value or 0
    scan = walker.scan(handle)
    if not scan.suspects:
        return ""
    boxes = {item.handle: frame.box(walker.box(item)) for item in scan.suspects}
    unseen = _unseen(page, scan.suspects, boxes)
    if not unseen:
        return ""
    pictures = [frame.box(walker.box(picture)) for picture in scan.pictures]
    text = page.get_textpage()
    try:
        words = {item.handle: _words(item, text.raw) for item in unseen}
    finally:
        text.close()
    spelt = [item for item in unseen if words[item.handle].strip()]
    kept = _scanned(spelt, boxes, pictures, _without(page, scan.suspects)) if pictures else set()
    hidden = [item for item in spelt if item.handle not in kept]
    _remove(page, hidden)
    return " ".join(" ".join(words[item.handle] for item in hidden).split())


def _unseen(page: pdfium.PdfPage, suspects: Sequence[Item], boxes: dict[int, Box]) -> list[Item]:
    """The suspects that make no difference to the page's picture; those without a size make none.

    What is seen in a coarse picture needs no fine one.
    """
    drawn = [i for i in suspects if i.painted and _has_size(boxes[i.handle])]
    seen = {item.handle for item in drawn}
    for scale in (_COARSE, _FINE):
        if drawn:
            with_them = _draw(page, scale)
            without = _without(page, drawn, scale)
            drawn = [i for i in drawn if not _differs(with_them, without, boxes[i.handle])]
    seen -= {item.handle for item in drawn}
    return [item for item in suspects if item.handle not in seen]


def _has_size(box: Box) -> bool:
    return box[2] > box[0] and box[3] > box[1]


def _without(page: pdfium.PdfPage, items: Sequence[Item], scale: float = _FINE) -> _Picture:
    """The page's picture without some objects."""
    _switch(items, on=False)
    picture = _draw(page, scale)
    _switch(items, on=True)
    return picture


def _draw(page: pdfium.PdfPage, pixels_a_point: float) -> _Picture:
    width, height = page.get_size()
    scale = min(pixels_a_point, _LONGEST / max(width, height, 1.0))
    bitmap = page.render(scale=scale, may_draw_forms=False, no_smoothimage=True)
    pixels = memoryview(bytes(memoryview(bitmap.buffer).cast("B")))
    picture = _Picture(pixels, bitmap.stride, bitmap.width, bitmap.height, scale)
    bitmap.close()
    return picture


def _switch(items: Sequence[Item], *, on: bool) -> None:
    for item in items:
        raw.FPDFPageObj_SetIsActive(_object(item.handle), on)


def _object(handle: int) -> object:
    return ctypes.cast(handle, raw.FPDF_PAGEOBJECT)


def _differs(one: _Picture, other: _Picture, box: Box) -> bool:
    """Whether two pictures differ in a box by enough for an eye to see."""
    left, top, right, bottom = one.area(box)
    enough = max(2.0, _SHARE * (right - left) * (bottom - top))
    changed = 0
    for y in range(top, bottom):
        a, b = one.row(y, left, right), other.row(y, left, right)
        if a == b:
            continue
        changed += sum(abs(p - q) > _SEEN for p, q in zip(a[1::3], b[1::3], strict=True))
        if changed >= enough:
            return True
    return False


def _scanned(
    unseen: Sequence[Item], boxes: dict[int, Box], pictures: Sequence[Box], drawn: _Picture
) -> set[int]:
    """The handles of those unseen texts that are the words of a scanned page.

    None of them is a mere space: many programs write one as a text of its own, it never has ink,
    and counted among the words it would make half of a true layer look like a forgery.
    """
    over = [i for i in unseen if any(_inside(boxes[i.handle], p) for p in pictures)]
    inked = [i for i in over if _has_ink(drawn, boxes[i.handle])]
    if len(inked) < _TRUSTED * len(over):
        return set()
    kept = {item.handle for item in inked}
    if len(inked) >= _SURE * len(over):  # a short word's ink may be too little to tell
        boxed = ((i.handle, boxes[i.handle]) for i in over)
        kept |= {h for h, b in boxed if b[2] - b[0] <= _SHORT and _contrast(drawn, b) >= _INK}
    return kept


def _inside(box: Box, picture: Box) -> bool:
    across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return picture[0] <= across <= picture[2] and picture[1] <= up <= picture[3]


def _has_ink(drawn: _Picture, box: Box) -> bool:
    """Whether words are printed in a box: ink across it, and more in it than above or below."""
    left, top, right, bottom = drawn.area(box)
    rows = [bytes(drawn.row(y, left, right)[1::3]) for y in range(top, bottom)]
    if not rows or not rows[0]:
        return False
    dark, light = min(map(min, rows)), max(map(max, rows))
    if light - dark < _INK:
        return False
    limit = (dark + light) / 2
    columns = sum(min(column) < limit for column in zip(*rows, strict=True))
    strip = max(1, len(rows) // 4)
    above, below = range(max(0, top - strip), top), range(bottom, bottom + strip)
    beside = min(
        _density([bytes(drawn.row(y, left, right)[1::3]) for y in part if y < drawn.height], limit)
        for part in (above, below)
    )
    inside = _density(rows, limit)
    return columns >= _ACROSS * len(rows[0]) and beside <= _BESIDE * inside


def _contrast(drawn: _Picture, box: Box) -> int:
    """Levels between the lightest and the darkest pixel in a box."""
    left, top, right, bottom = drawn.area(box)
    pixels = b"".join(bytes(drawn.row(y, left, right)[1::3]) for y in range(top, bottom))
    return max(pixels) - min(pixels) if pixels else 0


def _density(rows: Sequence[bytes], limit: float) -> float:
    """The share of the pixels of some rows that is darker than `limit`."""
    pixels = sum(map(len, rows))
    return sum(value < limit for row in rows for value in row) / pixels if pixels else 0.0


def _remove(page: pdfium.PdfPage, hidden: Sequence[Item]) -> None:
    for item in hidden:
        if item.holder.form:
            raw.FPDFFormObj_RemoveObject(_object(item.holder.form), _object(item.handle))
        else:
            raw.FPDFPage_RemoveObject(page.raw, _object(item.handle))
        raw.FPDFPageObj_Destroy(_object(item.handle))


def _words(item: Item, text: object) -> str:
    size = raw.FPDFTextObj_GetText(_object(item.handle), text, None, 0)
    buffer = (ctypes.c_ushort * max(size // 2, 1))()
    raw.FPDFTextObj_GetText(_object(item.handle), text, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
