"""Text objects of a PDF page that may not be seen: told by their properties, without drawing.

A page has hundreds of text objects, in some files one a letter, and each question to pdfium costs;
so few are asked of each, and what looks suspicious here is judged by what is drawn (`hidden`).
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pypdfium2 import raw

from mehealth_rag.reading.binding import bound

if TYPE_CHECKING:
    from mehealth_rag.types import Box

Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, 0 to 255."""
Matrix = tuple[float, float, float, float, float, float]

_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST = 5
"""Forms in forms; deeper ones are not looked into."""
_LIGHT = 200
"""From this level on in all channels, a colour may be that of the paper."""
_FAINT = 60
"""Opacity below which text may be too faint to see."""
_LIKE = 24
"""Levels by which two colours may differ and still look the same."""
_WIDE = 3.0
"""Points that a coloured area must have both ways to be a ground or a cover, not a line."""
_NO_TEXT = raw.FPDF_TEXTRENDERMODE_UNKNOWN
_INVISIBLE = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds objects: the page (handle 0), or a form on it with its way into user space."""

    form: int = 0
    matrix: Matrix = _PLAIN
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """An object: its handle, what holds it, and its place in the order of drawing.

    `painted` is False where its mode of drawing leaves nothing on the page.
    """

    handle: int
    holder: Holder
    order: int
    painted: bool = True


@dataclass(slots=True)
class Scan:
    """What a walk over a page's objects has found.

    Texts of one colour are kept together as (handle, order), by what holds them and the colour.
    """

    texts: dict[tuple[Holder, Colour], list[tuple[int, int]]] = field(default_factory=dict)
    suspects: list[Item] = field(default_factory=list)
    areas: list[tuple[Item, Box, Colour]] = field(default_factory=list)
    pictures: list[Item] = field(default_factory=list)
    order: int = 0


class Walker:
    """Walks over the objects of pages; one serves a document. `layers`: it has optional content."""

    def __init__(self, *, layers: bool) -> None:
        self._layers = layers
        self._colour = (ctypes.c_uint * 4)()
        self._packed = memoryview(self._colour).cast("B").cast("Q")
        start = ctypes.addressof(self._colour)
        self._slots = tuple(start + 4 * i for i in range(4))
        self._floats = (ctypes.c_float * 6)()
        first = ctypes.addressof(self._floats)
        self._sides = tuple(first + 4 * i for i in range(6))
        self._numbers = (ctypes.c_int * 2)()
        self._number_slots = tuple(ctypes.addressof(self._numbers) + 4 * i for i in range(2))
        self._name_buffer = ctypes.create_string_buffer(8)
        self._name_slot = ctypes.addressof(self._name_buffer)
        self._bind()

    def _bind(self) -> None:
        index = ctypes.c_ulong
        self._count = bound(raw.FPDFPage_CountObjects)
        self._get = bound(raw.FPDFPage_GetObject, _INT, result=_ADDRESS)
        self._form_count = bound(raw.FPDFFormObj_CountObjects)
        self._form_get = bound(raw.FPDFFormObj_GetObject, index, result=_ADDRESS)
        self._type = bound(raw.FPDFPageObj_GetType)
        self._render_mode = bound(raw.FPDFTextObj_GetTextRenderMode)
        self._fill = bound(raw.FPDFPageObj_GetFillColor, *[_ADDRESS] * 4)
        self._bounds = bound(raw.FPDFPageObj_GetBounds, *[_ADDRESS] * 4)
        self._matrix = bound(raw.FPDFPageObj_GetMatrix, _ADDRESS)
        self._draw_mode = bound(raw.FPDFPath_GetDrawMode, _ADDRESS, _ADDRESS)
        self._clip = bound(raw.FPDFPageObj_GetClipPath, result=_ADDRESS)
        self._clip_paths = bound(raw.FPDFClipPath_CountPaths)
        self._marks = bound(raw.FPDFPageObj_CountMarks)
        self._mark = bound(raw.FPDFPageObj_GetMark, index, result=_ADDRESS)
        self._mark_name = bound(raw.FPDFPageObjMark_GetName, _ADDRESS, index, _ADDRESS)

    def scan(self, page: int) -> Scan:
        """Walk over the page with the handle `page`."""
        found = Scan()
        self._walk(page, Holder(), found)
        self._add_covered(found)
        return found

    def box(self, item: Item) -> Box:
        """The box of an object in the page's user space."""
        return self._box(item.handle, item.holder.matrix)

    def _box(self, handle: int, matrix: Matrix) -> Box:
        self._bounds(handle, *self._sides[:4])
        left, bottom, right, top, _, _ = self._floats
        return _moved((left, bottom, right, top), matrix)

    def _walk(self, holding: int, holder: Holder, found: Scan) -> None:
        """Look at each object of a page or form; the loop is short because it is long."""
        get: Callable[..., float] = self._form_get if holder.form else self._get
        count = self._form_count(holding) if holder.form else self._count(holding)
        mode_of, fill, packed, slots = self._render_mode, self._fill, self._packed, self._slots
        clip, clip_paths, layers = self._clip, self._clip_paths, self._layers
        last: tuple[int, int] | None = None
        light, same = False, list[tuple[int, int]]()
        for index in range(int(count)):
            handle = int(get(holding, index))
            found.order += 1
            mode = mode_of(handle)
            if mode == _NO_TEXT:
                self._other(handle, holder, found)
                continue
            told = fill(handle, *slots)
            colour = packed[0], packed[1]
            if colour != last:
                last, (light, same) = colour, self._coloured(holder, found)
            if (
                light
                or not told
                or mode in _INVISIBLE
                or clip_paths(clip(handle)) > 0
                or (layers and self._is_on_layer(handle))
            ):
                painted = mode not in _INVISIBLE
                found.suspects.append(Item(handle, holder, found.order, painted))
            else:
                same.append((handle, found.order))

    def _coloured(self, holder: Holder, found: Scan) -> tuple[bool, list[tuple[int, int]]]:
        """Whether the colour just asked for is suspicious, and the texts that have it."""
        red, green, blue, opacity = self._colour
        light = min(red, green, blue) >= _LIGHT or opacity < _FAINT
        return light, found.texts.setdefault((holder, (red, green, blue, opacity)), [])

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            mark = self._mark(handle, index)
            self._mark_name(mark, self._name_slot, 8, self._number_slots[0])
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _other(self, handle: int, holder: Holder, found: Scan) -> None:
        """Take in what is no text: a form's objects, a picture, a filled area."""
        kind = self._type(handle)
        if kind == raw.FPDF_PAGEOBJ_FORM and holder.depth < _DEEPEST:
            self._matrix(handle, self._sides[0])
            a, b, c, d, e, f = self._floats
            matrix = _times((a, b, c, d, e, f), holder.matrix)
            self._walk(handle, Holder(handle, matrix, holder.depth + 1), found)
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(Item(handle, holder, found.order))
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            self._area(Item(handle, holder, found.order), found)

    def _area(self, item: Item, found: Scan) -> None:
        self._draw_mode(item.handle, *self._number_slots)
        if self._numbers[0] == raw.FPDF_FILLMODE_NONE:
            return
        box = self.box(item)
        if box[2] - box[0] < _WIDE or box[3] - box[1] < _WIDE:
            return
        self._fill(item.handle, *self._slots)
        red, green, blue, opacity = self._colour
        if opacity >= _FAINT:
            found.areas.append((item, box, (red, green, blue, opacity)))

    def _add_covered(self, found: Scan) -> None:
        """Add texts with something drawn over them, or a ground of their own colour under them."""
        pictures: list[tuple[Item, Box, Colour | None]]
        pictures = [(picture, self.box(picture), None) for picture in found.pictures]
        for (holder, colour), texts in found.texts.items():
            grounds = []
            for item, box, other in (*found.areas, *pictures):
                if other is not None and _alike(colour, other):
                    grounds.append((found.order + 1, box))
                elif texts and item.order > texts[0][1]:
                    grounds.append((item.order, box))
            if grounds:
                found.suspects += self._touching(texts, holder, grounds)

    def _touching(
        self, texts: list[tuple[int, int]], holder: Holder, grounds: list[tuple[int, Box]]
    ) -> list[Item]:
        """Those texts that are drawn before a ground's order, and that its box reaches over."""
        last = max(order for order, _ in grounds)
        placed = []
        for handle, order in texts:
            if order < last:
                left, bottom, right, top = self._box(handle, holder.matrix)
                placed.append(((bottom + top) / 2, order, left, right, handle))
        placed.sort()
        heights = [place[0] for place in placed]
        found = {}
        for limit, (left, bottom, right, top) in grounds:
            for place in placed[bisect_left(heights, bottom) : bisect_right(heights, top)]:
                _, order, start, end, handle = place
                if order < limit and min(right, end) - max(left, start) >= (end - start) / 3:
                    found[handle] = order
        return [Item(handle, holder, order) for handle, order in found.items()]


def _alike(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= _LIKE for a, b in zip(one[:3], other[:3], strict=True))


def _times(one: Matrix, other: Matrix) -> Matrix:
    """The matrix that applies `one` and then `other`."""
    a, b, c, d, e, f = one
    u, v, w, x, y, z = other
    across, up = e * u + f * w + y, e * v + f * x + z
    return a * u + b * w, a * v + b * x, c * u + d * w, c * v + d * x, across, up


def _moved(box: Box, matrix: Matrix) -> Box:
    if matrix == _PLAIN:
        return box
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    across = [a * x + c * y + e for x, y in corners]
    up = [b * x + d * y + f for x, y in corners]
    return min(across), min(up), max(across), max(up)
