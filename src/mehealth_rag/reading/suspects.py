"""Finds text objects of a PDF page that may be invisible, by their properties, without rendering.

A page has hundreds of text objects, in some files one per letter, and each pdfium query costs time.
The objects in which the page's words begin are checked first, and all others only if one of those
is suspicious. `hidden` then judges the suspects by rendering.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

from mehealth_rag.reading.questions import bound
from mehealth_rag.types import Box

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LAYER_SIGNS = (b"/OCProperties", b"/ObjStm", b"/Encrypt")


def may_have_layers(path: Path) -> bool:
    """Return whether a PDF may have layers: declared, or perhaps in packed or encrypted objects."""
    content = path.read_bytes()
    return any(sign in content for sign in _LAYER_SIGNS)


_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_PLAIN = np.asarray([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
_CORNERS = [[0, 1], [0, 3], [2, 1], [2, 3]]
_DEEPEST = 5
"""Maximum nesting of forms; deeper ones are not searched."""
_LIGHT = 200
"""Minimum level of all channels for a colour that may be that of the paper."""
_FAINT = 60
"""Opacity (of 255) below which text may be too faint to see."""
_WIDE = 3.0
"""Minimum width and height in points of a coloured area that may be a background or a cover."""
_LIKE = 24
"""Maximum difference in levels between colours that look the same."""
_NO_COLOUR = 1_000
"""Stands for the colour of a picture; differs from every text colour."""
_OVER = 1 / 3
"""Minimum share of a text's width that a background must cover."""
_PAIRS = 1_000_000
"""Maximum pairs of text and background compared at once, to bound memory."""
_NO_TEXT = raw.FPDF_TEXTRENDERMODE_UNKNOWN
_INVISIBLE, _CLIPPING = raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP


@dataclass(frozen=True, slots=True)
class Item:
    """A text object: its handle, its form's handle (0: the page itself), its box in user space.

    `painted` is false if its render mode paints nothing.
    """

    handle: int
    form: int
    box: Box
    painted: bool


