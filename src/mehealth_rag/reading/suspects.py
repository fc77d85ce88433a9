"""Text objects of a PDF page that may not be seen: told by their properties, without drawing.

A page has hundreds of text objects, in some files one a letter, and each question to pdfium costs;
so few are asked, each of all objects in one go, and what looks suspicious here is judged by what is
drawn (`hidden`).
"""

from __future__ import annotations

import ctypes
import re
import zlib
from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import TYPE_CHECKING

import numpy as np
from pypdfium2 import raw

from mehealth_rag.reading.questions import bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mehealth_rag.types import Box

    Boxes = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Orders = NDArray[np.float64]

_SIGN = b"/OCProperties"
_PACKED = re.compile(rb"/ObjStm\b[^>]{0,400}?>>\s*stream\r?\n")
_MOST = 20_000_000
"""Bytes that one stream of objects may unpack to; a real one has some thousands."""


def has_layers(path: Path) -> bool:
    """Look for the sign of layers, in packed objects too; an encrypted file may have them."""
    content = path.read_bytes()
    if _SIGN in content or b"/Encrypt" in content:
        return True
    return any(_unpacks_to_sign(content, m.end()) for m in _PACKED.finditer(content))


def _unpacks_to_sign(content: bytes, start: int) -> bool:
    try:
        return _SIGN in zlib.decompressobj().decompress(memoryview(content)[start:], _MOST)
    except zlib.error:
        return True  # packed in another way: it may


_LIKE = 24
"""Levels by which two colours may differ and still look the same."""
_OVER = 1 / 3
"""The share of a text's width that a ground must reach over."""
_PLACES = np.asarray([65_536, 256, 1])
"""Three channels as one number."""
_PAIRS = 1_000_000
"""Pairs of a text and a ground that are compared at a time: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Areas of a page: boxes [n, 4], places in the order of drawing [n], colours [n, 3].

    Pictures have no colour.
    """

    boxes: Boxes
    orders: Orders
    colours: NDArray[np.uint32] | None


def covered(
    orders: Orders,
    colours: NDArray[np.uint32],
    boxes: Callable[[Flags], Boxes],
    grounds: Sequence[Grounds],
) -> Flags:
    """The texts [n] that a ground reaches over which is drawn later, or is of their own colour.

    `orders` [n] are the texts' places in the order of drawing, `colours` [n, 3] theirs; `boxes`
    gives those of the texts that are marked, since to ask for them costs.
    """
    found = np.zeros(len(orders), np.bool_)
    own = colours.astype(np.int64) @ _PLACES
    for packed in np.unique(own):
        same = own == packed
        colour = packed // _PLACES % 256
        near = [_near(g, colour, float(orders[same].min())) for g in grounds]
        areas, limits = (np.concatenate(parts) for parts in zip(*near, strict=True))
        if len(limits):
            asked = same & (orders < limits.max())
            found[asked] = _reached(boxes(asked), orders[asked], areas, limits)
    return found


def _near(grounds: Grounds, colour: NDArray[np.int64], first: float) -> tuple[Boxes, Orders]:
    """The grounds that texts of a colour may be lost on: boxes, and the order until which."""
    alike = np.zeros(len(grounds.orders), np.bool_)
    if grounds.colours is not None:
        alike = (np.abs(grounds.colours.astype(np.int64) - colour) <= _LIKE).all(axis=1)
    kept = alike | (grounds.orders > first)
    return grounds.boxes[kept], np.where(alike, np.inf, grounds.orders)[kept]


