"""Text objects of a PDF page that may not be seen: told by their properties, without drawing.

A page has hundreds of text objects, in some files one a letter, and each question to pdfium costs.
Those that the page's words begin in are asked first, and only where one of them looks suspicious
all of them; what does is judged by what is drawn (`hidden`).
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
    """Look for the sign of layers, or of packed or encrypted objects, which may hold it."""
    content = path.read_bytes()
    return any(sign in content for sign in _LAYER_SIGNS)


_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_PLAIN = np.asarray([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
_CORNERS = [[0, 1], [0, 3], [2, 1], [2, 3]]
_DEEPEST = 5
"""Forms in forms; deeper ones are not looked into."""
_LIGHT = 200
"""From this level on in all channels, a colour may be that of the paper."""
_FAINT = 60
"""Opacity below which text may be too faint to see."""
_WIDE = 3.0
"""Points that a coloured area must have both ways to be a ground or a cover, not a line."""
_LIKE = 24
"""Levels by which two colours may differ and still look the same."""
_NO_COLOUR = 1_000
"""A picture's: like no text's."""
_OVER = 1 / 3
"""The share of a text's width that a ground must reach over."""
_PAIRS = 1_000_000
"""Pairs of a text and a ground that are compared at a time: bounds the memory."""
_NO_TEXT = raw.FPDF_TEXTRENDERMODE_UNKNOWN
_INVISIBLE, _CLIPPING = raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP


@dataclass(frozen=True, slots=True)
class Item:
    """A text object: its handle, the form that holds it (0: the page), its box in user space.

    `painted` is False where its mode of drawing leaves nothing on the page.
    """

    handle: int
    form: int
    box: Box
    painted: bool


