"""Queries to pdfium about single characters: boxes, fonts, baselines.

Every query is a call into the library, and a page needs hundreds. The functions are therefore
bound once with plain addresses as arguments, at less than half the cost of typed pointers, and
keep the GIL, because releasing it takes longer than a call.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

from pypdfium2 import raw

from mehealth_rag.reading.runs import Frame
from mehealth_rag.types import Box


def bound(function: object, *arguments: type, result: type = ctypes.c_int) -> Callable[..., Any]:
    """Bind a pdfium function that takes a handle's address as its first argument."""
    address = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
    assert address is not None  # noqa: S101 - a loaded library's function has an address
    prototype = ctypes.PYFUNCTYPE(result, ctypes.c_void_p, *arguments)
    call: Callable[..., Any] = prototype(address)
    return call


_WORD = re.compile(r"\S+")
_BOLD_WEIGHT = 600
_BOLD_NAME = re.compile(r"bold|black|heavy|semibd|demi", re.IGNORECASE)
_LIGHT_NAME = re.compile(
    r"regular|roman|italic|oblique|book|light|medium|times|arial|helvetica", re.IGNORECASE
)
_SLANTED_NAME = re.compile(r"italic|oblique", re.IGNORECASE)
_ITALIC = 1 << 6
_FORCE_BOLD = 1 << 18
_NAME_LENGTH = 128
_ASKED = 60
"""Approximate number of characters sampled per page to see whether fonts map to Unicode."""
_INT, _ADDRESS = ctypes.c_int, ctypes.c_void_p


@dataclass(slots=True)
class Style:
    """Style at a character: font size in points, baseline height, weight and direction."""

    size: float
    baseline: float
    bold: bool
    upright: bool
    slant: bool = False
    turn: int = 0
    """Clockwise turn of the page, in degrees, that would make the text upright."""