def _reached(texts: Boxes, orders: Orders, boxes: Boxes, limits: Orders) -> Flags:
    """Which of some texts, by their boxes [n, 4], one of the boxes [m, 4] reaches over."""
    left, bottom, right, top = (side[:, None] for side in texts.T)
    middle, least = (bottom + top) / 2, (right - left) * _OVER
    found = np.zeros(len(texts), np.bool_)
    step = max(1, _PAIRS // max(1, len(texts)))
    for start in range(0, len(boxes), step):
        part = slice(start, start + step)
        x0, y0, x1, y1 = boxes[part].T
        over = (y0 <= middle) & (middle <= y1) & (orders[:, None] < limits[part])
        over &= np.minimum(right, x1) - np.maximum(left, x0) >= least
        found |= over.any(axis=1)
    return found


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
_INVISIBLE, _CLIPPING = raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds objects: the page (form 0), or a form on it with its way into user space.

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
    """A text object: its handle, and what holds it.

    `painted` is False where its mode of drawing leaves nothing on the page.
    """

    handle: int
    holder: Holder
    painted: bool = True


@dataclass(frozen=True, slots=True)
class _Texts:
    """The text objects of one holder in the order of drawing, and what was asked of all of them.

    `orders` [n] are their places in the page's order of drawing, `colours` [n, 4] their red, green,
    blue and opacity, 0 to 255; `odd` [n] marks what may be unseen by its own properties.
    """

    holder: Holder
    handles: list[int]
    orders: NDArray[np.float64]
    colours: NDArray[np.uint32]
    painted: Flags
    odd: Flags


@dataclass(slots=True)
class _Scan:
    """What a walk over a page's objects has found so far."""

    texts: list[_Texts] = field(default_factory=list)
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

    def scan(self, page: int) -> tuple[list[Item], list[int]]:
        """Give the suspects on the page with the handle `page`, and the handles of all texts."""
        found = _Scan()
        self._walk(page, Holder(), found)
        suspects: list[Item] = []
        for texts in found.texts:
            odd = texts.odd
            if found.grounds:
                odd = odd | self._covered(texts, found.grounds)
            if odd.any():
                chosen = compress(zip(texts.handles, texts.painted.tolist(), strict=True), odd)
                suspects += [Item(h, texts.holder, painted=painted) for h, painted in chosen]
        if not suspects:
            return [], []
        return suspects, [handle for texts in found.texts for handle in texts.handles]

    def box(self, item: Item) -> Box:
        """Give the box of an object in the page's user space."""
        left, bottom, right, top = self._boxes([item.handle], item.holder.matrix)[0].tolist()
        return left, bottom, right, top

    def _walk(self, holding: int, holder: Holder, found: _Scan) -> None:
        """Look at the objects of a page or form."""
        get = self._form_get if holder.form else self._get
        count = int(self._form_count(holding) if holder.form else self._count(holding))
        if not count:
            return
        handles: list[int] = list(map(get, repeat(holding), range(count)))  # type: ignore[arg-type]
        modes = _each(self._render_mode, handles)
        orders = holder.first + holder.step * np.arange(count, dtype=np.float64)
        is_text = modes != _NO_TEXT
        texts = _chosen(handles, is_text)
        if texts:
            found.texts.append(self._judged(holder, texts, orders[is_text], modes[is_text]))
        if len(texts) < count:
            self._others(holder, _chosen(handles, ~is_text), orders[~is_text], found)

    def _judged(
        self,
        holder: Holder,
        handles: list[int],
        orders: NDArray[np.float64],
        modes: NDArray[np.int32],
    ) -> _Texts:
        """Ask the texts of a holder for what may make them unseen."""
        told, colours = self._fills(handles)
        painted = (modes != _INVISIBLE) & (modes != _CLIPPING)
        pale = (colours[:, :3].min(axis=1) >= _LIGHT) | (colours[:, 3] < _FAINT)
        clips = map(self._clip_paths, map(self._clip, handles))
        odd = ~painted | ~told | pale | (np.fromiter(clips, np.int32, len(handles)) > 0)
        if self._layers:
            marked = np.flatnonzero(_each(self._marks, handles)).tolist()
            odd[[place for place in marked if self._is_on_layer(handles[place])]] = True
        return _Texts(holder, handles, orders, colours, painted, odd)

    def _fills(self, handles: list[int]) -> tuple[Flags, NDArray[np.uint32]]:
        """Whether each object has a plain colour [n], and which [n, 4]."""
        colours = np.zeros((len(handles), 4), np.uint32)
        told = _each(self._fill, handles, *_slots(colours))
        return told != 0, colours

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            self._mark_name(self._mark(handle, index), *self._name_slots)
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _others(
        self, holder: Holder, handles: list[int], orders: NDArray[np.float64], found: _Scan
    ) -> None:
        """Take in what is no text: forms' objects, pictures, filled areas."""
        kinds = _each(self._type, handles)
        is_path, is_picture = kinds == raw.FPDF_PAGEOBJ_PATH, kinds == raw.FPDF_PAGEOBJ_IMAGE
        if is_path.any():
            self._areas(holder, _chosen(handles, is_path), orders[is_path], found)
        if is_picture.any():
            boxes = self._boxes(_chosen(handles, is_picture), holder.matrix)
            found.grounds.append(Grounds(boxes, orders[is_picture], None))
        for place in np.flatnonzero(kinds == raw.FPDF_PAGEOBJ_FORM).tolist():
            if holder.depth < _DEEPEST:
                self._form(holder, handles[place], float(orders[place]), found)

    def _form(self, holder: Holder, handle: int, order: float, found: _Scan) -> None:
        numbers = (ctypes.c_float * 6)()
        self._matrix(handle, ctypes.addressof(numbers))
        a, b, c, d, e, f = numbers
        matrix = _times((a, b, c, d, e, f), holder.matrix)
        step = holder.step / (self._form_count(handle) + 1)
        self._walk(handle, Holder(handle, matrix, holder.depth + 1, order, step), found)

    def _areas(
        self, holder: Holder, handles: list[int], orders: NDArray[np.float64], found: _Scan
    ) -> None:
        """Add the filled areas among the paths of a holder."""
        modes = np.zeros((len(handles), 2), np.int32)
        _each(self._draw_mode, handles, *_slots(modes))
        filled = modes[:, 0] != raw.FPDF_FILLMODE_NONE
        boxes = self._boxes(_chosen(handles, filled), holder.matrix)
        wide = ((boxes[:, 2:] - boxes[:, :2]) >= _WIDE).all(axis=1)
        filled[filled] = wide
        _, colours = self._fills(_chosen(handles, filled))
        plain = colours[:, 3] >= _FAINT
        if plain.any():
            found.grounds.append(
                Grounds(boxes[wide][plain], orders[filled][plain], colours[plain, :3])
            )

    def _covered(self, texts: _Texts, grounds: Sequence[Grounds]) -> Flags:
        """Which texts have something drawn over them, or a ground of their own colour under."""

        def boxes(of: Flags) -> NDArray[np.float64]:
            return self._boxes(_chosen(texts.handles, of), texts.holder.matrix)

        return covered(texts.orders, texts.colours[:, :3], boxes, grounds)

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


def _chosen(handles: Sequence[int], marked: Flags) -> list[int]:
    """The handles that are marked; plain values for that are quicker than an array's own."""
    return list(compress(handles, marked.tolist()))


def _slots(table: NDArray[np.generic]) -> list[range]:
    """The addresses of a table's cells, column by column."""
    start, (rows, columns), cell = table.__array_interface__["data"][0], table.shape, table.itemsize
    row = cell * columns
    return [range(start + cell * i, start + cell * i + row * rows, row) for i in range(columns)]


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
