"""Finds text objects of a PDF page that may be invisible, by their properties, without rendering.

A page has hundreds of text objects, in some files one per letter, and each pdfium query costs time.
The objects in which the page's words begin are checked first, and all others only if one of those
is suspicious. `hidden` then judges the suspects by rendering.
"""

from __future__ import annotations

import ctypes
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from pypdfium2 import raw

from mehealth_rag.reading.questions import bound
from mehealth_rag.types import Box

_LAYER_SIGNS = (b"/OCProperties", b"/ObjStm", b"/Encrypt")


def may_have_layers(path: Path) -> bool:
    """Return whether a PDF may have layers: declared, or perhaps in packed or encrypted objects."""
    content = path.read_bytes()
    return any(sign in content for sign in _LAYER_SIGNS)


Colour = tuple[int, int, int]
Matrix = tuple[float, float, float, float, float, float]

_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p
_PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
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
_NO_COLOUR = (1_000, 1_000, 1_000)
"""Stands for the colour of a picture; differs from every text colour."""
_OVER = 1 / 3
"""Minimum share of a text's width that a background must cover."""
_NO_TEXT = raw.FPDF_TEXTRENDERMODE_UNKNOWN
_UNPAINTED = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
"""Render modes that paint nothing."""
_NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Item:
    """A text object: its handle, its form's handle (0: the page itself), its box in user space.

    `painted` is false if its render mode paints nothing.
    """

    handle: int
    form: int
    box: Box
    painted: bool


class _Object(NamedTuple):
    """An object of a page: its handle, text render mode, its form and the form's matrix."""

    handle: int
    mode: int
    form: int
    matrix: Matrix


class _Ground(NamedTuple):
    """A background or cover: its position in drawing order, its box and its colour."""

    place: int
    box: Box
    colour: Colour

    def hides(self, box: Box) -> bool:
        """Return whether the area is over or under the text in a box."""
        left, bottom, right, top = box
        x0, y0, x1, y1 = self.box
        across = min(right, x1) - max(left, x0) >= (right - left) * _OVER
        return across and y0 <= (bottom + top) / 2 <= y1

    def is_like(self, colour: Colour) -> bool:
        """Return whether a colour looks like that of the area."""
        return all(abs(a - b) <= _LIKE for a, b in zip(self.colour, colour, strict=True))


class Walker:
    """Scans the page objects of one document; `layers` says whether it may have layers."""

    def __init__(self, *, layers: bool) -> None:
        self._layers = layers
        self._name_length = ctypes.c_int()
        self._name_buffer = ctypes.create_string_buffer(8)
        self._name_slots = (
            ctypes.addressof(self._name_buffer), 8, ctypes.addressof(self._name_length),
        )  # fmt: skip
        self._channels, self._channel_slots = _numbers(ctypes.c_uint, 4)
        self._sides, self._side_slots = _numbers(ctypes.c_float, 4)
        self._ways, self._way_slots = _numbers(ctypes.c_int, 2)
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
        handles = list(map(self._get, repeat(page), range(int(self._count(page)))))
        drawn = list(enumerate(self._expanded(handles, 0, _PLAIN, 0)))
        texts = [(place, item) for place, item in drawn if item.mode != _NO_TEXT]
        others = (self._ground(place, item) for place, item in drawn if item.mode == _NO_TEXT)
        grounds = [ground for ground in others if ground is not None]
        places = [ground.place for ground in grounds]

        @cache
        def alike(colour: Colour) -> list[_Ground]:
            return [ground for ground in grounds if ground.is_like(colour)]

        def is_suspicious(place: int, text: _Object) -> bool:
            colour, opacity = self._fill_of(text.handle)
            if self._looks_odd(text, colour, opacity):
                return True
            covers = (*alike(colour), *grounds[bisect(places, place) :])
            box = self._box(text) if covers else _NOWHERE
            return any(ground.hides(box) for ground in covers)

        if not any(is_suspicious(*text) for text in texts if text[1].handle in starts):
            return [], []
        items = [
            Item(text.handle, text.form, self._box(text), painted=text.mode not in _UNPAINTED)
            for place, text in texts
            if is_suspicious(place, text)
        ]
        return items, [text.handle for _, text in texts]

    def _expanded(
        self, handles: Sequence[float], form: int, matrix: Matrix, depth: int
    ) -> Iterator[_Object]:
        """Yield the objects of a page or form, with those of nested forms in place of the forms."""
        for handle, mode in zip(handles, map(self._render_mode, handles), strict=True):
            is_form = mode == _NO_TEXT and self._type(handle) == raw.FPDF_PAGEOBJ_FORM
            if is_form and depth < _DEEPEST:
                count = int(self._form_count(handle))
                inner = list(map(self._form_get, repeat(handle), range(count)))
                numbers = (ctypes.c_float * 6)()
                self._matrix(handle, ctypes.addressof(numbers))
                yield from self._expanded(inner, int(handle), _within(numbers, matrix), depth + 1)
            else:
                yield _Object(int(handle), int(mode), form, matrix)

    def _looks_odd(self, text: _Object, colour: Colour, opacity: int) -> bool:
        """Return whether a text may be invisible by its own style."""
        return (
            min(colour) >= _LIGHT
            or opacity < _FAINT
            or text.mode in _UNPAINTED
            or self._clip_paths(self._clip(text.handle)) > 0
            or (self._layers and self._is_on_layer(text.handle))
        )

    def _fill_of(self, handle: int) -> tuple[Colour, int]:
        """Return the fill colour of an object and its opacity, 0 if it has no plain fill colour."""
        if not self._fill(handle, *self._channel_slots):
            return (0, 0, 0), 0
        red, green, blue, opacity = self._channels
        return (red, green, blue), opacity

    def _is_on_layer(self, handle: int) -> bool:
        for index in range(int(self._marks(handle))):
            self._mark_name(self._mark(handle, index), *self._name_slots)
            if self._name_buffer.raw.startswith(b"O\0C\0\0"):
                return True
        return False

    def _ground(self, place: int, item: _Object) -> _Ground | None:
        """Return a filled area or picture as a ground; None for anything else."""
        kind = self._type(item.handle)
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            return _Ground(place, self._box(item), _NO_COLOUR)
        if kind != raw.FPDF_PAGEOBJ_PATH:
            return None
        self._draw_mode(item.handle, *self._way_slots)
        colour, opacity = self._fill_of(item.handle)
        if self._ways[0] == raw.FPDF_FILLMODE_NONE or opacity < _FAINT:
            return None
        box = self._box(item)
        wide = min(box[2] - box[0], box[3] - box[1]) >= _WIDE
        return _Ground(place, box, colour) if wide else None

    def _box(self, item: _Object) -> Box:
        """Return the box of an object in the page's user space."""
        if not self._bounds(item.handle, *self._side_slots):
            return _NOWHERE
        left, bottom, right, top = self._sides
        if item.matrix is _PLAIN:
            return left, bottom, right, top
        a, b, c, d, e, f = item.matrix
        corners = [
            (a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)
        ]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


def _within(inner: Iterable[float], outer: Matrix) -> Matrix:
    """Return the matrix to user space of a form with matrix `inner` in one with `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _numbers(kind: Any, count: int) -> tuple[Any, list[int]]:  # noqa: ANN401 - ctypes
    """Return a buffer of numbers that pdfium fills, and the addresses of its places."""
    buffer = (kind * count)()
    start, size = ctypes.addressof(buffer), ctypes.sizeof(kind)
    return buffer, [start + size * place for place in range(count)]
