"""Finds text objects of a PDF page that may be invisible, by their properties, without rendering.

A page has hundreds of text objects, in some files one per letter, and each pdfium query costs time.
The objects in which the page's words begin are checked first, and all others only if one of those
is suspicious. Each query is mapped over all of them at once and writes into one array, at a third
of the cost of a call for each. `hidden` then judges the suspects by rendering.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import chain, compress, count, repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pypdfium2 import raw

from mehealth_rag.reading.queries import bound
from mehealth_rag.types import Box

_Matrix = tuple[float, float, float, float, float, float]
_Numbers = NDArray[Any]

_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_DEEPEST = 5
"""Maximum nesting of forms; deeper ones are not searched."""
_LIGHT = 200
"""Minimum level of all channels for a colour that may be that of the paper."""
_FAINT = 60
"""Opacity (of 255) below which text may be too faint to see."""
_WIDE = 3.0
"""Minimum width and height in points of a coloured area that may be a background or a cover."""
_DOT, _SQUARE = 8.0, 0.25
"""Maximum size in points of a dot, and by how much of it its width and height may differ."""
_LIKE = 24
"""Maximum difference in levels between colours that look the same."""
_NO_COLOUR = 1_000
"""Stands for the levels of a picture; differs from every text colour."""
_OVER = 1 / 3
"""Minimum share of a text's width that a background must cover."""
_LAYER_SIGNS = (b"/OCProperties", b"/ObjStm", b"/Encrypt")
"""A file has one of these if it declares layers, or packs or encrypts what may declare them."""
_UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
"""Render modes that paint nothing."""
_LAYER = "OC".encode("utf-16-le").rstrip(b"\0")
"""The mark of an object on a layer, as numpy gives the name that pdfium writes."""
_AT_ONCE = 1_000_000
"""Maximum pairs of texts and areas that are compared at once, to bound memory."""


class Item(NamedTuple):
    """A text object: its handle, its form's handle (0: the page itself), its box in user space.

    `painted` is false if its render mode paints nothing.
    """

    handle: int
    form: int
    box: Box
    painted: bool


class _Form(NamedTuple):
    """A form: its handle, and its matrix to user space."""

    handle: int
    matrix: _Matrix


_PAGE = _Form(0, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))

_Stretch = tuple[list[int], bytes, _Form]
"""Objects of one form that are drawn one after another: their handles and kinds, and the form."""


class _Objects(NamedTuple):
    """Objects of a page in drawing order: their places in it, handles, kinds and forms."""

    places: _Numbers
    handles: _Numbers
    kinds: _Numbers
    forms: _Numbers

    @classmethod
    def of(cls, stretches: Sequence[_Stretch]) -> _Objects:
        """Return the objects of stretches; a form is the index of its stretch."""
        handles = np.array(list(chain.from_iterable(part[0] for part in stretches)), np.uint64)
        kinds = np.frombuffer(b"".join(kinds for _, kinds, _ in stretches), np.uint8)
        forms = np.repeat(np.arange(len(stretches)), [len(kinds) for _, kinds, _ in stretches])
        return cls(np.arange(len(handles)), handles, kinds, forms)

    def only(self, flags: _Numbers) -> _Objects:
        """Return the objects with a flag."""
        return _Objects(*(column[flags] for column in self))


class _Grounds(NamedTuple):
    """Backgrounds and covers: their places in drawing order, boxes and colours."""

    places: _Numbers
    boxes: _Numbers
    colours: _Numbers

    def hide(self, places: _Numbers, boxes: _Numbers, colours: _Numbers) -> _Numbers:
        """Return whether each text is where an area of its colour is, or one drawn later."""
        left, bottom, right, top = boxes.T
        x0, y0, x1, y1 = self.boxes.T
        middle = ((bottom + top) / 2)[:, None]
        texts, areas = ((y0 <= middle) & (middle <= y1)).nonzero()
        left, right = left[texts], right[texts]
        across = np.minimum(right, x1[areas]) - np.maximum(left, x0[areas])
        alike = (np.abs(self.colours[areas] - colours[texts]) <= _LIKE).all(axis=1)
        over = (across >= (right - left) * _OVER) & (alike | (self.places[areas] > places[texts]))
        hidden = np.zeros(len(places), bool)
        hidden[texts[over]] = True
        return hidden


