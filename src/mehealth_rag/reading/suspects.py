"""Text objects of a PDF page that may not be seen: told by their properties, without drawing.

A page has hundreds of text objects, in some files one a letter, and each question to pdfium costs;
so few are asked of each, and what looks suspicious here is judged by what is drawn (`hidden`).
"""

from __future__ import annotations

import ctypes
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress, repeat
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
    """What holds objects: the page (handle 0), or a form on it with its way into user space.

    `first` and `step` give the order of drawing of its objects: those of a form come after what is
    before the form and before what is after it.
    """

    form: int = 0
    matrix: Matrix = _PLAIN
    depth: int = 0
    first: float = 0.0
    step: float = 1.0


@dataclass(frozen=True, slots=True)
class Item:
    """An object: its handle, what holds it, and its place in the order of drawing.

    `painted` is False where its mode of drawing leaves nothing on the page.
    """

    handle: int
    holder: Holder
    order: float
    painted: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """The objects of one holder, in the order of drawing: what was asked of all of them at once.

    `modes` are pdfium's modes of drawing text, negative for what is no text; `colours` are red and
    green, and blue and opacity, in one number each.
    """

    holder: Holder
    handles: list[int]
    modes: list[float]
    colours: list[tuple[int, int]]
    text_colours: frozenset[tuple[int, int]]

    def order(self, index: int) -> float:
        """The place of an object in the order of drawing of the page."""
        return self.holder.first + index * self.holder.step


@dataclass(slots=True)
class Scan:
    """What a walk over a page's objects has found."""

    parts: list[Part] = field(default_factory=list)
    suspects: list[Item] = field(default_factory=list)
    areas: list[tuple[Item, Box, Colour]] = field(default_factory=list)
    pictures: list[Item] = field(default_factory=list)


class Walker:
    """Walks over the objects of pages; one serves a document. `layers`: it has optional content."""

    def __init__(self, *, layers: bool) -> None:
        self._layers = layers
        self._colour = (ctypes.c_uint * 4)()
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
        """Look at the objects of a page or form.

        Each question is put to all of them in one go, which costs half of a loop.
        """
        get = self._form_get if holder.form else self._get
        count = int(self._form_count(holding) if holder.form else self._count(holding))
        handles = [int(handle) for handle in map(get, repeat(holding), range(count))]
        modes = list(map(self._render_mode, handles))
        told, colours = self._fills(handles)
        clipped = list(map(self._clip_paths, map(self._clip, handles)))
        are_texts = [mode != _NO_TEXT for mode in modes]
        part = Part(holder, handles, modes, colours, frozenset(compress(colours, are_texts)))
        found.parts.append(part)
        odd = self._layers or min(told, default=1) == 0 or max(clipped, default=0) > 0
        if odd or not _INVISIBLE.isdisjoint(modes) or any(map(_is_pale, part.text_colours)):
            self._judge(part, told, clipped, found)
        for index in [i for i, is_text in enumerate(are_texts) if not is_text]:
            self._other(handles[index], part.order(index), holder, found)

    def _fills(self, handles: list[int]) -> tuple[list[float], list[tuple[int, int]]]:
        """Whether each object has a plain colour, and which."""
        count = len(handles)
        channels = (ctypes.c_uint * (4 * count))()
        start = ctypes.addressof(channels)
        slots = (range(start + 4 * i, start + 4 * i + 16 * count, 16) for i in range(4))
        told = list(map(self._fill, handles, *slots))
        if not count:
            return told, []
        packed = memoryview(channels).cast("B").cast("Q").tolist()
        return told, list(zip(packed[::2], packed[1::2], strict=True))

    def _judge(self, part: Part, told: list[float], clipped: list[float], found: Scan) -> None:
        """Add the suspicious among the texts of a part."""
        for index, (handle, mode) in enumerate(zip(part.handles, part.modes, strict=True)):
            if mode != _NO_TEXT and (
                mode in _INVISIBLE
                or not told[index]
                or clipped[index] > 0
                or _is_pale(part.colours[index])
                or (self._layers and self._is_on_layer(handle))
            ):
                painted = mode not in _INVISIBLE
                found.suspects.append(Item(handle, part.holder, part.order(index), painted))

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            mark = self._mark(handle, index)
            self._mark_name(mark, self._name_slot, 8, self._number_slots[0])
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _other(self, handle: int, order: float, holder: Holder, found: Scan) -> None:
        """Take in what is no text: a form's objects, a picture, a filled area."""
        kind = self._type(handle)
        if kind == raw.FPDF_PAGEOBJ_FORM and holder.depth < _DEEPEST:
            self._matrix(handle, self._sides[0])
            a, b, c, d, e, f = self._floats
            matrix = _times((a, b, c, d, e, f), holder.matrix)
            step = holder.step / (self._form_count(handle) + 1)
            inner = Holder(handle, matrix, holder.depth + 1, order, step)
            self._walk(handle, inner, found)
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(Item(handle, holder, order))
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            self._area(Item(handle, holder, order), found)

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
        grounds = (*found.areas, *pictures)
        if not grounds:
            return
        known = {item.handle for item in found.suspects}
        for part in (part for part in found.parts if _may_be_covered(part, grounds)):
            for packed, texts in _by_colour(part, known).items():
                colour = _unpacked(packed)
                near = []
                for item, box, other in grounds:
                    if other is not None and _alike(colour, other):
                        near.append((float("inf"), box))
                    elif item.order > texts[0][1]:
                        near.append((item.order, box))
                if near:
                    found.suspects += self._touching(texts, part.holder, near)

    def _touching(
        self,
        texts: list[tuple[int, float]],
        holder: Holder,
        grounds: list[tuple[float, Box]],
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


def _may_be_covered(part: Part, grounds: Sequence[tuple[Item, Box, Colour | None]]) -> bool:
    """Whether anything is drawn after the first text of a part, or in the colour of one."""
    first = next((i for i, mode in enumerate(part.modes) if mode != _NO_TEXT), None)
    if first is None:
        return False
    if max(item.order for item, _, _ in grounds) > part.order(first):
        return True
    colours = [_unpacked(packed) for packed in part.text_colours]
    return any(_alike(colour, other) for colour in colours for _, _, other in grounds if other)


def _by_colour(part: Part, known: set[int]) -> dict[tuple[int, int], list[tuple[int, float]]]:
    """The texts of a part that are not `known`, with their order, by colour."""
    found: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for index, (handle, mode) in enumerate(zip(part.handles, part.modes, strict=True)):
        if mode != _NO_TEXT and handle not in known:
            found.setdefault(part.colours[index], []).append((handle, part.order(index)))
    return found


def _unpacked(packed: tuple[int, int]) -> Colour:
    red, green, blue, opacity = struct.unpack("=4I", struct.pack("=2Q", *packed))
    return red, green, blue, opacity


@lru_cache(maxsize=1_000)
def _is_pale(packed: tuple[int, int]) -> bool:
    """Whether a colour may be that of the paper, or too faint to see."""
    red, green, blue, opacity = _unpacked(packed)
    return min(red, green, blue) >= _LIGHT or opacity < _FAINT


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