_Part = tuple[list[int], NDArray[np.int32], int, Numbers]
"""Handles of consecutive objects, their text render modes, the handle of their form, and the
form's matrix to user space [3, 2]."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """All objects of a page in drawing order.

    Holds their handles [n], text render modes [n] and part indices [n], and for each part its form
    [p] and the form's matrix to user space [p, 3, 2].
    """

    handles: Whole
    modes: NDArray[np.int32]
    parts: Whole
    forms: Whole
    matrices: Numbers

    @classmethod
    def of(cls, parts: Iterable[_Part]) -> _Drawn:
        """Concatenate parts."""
        handles, modes, forms, matrices = zip(*parts, strict=True)
        return cls(
            np.asarray([handle for some in handles for handle in some], np.int64),
            np.concatenate(modes),
            np.repeat(np.arange(len(forms)), list(map(len, handles))),
            np.asarray(forms, np.int64),
            np.asarray(matrices),
        )

    @property
    def unpainted(self) -> Flags:
        """Flags of texts whose render mode paints nothing [n]."""
        flags: Flags = (self.modes == _INVISIBLE) | (self.modes == _CLIPPING)
        return flags


@dataclass(frozen=True, slots=True)
class _Grounds:
    """Backgrounds and covers: boxes [m, 4], colours [m, 3], positions in drawing order [m]."""

    boxes: Numbers
    colours: Whole
    places: Whole

    def hide(self, boxes: Numbers, hiding: Flags) -> Flags:
        """Return flags [n] of the texts with `boxes` [n, 4] that are covered by some area.

        `hiding` [n, m] says which areas may hide which texts.
        """
        left, bottom, right, top = (side[:, None] for side in boxes.T)
        x0, y0, x1, y1 = self.boxes.T
        middle = (bottom + top) / 2
        across = np.minimum(right, x1) - np.maximum(left, x0) >= (right - left) * _OVER
        flags: Flags = (hiding & (y0 <= middle) & (middle <= y1) & across).any(axis=1)
        return flags


class Walker:
    """Scans the page objects of one document; `layers` says whether it may have layers."""

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

    def scan(self, page: int, starts: Set[float]) -> tuple[list[Item], list[int]]:
        """Return the suspects on a page and the handles of all its texts.

        `page` is its handle; `starts` holds the texts in which its words begin. If none of those is
        suspicious, both results are empty.
        """
        objects = map(self._get, repeat(page), range(int(self._count(page))))
        drawn = _Drawn.of(self._parted(list(objects), 0, _PLAIN, 0))  # type: ignore[arg-type]
        texts = np.flatnonzero(drawn.modes != _NO_TEXT)
        handles = drawn.handles[texts].tolist()
        grounds = self._grounds(drawn)
        first = texts[[handle in starts for handle in handles]] if handles else texts
        if not self._suspicious(drawn, first, grounds).any():
            return [], []
        places = texts[self._suspicious(drawn, texts, grounds)]
        columns = (drawn.handles, drawn.forms[drawn.parts], drawn.unpainted)
        selected = (column[places].tolist() for column in columns)
        items = [
            Item(handle, form, tuple(box), painted=not unpainted)
            for box, handle, form, unpainted in zip(
                self._boxes(drawn, places).tolist(), *selected, strict=True
            )
        ]
        return items, handles

    def _parted(
        self, handles: list[int], form: int, matrix: Numbers, depth: int
    ) -> Iterator[_Part]:
        """Yield the objects of a page or form in parts, with nested forms expanded in between."""
        modes = _each(self._render_mode, handles)
        start = 0
        for at in np.flatnonzero(modes == _NO_TEXT).tolist() if depth < _DEEPEST else ():
            if self._type(handles[at]) == raw.FPDF_PAGEOBJ_FORM:
                yield handles[start:at], modes[start:at], form, matrix
                yield from self._inside(handles[at], matrix, depth + 1)
                start = at + 1
        yield handles[start:], modes[start:], form, matrix

    def _inside(self, form: int, around: Numbers, depth: int) -> Iterator[_Part]:
        objects = map(self._form_get, repeat(form), range(int(self._form_count(form))))
        numbers = (ctypes.c_float * 6)()
        self._matrix(form, ctypes.addressof(numbers))
        matrix = np.reshape(numbers, (3, 2)) @ around[:2]
        matrix[2] += around[2]
        return self._parted(list(objects), form, matrix, depth)  # type: ignore[arg-type]

    def _suspicious(self, drawn: _Drawn, texts: Whole, grounds: _Grounds) -> Flags:
        """Return flags of the `texts` (indices) that may be invisible, by style or background."""
        handles = drawn.handles[texts].tolist()
        filled, colours = self._fills(handles)
        odd = ~filled | drawn.unpainted[texts]
        odd |= (colours[:, :3].min(axis=1) >= _LIGHT) | (colours[:, 3] < _FAINT)
        odd |= _each(self._clip_paths, list(map(self._clip, handles))) > 0  # type: ignore[arg-type]
        if self._layers:
            marked = np.flatnonzero(_each(self._marks, handles)).tolist()
            odd[[at for at in marked if self._is_on_layer(handles[at])]] = True
        return odd | self._lost(drawn, texts, colours[:, :3], grounds)

    def _lost(self, drawn: _Drawn, texts: Whole, colours: Whole, grounds: _Grounds) -> Flags:
        """Return flags of texts under a later area, or on or under one of their own colour."""
        lost = np.zeros(len(texts), np.bool_)
        if not len(texts) or not len(grounds.places):
            return lost
        palette, which = np.unique(colours @ (1 << 16, 1 << 8, 1), return_inverse=True)
        difference = (palette[:, None] >> (16, 8, 0) & 255)[:, None] - grounds.colours
        alike = np.abs(difference).max(axis=2) <= _LIKE
        # An area hides texts drawn before this position: all texts if the colours are alike.
        until = np.where(alike, int(texts[-1]) + 1, grounds.places)
        checked = np.flatnonzero(texts < until.max(axis=1)[which])
        step = max(1, _PAIRS // len(grounds.places))
        for some in np.split(checked, range(step, len(checked), step)) if len(checked) else ():
            hiding = texts[some, None] < until[which[some]]
            lost[some] = grounds.hide(self._boxes(drawn, texts[some]), hiding)
        return lost

    def _fills(self, handles: list[int]) -> tuple[Flags, Whole]:
        """Return whether each object has a plain fill colour [n], and its RGBA values [n, 4]."""
        colours = np.zeros((len(handles), 4), np.uint32)
        results = _each(self._fill, handles, *_slots(colours))
        return results != 0, colours.astype(np.int64)

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            self._mark_name(self._mark(handle, index), *self._name_slots)
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _grounds(self, drawn: _Drawn) -> _Grounds:
        """Return the filled areas and pictures of a page."""
        others = np.flatnonzero(drawn.modes == _NO_TEXT)
        kinds = _each(self._type, drawn.handles[others].tolist())
        pictures = others[kinds == raw.FPDF_PAGEOBJ_IMAGE]
        paths = others[kinds == raw.FPDF_PAGEOBJ_PATH]
        handles = drawn.handles[paths].tolist()
        modes = np.zeros((len(paths), 2), np.int32)
        _each(self._draw_mode, handles, *_slots(modes))
        _, colours = self._fills(handles)
        boxes = self._boxes(drawn, paths)
        kept = (modes[:, 0] != raw.FPDF_FILLMODE_NONE) & (colours[:, 3] >= _FAINT)
        kept &= ((boxes[:, 2:] - boxes[:, :2]) >= _WIDE).all(axis=1)
        none = np.full((len(pictures), 3), _NO_COLOUR, np.int64)
        return _Grounds(
            np.concatenate((boxes[kept], self._boxes(drawn, pictures))),
            np.concatenate((colours[kept, :3], none)),
            np.concatenate((paths[kept], pictures)),
        )

    def _boxes(self, drawn: _Drawn, places: Whole) -> Numbers:
        """Return the boxes [n, 4] of objects: left, bottom, right, top in the page's user space."""
        table = np.zeros((len(places), 4), np.float32)
        _each(self._bounds, drawn.handles[places].tolist(), *_slots(table))
        boxes = table.astype(np.float64)
        if len(drawn.forms) == 1:  # no nested forms
            return boxes
        matrices = drawn.matrices[drawn.parts[places]]
        corners = boxes[:, _CORNERS] @ matrices[:, :2] + matrices[:, 2:]
        return np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1)


def _each(
    ask: Callable[..., float], handles: Sequence[int], *slots: Iterable[int]
) -> NDArray[np.int32]:
    """Call a pdfium function for all handles and return the results [n].

    `map` costs half as much as a loop.
    """
    return np.fromiter(map(ask, handles, *slots), np.int32, len(handles))


def _slots(table: NDArray[np.generic]) -> list[range]:
    """Return the addresses of a table's cells, one range per column."""
    start, (rows, columns), cell = table.__array_interface__["data"][0], table.shape, table.itemsize
    row = cell * columns
    return [range(start + cell * i, start + cell * i + row * rows, row) for i in range(columns)]