class Walker:
    """Scans the page objects of the document in a file.

    `dots` are the boxes in user space of the small shapes on the page scanned last, which may be
    bullets.
    """

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        self.dots: list[Box] = []
        self._layers = any(sign in content for sign in _LAYER_SIGNS)
        self._forms: list[_Form] = []
        self._name_length = ctypes.c_int()
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
        objects = range(self._count(page))
        stretches = list(self._expanded(list(map(self._get, repeat(page), objects)), _PAGE))
        drawn, self._forms = _Objects.of(stretches), [form for _, _, form in stretches]
        first = drawn.only(_flags(map(starts.__contains__, drawn.handles.tolist())))
        grounds = self._grounds(drawn)
        if not self._are_suspicious(first, grounds).any():
            return [], []
        texts = drawn.only(drawn.kinds == raw.FPDF_PAGEOBJ_TEXT)
        suspects = texts.only(self._are_suspicious(texts, grounds))
        handles = suspects.handles.tolist()
        forms = (self._forms[form].handle for form in suspects.forms)
        boxes = map(tuple, self._boxes(suspects).tolist())
        painted = (mode not in _UNPAINTED for mode in map(self._render_mode, handles))
        return list(map(Item, handles, forms, boxes, painted)), texts.handles.tolist()

    def _expanded(self, handles: list[Any], form: _Form, depth: int = 0) -> Iterator[_Stretch]:
        """Yield the objects of a page or form, with those of nested forms in place of the forms."""
        kinds = bytes(map(self._type, handles))
        start = 0
        while depth < _DEEPEST and (at := kinds.find(raw.FPDF_PAGEOBJ_FORM, start)) >= 0:
            yield handles[start:at], kinds[start:at], form
            start, handle = at + 1, handles[at]
            inside = range(self._form_count(handle))
            (matrix,) = _asked(self._matrix, [handle], np.float32, (1, 6)).tolist()
            inner = _Form(handle, _within(matrix, form.matrix))
            objects = list(map(self._form_get, repeat(handle), inside))
            yield from self._expanded(objects, inner, depth + 1)
        yield handles[start:], kinds[start:], form

    def _grounds(self, drawn: _Objects) -> _Grounds:
        """Return the filled areas and the pictures of a page."""
        areas = drawn.only(np.isin(drawn.kinds, (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH)))
        boxes = self._boxes(areas)
        pictures = areas.kinds == raw.FPDF_PAGEOBJ_IMAGE
        sizes = boxes[:, 2:] - boxes[:, :2]
        small = ~pictures & (sizes.max(axis=1) <= _DOT)
        small &= np.ptp(sizes, axis=1) <= _SQUARE * sizes.max(axis=1)
        self.dots = list(map(tuple, boxes[small].tolist()))
        large = pictures | (sizes.min(axis=1) >= _WIDE)
        areas, boxes, pictures = areas.only(large), boxes[large], pictures[large]
        handles = areas.handles.tolist()
        colours = _asked(self._fill, handles, np.uint32, (4, 1)).astype(int)
        modes = _asked(self._draw_mode, handles, np.intc, (2, 1))
        opaque = (modes[:, 0] != raw.FPDF_FILLMODE_NONE) & (colours[:, 3] >= _FAINT)
        colours[pictures], opaque[pictures] = _NO_COLOUR, True
        return _Grounds(areas.places[opaque], boxes[opaque], colours[opaque, :3])

    def _are_suspicious(self, texts: _Objects, grounds: _Grounds) -> _Numbers:
        """Return for each text whether it may be invisible."""
        handles = texts.handles.tolist()
        fills = _asked(self._fill, handles, np.uint32, (4, 1)).astype(int)
        colours, opacity = fills[:, :3], fills[:, 3]  # without a plain fill colour, all are 0
        odd: _Numbers = (colours.min(axis=1) >= _LIGHT) | (opacity < _FAINT)
        odd |= _flags(map(_UNPAINTED.__contains__, map(self._render_mode, handles)))
        odd |= _flags(map(self._clip_paths, map(self._clip, handles)))
        if self._layers:
            odd |= self._are_on_layers(handles)
        if grounds.places.size and handles:
            boxes = self._boxes(texts)
            step = max(1, _AT_ONCE // grounds.places.size)
            for part in (slice(at, at + step) for at in range(0, len(handles), step)):
                odd[part] |= grounds.hide(texts.places[part], boxes[part], colours[part])
        return odd

    def _are_on_layers(self, handles: Sequence[int]) -> _Numbers:
        counts = list(map(self._marks, handles))
        owners = np.repeat(np.arange(len(handles)), counts)
        indices = chain.from_iterable(map(range, counts))
        marks = list(map(self._mark, map(handles.__getitem__, owners.tolist()), indices))
        shared = list(set(marks))
        slot = ctypes.addressof(self._name_length)
        named = _asked(self._mark_name, shared, "S8", (1, 1), 8, slot)[:, 0] == _LAYER
        layers = set(compress(shared, named))
        flags = np.zeros(len(handles), bool)
        if layers:
            flags[owners[[mark in layers for mark in marks]]] = True
        return flags

    def _boxes(self, objects: _Objects) -> _Numbers:
        """Return the boxes of objects in the page's user space."""
        handles = objects.handles.tolist()
        boxes = _asked(self._bounds, handles, np.float32, (4, 1)).astype(float)
        if len(self._forms) > 1:
            for at, form in enumerate(self._forms[form] for form in objects.forms):
                if form is not _PAGE:
                    boxes[at] = _moved(boxes[at].tolist(), form.matrix)
        return boxes


def _moved(box: Iterable[float], matrix: _Matrix) -> Box:
    left, bottom, right, top = box
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _within(inner: Iterable[float], outer: _Matrix) -> _Matrix:
    """Return the matrix to user space of a form with matrix `inner` in one with `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s,
        e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


def _flags(values: Iterable[object]) -> _Numbers:
    return np.fromiter(values, int) > 0


def _asked(
    call: Callable[..., float],
    handles: Sequence[float],
    kind: DTypeLike,
    shape: tuple[int, int],
    *arguments: int,
) -> _Numbers:
    """Ask pdfium about each handle and return a row of its answers for each, 0 where it has none.

    `shape` is the number of places that pdfium writes to, and of values that it writes there;
    `arguments` are further ones.
    """
    places, values = shape
    rows = np.zeros((len(handles), places * values), kind)
    start, step = rows.ctypes.data, rows.itemsize * values
    slots = (count(start + step * place, rows.strides[0]) for place in range(places))
    deque(map(call, handles, *slots, *map(repeat, arguments)), maxlen=0)
    return rows
