"""Text objects of a PDF page that may not be seen: told by their properties, without drawing.

A page has hundreds of text objects, in some files one a letter, and each question to pdfium costs;
so few are asked, each of all objects in one go, and what looks suspicious here is judged by what is
drawn (`hidden`).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import TYPE_CHECKING

import numpy as np
from pypdfium2 import raw

from mehealth_rag.reading.binding import bound
from mehealth_rag.reading.covering import Grounds, Texts, covered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from mehealth_rag.types import Box

Matrix = tuple[float, float, float, float, float, float]

_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST = 5
"""Forms in forms; deeper ones are not looked into."""
_LIGHT = 200
"""From this level on in all channels, a colour may be that of the paper."""
_FAINT = 60
"""Opacity below which text may be too faint to see."""
_WIDE = 3.0
"""Points that a coloured area must have both ways to be a ground or a cover, not a line."""
_NO_TEXT = raw.FPDF_TEXTRENDERMODE_UNKNOWN
_INVISIBLE = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)


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
    """An object: its handle, and what holds it.

    `painted` is False where its mode of drawing leaves nothing on the page.
    """

    handle: int
    holder: Holder
    painted: bool = True


@dataclass(frozen=True, slots=True)
class _Part:
    """The objects of one holder in the order of drawing, and what was asked of all of them.

    `modes` [n] are pdfium's modes of drawing text, negative for what is no text; `orders` [n] the
    objects' places in the page's order of drawing. `texts` are the texts' places among the
    objects, `text_handles` their handles, `colours` [texts, 4] their red, green, blue and opacity,
    0 to 255.
    """

    holder: Holder
    handles: list[int]
    modes: NDArray[np.int32]
    orders: NDArray[np.float64]
    texts: NDArray[np.intp]
    text_handles: list[int]
    colours: NDArray[np.uint32]


@dataclass(slots=True)
class Scan:
    """What a walk over a page's objects has found."""

    suspects: list[Item] = field(default_factory=list)
    pictures: list[Item] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)
    grounds: list[Grounds] = field(default_factory=list)


