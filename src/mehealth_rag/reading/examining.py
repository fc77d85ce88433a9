"""Checks that the text of a PDF page is what the page shows, and falls back to OCR.

A page's text may be missing (blank page or picture) or garbage; pages with hidden text are noted.
"""

from __future__ import annotations

from dataclasses import replace

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.reading import NO_OCR, ReadingOptions, ocr
from mehealth_rag.reading.faults import GARBAGE, hidden_words, is_garbage, is_no_language
from mehealth_rag.reading.runs import NO_TEXT, RawPage, Run
from mehealth_rag.reading.wire import beat
from mehealth_rag.types import Fault

PICTURE = "only a picture"
_NO_WORDS = "a picture in which Tesseract finds no words"
_READ_BY_OCR = "only a picture; read by Tesseract, so single words may be wrong"

_TINY = 1.5
"""Size in points below which text is too small to read; the smallest print has three."""
_DRAWINGS = 60
"""Minimum paths that may be words drawn as outlines; fewer are rules and ornaments."""
_COVERED = 0.05
"""Minimum share of the page that pictures must cover to possibly hold words."""
_SMALL = 200.0
"""Longer side in pixels of the rendering that shows whether a page is blank."""
_INK = 40
"""Minimum difference in grey levels between lightest and darkest pixel; below it, a page is blank.
"""


_Finding = tuple[tuple[Run, ...], str | None, Fault | None]
"""The usable runs of a page, its problem in words, and its fault."""


def examine(
    page: pdfium.PdfPage,
    read: RawPage,
    options: ReadingOptions,
    hidden: str = "",
    *,
    unmapped: bool = False,
) -> RawPage:
    """Check a page's runs; if they are missing or garbage, look at what the page draws.

    Returns the page with its usable runs, problem and fault. `hidden` holds words already removed
    because the page does not show them. `unmapped` is true if the fonts do not map most of the
    characters to Unicode.
    """
    beat()
    runs = tuple(run for run in read.runs if _may_be_seen(run, read.placed_on))
    if len(runs) < len(read.runs):
        hidden = " ".join([hidden, *(run.text for run in read.runs if run not in runs)]).strip()
    text = "\n".join(run.text for run in runs)
    garbage = is_garbage(text) or (unmapped and is_no_language(text))
    problem, fault = None, None
    if garbage or not runs:
        runs, problem, fault = _drawn(page, options, garbage=garbage)
    turn = 0 if fault is Fault.OCR else read.turn  # OCR boxes refer to the page as displayed
    if hidden and problem and fault is not Fault.BLANK:
        problem = f"{problem}; {hidden_words(hidden)}"
    elif hidden:
        problem, fault = hidden_words(hidden), Fault.HIDDEN
    return replace(read, runs=runs, problem=problem, fault=fault, turn=turn)


def _may_be_seen(run: Run, size: tuple[float, float]) -> bool:
    """Return whether a run is on the page and not too small to read."""
    left, bottom, right, top = run.box
    on_page = right > 0 and top > 0 and left < size[0] and bottom < size[1]
    return on_page and not 0 < run.size < _TINY


def _drawn(page: pdfium.PdfPage, options: ReadingOptions, *, garbage: bool) -> _Finding:
    """Read by OCR what a page draws; its own text is `garbage` or missing."""
    try:
        if not garbage and not shows_something(page):
            return (), NO_TEXT, Fault.BLANK
        return _by_ocr(page, options, garbage=garbage)
    except pdfium.PdfiumError:
        return (), "the page cannot be drawn, and has no text", Fault.UNREADABLE


def shows_something(page: pdfium.PdfPage) -> bool:
    """Return whether a page without text visibly shows pictures, or drawings that may be words."""
    width, height = page.get_size()
    covered, drawings = 0.0, 0
    for item in page.get_objects(max_depth=4):
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            covered += abs(right - left) * abs(top - bottom)
        elif item.type in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING):
            drawings += 1
    if covered < _COVERED * width * height and drawings < _DRAWINGS:
        return False
    bitmap = page.render(scale=_SMALL / max(width, height, 1.0), grayscale=True)
    pixels = bytes(memoryview(bitmap.buffer).cast("B"))
    bitmap.close()
    return max(pixels) - min(pixels) >= _INK


def _by_ocr(page: pdfium.PdfPage, options: ReadingOptions, *, garbage: bool) -> _Finding:
    what, fault = (GARBAGE, Fault.GARBAGE) if garbage else (PICTURE, Fault.PICTURE)
    if options.ocr_languages == NO_OCR:
        return (), f"{what}; set ocr_languages to have it read by Tesseract", fault
    if not options.tesseract:
        return (), f"{what}; install Tesseract to have it read", fault
    if missing := ocr.lacking(options.ocr_languages):
        names = ", ".join(missing)
        return (), f"{what}; Tesseract lacks the language {names}: install it", fault
    try:
        runs = ocr.read_picture(page, options.ocr_languages)
    except ocr.OcrError as error:
        return (), f"{what}; {error}", fault
    if not runs:
        return (), _NO_WORDS, fault if garbage else Fault.BLANK
    problem = f"{GARBAGE}; read by Tesseract from what is drawn" if garbage else _READ_BY_OCR
    return runs, problem, Fault.OCR