class Questions:
    """Queries pdfium about a page's characters by index; results are in displayed coordinates."""

    def __init__(self) -> None:
        self._text = 0
        self._frame: Frame | None = None
        self._numbers = (ctypes.c_double * 4)()
        self._read = memoryview(self._numbers).cast("B").cast("d")
        start = ctypes.addressof(self._numbers)
        self._slots = tuple(start + 8 * i for i in range(4))
        self._matrix = (ctypes.c_float * 6)()
        self._matrix_read = memoryview(self._matrix).cast("B").cast("f")
        self._matrix_slot = ctypes.addressof(self._matrix)
        self._name = ctypes.create_string_buffer(_NAME_LENGTH)
        self._name_slot = ctypes.addressof(self._name)
        self._flags = ctypes.c_int()
        self._flags_slot = ctypes.addressof(self._flags)
        self._count_rects = bound(raw.FPDFText_CountRects, _INT, _INT)
        self._get_rect = bound(raw.FPDFText_GetRect, _INT, *[_ADDRESS] * 4)
        self._get_box = bound(raw.FPDFText_GetCharBox, _INT, *[_ADDRESS] * 4)
        self._get_origin = bound(raw.FPDFText_GetCharOrigin, _INT, *[_ADDRESS] * 2)
        self._get_matrix = bound(raw.FPDFText_GetMatrix, _INT, _ADDRESS)
        self._get_size = bound(raw.FPDFText_GetFontSize, _INT, result=ctypes.c_double)
        self._get_font = bound(raw.FPDFText_GetFontInfo, _INT, _ADDRESS, ctypes.c_ulong, _ADDRESS)
        self._get_weight = bound(raw.FPDFText_GetFontWeight, _INT)
        self._get_object = bound(raw.FPDFText_GetTextObject, _INT, result=_ADDRESS)
        self._get_object_font = bound(raw.FPDFTextObj_GetFont, result=_ADDRESS)
        self._has_error = bound(raw.FPDFText_HasUnicodeMapError, _INT)
        self._get_loose = bound(raw.FPDFText_GetLooseCharBox, _INT, _ADDRESS)
        self._styles: dict[float, Style] = {}
        self._fonts: dict[float, tuple[bool, bool]] = {}
        self._starts: set[float] = set()
        self._objects: dict[int, float] = {}

    @property
    def starts(self) -> Set[float]:
        """The addresses of the text objects in which the words of the page begin."""
        return self._starts | self._styles.keys()

    def turn_to(self, text: object, frame: Frame) -> None:
        """Switch to the page behind pdfium's text page handle `text`."""
        self._text = ctypes.cast(text, _ADDRESS).value or 0  # type: ignore[arg-type]
        self._frame = None if frame.plain else frame
        self._styles, self._fonts, self._starts, self._objects = {}, {}, set(), {}

    def are_unmapped(self, count: int) -> bool:
        """Return whether fonts do not map most of the page's `count` characters to Unicode.

        Only a sample of characters across the page is checked.
        """
        sample = range(0, count, max(count // _ASKED, 1))
        unmapped = sum(self._has_error(self._text, index) == 1 for index in sample)
        return bool(2 * unmapped > len(sample))

    def rect_count(self, start: int, length: int) -> int:
        """Count the text objects that hold `length` characters from `start`."""
        return int(self._count_rects(self._text, start, length))

    def rect(self, index: int) -> Box:
        """Return the box of one of the text objects that `rect_count` counted last."""
        self._get_rect(self._text, index, *self._slots)
        left, top, right, bottom = self._read
        box = (left, bottom, right, top)
        return box if self._frame is None else self._frame.box(box)

    def char(self, index: int) -> Box:
        """Return the box of a character."""
        self._get_box(self._text, index, *self._slots)
        left, right, bottom, top = self._read
        box = (left, bottom, right, top)
        return box if self._frame is None else self._frame.box(box)

    def baseline(self, index: int) -> float:
        """Return the height of a character's baseline."""
        self._get_origin(self._text, index, self._slots[0], self._slots[1])
        across, baseline, _, _ = self._read
        return baseline if self._frame is None else self._frame.point(across, baseline)[1]

    def text_object(self, index: int) -> float:
        """Return the address of a character's text object; 0 if pdfium generated the character."""
        return self._objects.get(index) or self._get_object(self._text, index) or 0.0

    def advance_box(self, index: int) -> Box:
        """Return the box of a character with its full advance width."""
        self._get_loose(self._text, index, self._matrix_slot)
        left, top, right, bottom, _, _ = self._matrix_read
        box = (left, bottom, right, top)
        return box if self._frame is None else self._frame.box(box)

    def note_words(self, line: str, first: int) -> None:
        """Record the text objects in which the words of `line`, from index `first`, begin."""
        starts = [first + match.start() for match in _WORD.finditer(line)]
        objects = list(map(self._get_object, repeat(self._text), starts))
        self._starts.update(objects)
        self._objects.update(zip(starts, objects, strict=True))

    def words(self, line: str, first: int) -> Iterator[tuple[int, Box]]:
        """Yield offset and box of each word of `line`, whose first character has index `first`.

        The box is as high as the word's first character.
        """
        ask, text, slots, read = self._get_box, self._text, self._slots, self._read
        for match in _WORD.finditer(line):
            start, end = match.span()
            ask(text, first + start, *slots)
            left, right, bottom, top = read
            if self._frame is not None:
                left, bottom, right, top = self._frame.box((left, bottom, right, top))
            if end - start > 1:
                right = max(right, self.char(first + end - 1)[2])
            yield start, (left, bottom, right, top)

    def style(self, index: int) -> Style:
        """Return the style at a character, cached per text object."""
        text_object = self._objects.get(index) or self._get_object(self._text, index)
        style = self._styles.get(text_object)
        if style is None:
            style = self._styles[text_object] = self._ask_style(index, text_object)
        return style

    def _ask_style(self, index: int, text_object: float) -> Style:
        self._get_origin(self._text, index, self._slots[0], self._slots[1])
        across, baseline, _, _ = self._read
        self._get_matrix(self._text, index, self._matrix_slot)
        along, up, shear, scale, _, _ = self._matrix_read
        if self._frame is not None:
            _, baseline = self._frame.point(across, baseline)
            along, up = self._frame.direction(along, up)
        scale = abs(scale) if shear == 0 else (shear**2 + scale**2) ** 0.5
        size = self._get_size(self._text, index) * (scale or 1.0)
        bold, slant = self._look(index, text_object)
        upright = along > 0 and abs(up) < 0.2 * along
        turn = 0 if abs(along) > 0.2 * abs(up) else (90 if up > 0 else 270)
        return Style(size, baseline, bold, upright, slant, turn)

    def _look(self, index: int, text_object: float) -> tuple[bool, bool]:
        """Return whether the font at a character is bold and whether it is slanted.

        Cached per font and page. The font name comes first, because pdfium guesses the weight from
        the stems and calls many italic fonts heavy.
        """
        font = self._get_object_font(text_object) if text_object else 0.0
        look = self._fonts.get(font) if font else None
        if look is None:
            self._get_font(self._text, index, self._name_slot, _NAME_LENGTH, self._flags_slot)
            bold, slant = _named(self._name.value)
            flags = self._flags.value
            if bold is None and flags & _ITALIC:
                bold = bool(flags & _FORCE_BOLD)
            elif bold is None:
                bold = self._get_weight(self._text, index) >= _BOLD_WEIGHT
            look = self._fonts[font] = bold, slant or bool(flags & _ITALIC)
        return look


@cache
def _named(name: bytes) -> tuple[bool | None, bool]:
    """Return whether a font's name says bold (None if it says nothing) and whether italic.

    The name is needed because the standard fonts have no flags for this.
    """
    text = name.decode("utf-8", "replace")
    bold = True if _BOLD_NAME.search(text) else (False if _LIGHT_NAME.search(text) else None)
    return bold, _SLANTED_NAME.search(text) is not None