class Walker:
    """Walks over the objects of pages; one serves a document. `layers`: it has optional content."""

    def __init__(self, *, layers: bool) -> None:
        self._layers = layers
        self._name_length = ctypes.c_int()
        self._name_buffer = ctypes.create_string_buffer(8)
        self._name_slots = (
            ctypes.addressof(self._name_buffer), 8, ctypes.addressof(self._name_length),
        )  # fmt: skip
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
        left, bottom, right, top = self._boxes([item.handle], item.holder.matrix)[0].tolist()
        return left, bottom, right, top

    def _walk(self, holding: int, holder: Holder, found: Scan) -> None:
        """Look at the objects of a page or form."""
        get = self._form_get if holder.form else self._get
        count = int(self._form_count(holding) if holder.form else self._count(holding))
        if not count:
            return
        handles: list[int] = list(map(get, repeat(holding), range(count)))  # type: ignore[arg-type]
        modes = _each(self._render_mode, handles)
        texts = np.flatnonzero(modes != _NO_TEXT)
        text_handles = [handles[i] for i in texts.tolist()]
        told, colours = self._fills(text_handles)
        orders = holder.first + holder.step * np.arange(count, dtype=np.float64)
        part = _Part(holder, handles, modes, orders, texts, text_handles, colours)
        found.parts.append(part)
        self._judge(part, told, found)
        self._others(part, found)

    def _fills(self, handles: list[int]) -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
        """Whether each object has a plain colour [n], and which [n, 4]."""
        colours = np.zeros((len(handles), 4), np.uint32)
        told = _each(self._fill, handles, *_slots(colours))
        return told != 0, colours

    def _judge(self, part: _Part, told: NDArray[np.bool_], found: Scan) -> None:
        """Add the suspicious among the texts of a part."""
        handles = part.text_handles
        clips = map(self._clip_paths, map(self._clip, handles))
        painted = ~np.isin(part.modes[part.texts], _INVISIBLE)
        odd = ~painted | ~told | _are_pale(part.colours)
        odd |= np.fromiter(clips, np.int32, len(handles)) > 0
        if self._layers:
            marked = np.flatnonzero(_each(self._marks, handles)).tolist()
            odd[[i for i in marked if self._is_on_layer(handles[i])]] = True
        chosen = np.flatnonzero(odd).tolist()
        found.suspects += [Item(handles[i], part.holder, painted=bool(painted[i])) for i in chosen]

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            self._mark_name(self._mark(handle, index), *self._name_slots)
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _others(self, part: _Part, found: Scan) -> None:
        """Take in what is no text: forms' objects, pictures, filled areas."""
        places = np.flatnonzero(part.modes == _NO_TEXT)
        if not len(places):
            return
        kinds = _each(self._type, [part.handles[i] for i in places])
        self._areas(part, places[kinds == raw.FPDF_PAGEOBJ_PATH], found)
        self._pictures(part, places[kinds == raw.FPDF_PAGEOBJ_IMAGE], found)
        for place in places[kinds == raw.FPDF_PAGEOBJ_FORM].tolist():
            if part.holder.depth < _DEEPEST:
                self._form(part, place, found)

    def _form(self, part: _Part, place: int, found: Scan) -> None:
        handle, holder = part.handles[place], part.holder
        numbers = (ctypes.c_float * 6)()
        self._matrix(handle, ctypes.addressof(numbers))
        a, b, c, d, e, f = numbers
        matrix = _times((a, b, c, d, e, f), holder.matrix)
        step = holder.step / (self._form_count(handle) + 1)
        order = float(part.orders[place])
        self._walk(handle, Holder(handle, matrix, holder.depth + 1, order, step), found)

    def _pictures(self, part: _Part, places: NDArray[np.int64], found: Scan) -> None:
        if not len(places):
            return
        handles = [part.handles[i] for i in places]
        found.pictures += [Item(handle, part.holder) for handle in handles]
        boxes = self._boxes(handles, part.holder.matrix)
        found.grounds.append(Grounds(boxes, part.orders[places], None))

    def _areas(self, part: _Part, places: NDArray[np.int64], found: Scan) -> None:
        """Add the filled areas among the paths at some places of a part."""
        if not len(places):
            return
        modes = np.zeros((len(places), 2), np.int32)
        _each(self._draw_mode, [part.handles[i] for i in places], *_slots(modes))
        places = places[modes[:, 0] != raw.FPDF_FILLMODE_NONE]
        boxes = self._boxes([part.handles[i] for i in places], part.holder.matrix)
        wide = ((boxes[:, 2:] - boxes[:, :2]) >= _WIDE).all(axis=1)
        _, colours = self._fills([part.handles[i] for i in places[wide]])
        plain = colours[:, 3] >= _FAINT
        if plain.any():
            orders = part.orders[places[wide]][plain]
            found.grounds.append(Grounds(boxes[wide][plain], orders, colours[plain, :3]))

    def _add_covered(self, found: Scan) -> None:
        """Add texts with something drawn over them, or a ground of their own colour under them."""
        if not found.grounds:
            return
        known = {item.handle for item in found.suspects}
        for part in found.parts:
            new = np.asarray([handle not in known for handle in part.text_handles], np.bool_)
            if not new.any():
                continue
            handles = list(compress(part.text_handles, new))

            def boxes(
                of: NDArray[np.bool_], handles: list[int] = handles, holder: Holder = part.holder
            ) -> NDArray[np.float64]:
                return self._boxes(list(compress(handles, of)), holder.matrix)

            texts = Texts(part.orders[part.texts[new]], part.colours[new, :3], boxes)
            over = covered(texts, found.grounds)
            found.suspects += [Item(handle, part.holder) for handle in compress(handles, over)]

    def _boxes(self, handles: Sequence[int], matrix: Matrix) -> NDArray[np.float64]:
        """Left, bottom, right and top [n, 4] of objects in the page's user space."""
        boxes = np.zeros((len(handles), 4), np.float32)
        _each(self._bounds, handles, *_slots(boxes))
        return _moved(boxes.astype(np.float64), matrix)


def _each(
    ask: Callable[..., float], handles: Sequence[int], *slots: Iterable[int]
) -> NDArray[np.int32]:
    """Put one question to all objects: in one go it costs half of a loop. The answers [n]."""
    return np.fromiter(map(ask, handles, *slots), np.int32, len(handles))


def _slots(table: NDArray[np.generic]) -> list[range]:
    """The addresses of a table's cells, column by column."""
    start, (rows, columns), cell = table.ctypes.data, table.shape, table.itemsize
    row = cell * columns
    return [range(start + cell * i, start + cell * i + row * rows, row) for i in range(columns)]


def _are_pale(colours: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether colours may be that of the paper, or too faint to see."""
    pale: NDArray[np.bool_] = colours[:, :3].min(axis=1) >= _LIGHT
    return pale | (colours[:, 3] < _FAINT)


def _times(one: Matrix, other: Matrix) -> Matrix:
    """The matrix that applies `one` and then `other`."""
    a, b, c, d, e, f = one
    u, v, w, x, y, z = other
    across, up = e * u + f * w + y, e * v + f * x + z
    return a * u + b * w, a * v + b * x, c * u + d * w, c * v + d * x, across, up


def _moved(boxes: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """The boxes around boxes [n, 4] after a matrix."""
    if matrix == _PLAIN:
        return boxes
    a, b, c, d, e, f = matrix
    x, y = boxes[:, [0, 0, 2, 2]], boxes[:, [1, 3, 1, 3]]
    across, up = a * x + c * y + e, b * x + d * y + f
    sides = (across.min(axis=1), up.min(axis=1), across.max(axis=1), up.max(axis=1))
    return np.stack(sides, axis=1)
