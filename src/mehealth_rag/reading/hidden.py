"""Text that a page holds and does not show, found by drawing the page with it and without.

What makes no difference to the picture is not seen, whatever the trick: white on white, invisible,
clipped away, covered, on a layer that is off. One kind of it is meant to be read: the words that a
scanner's program has put invisibly over the picture of a page. They lie on printed words (`ink`);
words without ink under them were never seen by anybody.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.reading.ink import Picture, differs, on_ink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mehealth_rag.reading.runs import Frame
    from mehealth_rag.reading.suspects import Item, Walker
    from mehealth_rag.types import Box

_COARSE, _FINE = 1.0, 2.0
"""Pixels a point; less for pages larger than `_LONGEST` pixels then."""
_LONGEST = 2400.0


def take_out_hidden(page: pdfium.PdfPage, frame: Frame, walker: Walker) -> str:
    """Take what is not seen out of a page's text, and give its words.

    The page is changed as it is open; its file is not.
    """
    suspects, texts = walker.scan(ctypes.cast(page.raw, ctypes.c_void_p).value or 0)
    if not suspects:
        return ""
    boxes = {item.handle: frame.box(walker.box(item)) for item in suspects}
    words = _words(page, _unseen(page, suspects, boxes))
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
    drawn = [i for i in suspects if i.painted and _has_size(boxes[i.handle])]
    seen = {item.handle for item in drawn}
    for scale in (_COARSE, _FINE):
        if drawn:
            with_them = _draw(page, scale)
            without = _without(page, [item.handle for item in drawn], scale)
            drawn = [i for i in drawn if not differs(with_them, without, boxes[i.handle])]
    seen -= {item.handle for item in drawn}
    return [item for item in suspects if item.handle not in seen]


def _has_size(box: Box) -> bool:
    return box[2] > box[0] and box[3] > box[1]


def _without(page: pdfium.PdfPage, handles: Sequence[int], scale: float) -> Picture:
    """The page's picture without some objects."""
    _switch(handles, on=False)
    picture = _draw(page, scale)
    _switch(handles, on=True)
    return picture


def _draw(page: pdfium.PdfPage, pixels_a_point: float) -> Picture:
    scale = min(pixels_a_point, _LONGEST / max(*page.get_size(), 1.0))
    bitmap = page.render(scale=scale, may_draw_forms=False, no_smoothimage=True)
    picture = Picture(bitmap.to_numpy()[:, :, 1].copy(), scale)
    bitmap.close()
    return picture


def _switch(handles: Iterable[int], *, on: bool) -> None:
    for handle in handles:
        raw.FPDFPageObj_SetIsActive(_object(handle), on)


def _object(handle: int) -> object:
    return ctypes.cast(handle, raw.FPDF_PAGEOBJECT)


def _remove(page: pdfium.PdfPage, hidden: Iterable[Item]) -> None:
    for item in hidden:
        if item.holder.form:
            raw.FPDFFormObj_RemoveObject(_object(item.holder.form), _object(item.handle))
        else:
            raw.FPDFPage_RemoveObject(page.raw, _object(item.handle))
        raw.FPDFPageObj_Destroy(_object(item.handle))


def _words(page: pdfium.PdfPage, unseen: Sequence[Item]) -> dict[Item, str]:
    """The words of each of some texts; of those that have any.

    Many programs write each space as a text of its own: it never has ink.
    """
    if not unseen:
        return {}
    text = page.get_textpage()
    try:
        words = {item: _word(item.handle, text.raw) for item in unseen}
    finally:
        text.close()
    return {item: word for item, word in words.items() if word.strip()}


def _word(handle: int, text: object) -> str:
    size = raw.FPDFTextObj_GetText(_object(handle), text, None, 0)
    buffer = (ctypes.c_ushort * max(size // 2, 1))()
    raw.FPDFTextObj_GetText(_object(handle), text, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