_Part = tuple[list[int], NDArray[np.int32], int, Numbers]
"""Handles of objects drawn one after another, their modes as texts, the form that holds them and
its way into user space."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """All objects of a page in the order of drawing.

    Their handles [n] and modes as texts [n]; the parts that they are of [n], the forms that hold
    the parts [p], and those forms' ways into user space [p, 3, 2].
    """

    handles: Whole
    modes: NDArray[np.int32]
    parts: Whole
    forms: Whole
    ways: Numbers

    @classmethod
    def of(cls, parts: Iterable[_Part]) -> _Drawn:
        """Put parts one behind another."""
        handles, modes, forms, ways = zip(*parts, strict=True)
        return cls(
            np.asarray([handle for some in handles for handle in some], np.int64),
            np.concatenate(modes),
            np.repeat(np.arange(len(forms)), list(map(len, handles))),
            np.asarray(forms, np.int64),
            np.asarray(ways),
        )

    @property
    def unpainted(self) -> Flags:
        """Texts whose mode of drawing leaves nothing on the page [n]."""
        found: Flags = (self.modes == _INVISIBLE) | (self.modes == _CLIPPING)
        return found


@dataclass(frozen=True, slots=True)
class _Grounds:
    """Areas that texts may be lost on: boxes [m, 4], colours [m, 3], places in the order [m]."""

    boxes: Numbers
    colours: Whole
    places: Whole

    def hide(self, boxes: Numbers, hiding: Flags) -> Flags:
        """Which of some texts, by their boxes [n, 4], one reaches over that may hide it [n, m]."""
        left, bottom, right, top = (side[:, None] for side in boxes.T)
        x0, y0, x1, y1 = self.boxes.T
        middle = (bottom + top) / 2
        across = np.minimum(right, x1) - np.maximum(left, x0) >= (right - left) * _OVER
        found: Flags = (hiding & (y0 <= middle) & (middle <= y1) & across).any(axis=1)
        return found


class Walker:
    """Walks over the objects of pages; one serves a document. `layers`: it may have some."""

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

    def scan(self, page: int, met: Set[float]) -> tuple[list[Item], list[int]]:
        """Give the suspects on the page with the handle `page`, and the handles of all texts.

        None are looked for where nothing speaks against the texts that were `met` in reading it.
        """
        objects = map(self._get, repeat(page), range(int(self._count(page))))
        drawn = _Drawn.of(self._parted(list(objects), 0, _PLAIN, 0))  # type: ignore[arg-type]
        texts = np.flatnonzero(drawn.modes != _NO_TEXT)
        handles = drawn.handles[texts].tolist()
        grounds = self._grounds(drawn)
        first = texts[[handle in met for handle in handles]] if handles else texts
        if not self._suspicious(drawn, first, grounds).any():
            return [], []
        places = texts[self._suspicious(drawn, texts, grounds)]
        columns = (drawn.handles, drawn.forms[drawn.parts], drawn.unpainted)
        asked = (column[places].tolist() for column in columns)
        items = [
            Item(handle, form, tuple(box), painted=not unpainted)
            for box, handle, form, unpainted in zip(
                self._boxes(drawn, places).tolist(), *asked, strict=True
            )
        ]
        return items, handles

    def _parted(
        self, handles: list[int], form: int, matrix: Numbers, depth: int
    ) -> Iterator[_Part]:
        """The objects of a page or form, cut where one is a form, which has its own."""
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
        """Which texts, at some places, may be unseen: by their own look, or by their grounds."""
        handles = drawn.handles[texts].tolist()
        told, colours = self._fills(handles)
        odd = ~told | drawn.unpainted[texts]
        odd |= (colours[:, :3].min(axis=1) >= _LIGHT) | (colours[:, 3] < _FAINT)
        odd |= _each(self._clip_paths, list(map(self._clip, handles))) > 0  # type: ignore[arg-type]
        if self._layers:
            marked = np.flatnonzero(_each(self._marks, handles)).tolist()
            odd[[at for at in marked if self._is_on_layer(handles[at])]] = True
        return odd | self._lost(drawn, texts, colours[:, :3], grounds)

    def _lost(self, drawn: _Drawn, texts: Whole, colours: Whole, grounds: _Grounds) -> Flags:
        """Which texts a ground reaches over that is drawn later, or is of their own colour."""
        found = np.zeros(len(texts), np.bool_)
        if not len(texts) or not len(grounds.places):
            return found
        looks, which = np.unique(colours @ (1 << 16, 1 << 8, 1), return_inverse=True)
        apart = (looks[:, None] >> (16, 8, 0) & 255)[:, None] - grounds.colours
        alike = np.abs(apart).max(axis=2) <= _LIKE
        until = np.where(alike, int(texts[-1]) + 1, grounds.places)  # hides what is drawn before
        asked = np.flatnonzero(texts < until.max(axis=1)[which])
        step = max(1, _PAIRS // len(grounds.places))
        for some in np.split(asked, range(step, len(asked), step)) if len(asked) else ():
            hiding = texts[some, None] < until[which[some]]
            found[some] = grounds.hide(self._boxes(drawn, texts[some]), hiding)
        return found

    def _fills(self, handles: list[int]) -> tuple[Flags, Whole]:
        """Whether each object has a plain colour [n], and which, with its opacity [n, 4]."""
        colours = np.zeros((len(handles), 4), np.uint32)
        told = _each(self._fill, handles, *_slots(colours))
        return told != 0, colours.astype(np.int64)

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            self._mark_name(self._mark(handle, index), *self._name_slots)
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _grounds(self, drawn: _Drawn) -> _Grounds:
        """The filled areas and pictures of a page."""
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
        """Left, bottom, right and top [n, 4] of objects in the page's user space."""
        table = np.zeros((len(places), 4), np.float32)
        _each(self._bounds, drawn.handles[places].tolist(), *_slots(table))
        boxes = table.astype(np.float64)
        if len(drawn.forms) == 1:  # nothing but the page itself
            return boxes
        ways = drawn.ways[drawn.parts[places]]
        corners = boxes[:, _CORNERS] @ ways[:, :2] + ways[:, 2:]
        return np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1)


def _each(
    ask: Callable[..., float], handles: Sequence[int], *slots: Iterable[int]
) -> NDArray[np.int32]:
    """Put one question to all objects: in one go it costs half of a loop. The answers [n]."""
    return np.fromiter(map(ask, handles, *slots), np.int32, len(handles))


def _slots(table: NDArray[np.generic]) -> list[range]:
    """The addresses of a table's cells, column by column."""
    start, (rows, columns), cell = table.__array_interface__["data"][0], table.shape, table.itemsize
    row = cell * columns
    return [range(start + cell * i, start + cell * i + row * rows, row) for i in range(columns)]
