"""What viewers show but the text of a page lacks: form values, typed notes, drawn bullets.

A value is joined with its label as a table row: "Name of applicant:", "Rosalind Achterberg". Pages
printed by a browser have drawn bullets; without them, the lines of a list would run together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.reading.pdf_file import wide_text
from mehealth_rag.reading.runs import Frame, Run, line_box
from mehealth_rag.reading.tidy import clean
from mehealth_rag.types import Box

_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW | raw.FPDF_ANNOT_FLAG_INVISIBLE
_WRITTEN = (
    raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX,
)  # fmt: skip
_TICKED = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_PASSWORD = 1 << 13
_SIZE = 10.0
"""Font size in points for values on a page without other text."""
_BESIDE = 40.0
"""Maximum distance in points from a check box to its label."""
_NEAR, _FAR = 0.2, 2.5
"""Minimum and maximum distance in ems from a bullet to its text."""
_SMALLEST, _LARGEST = 0.15, 0.7
"""Minimum and maximum size of a bullet in ems."""
_LOWEST, _HIGHEST = 0.05, 0.7
"""Minimum and maximum height in ems of a bullet's middle above the baseline."""
_LINE_BREAK = re.compile(r"[\r\n]+")


class _Written(NamedTuple):
    """A form value or note: its text, its box as displayed, and whether it is a tick or a note."""

    text: str
    box: Box
    tick: bool = False
    note: bool = False


STAND_IN = (
    "the form itself is not on the page (XFA, which only Adobe's programs show); print it to a PDF"
)
"""The problem of the pages of an XFA form, which only Adobe's programs can show."""


def is_stand_in(document: pdfium.PdfDocument) -> bool:
    """Return whether the file is an XFA form whose pages only say "Please wait..."."""
    return bool(document.get_formtype() == raw.FORMTYPE_XFA_FULL)


def with_fields(page: pdfium.PdfPage, runs: Sequence[Run], frame: Frame) -> tuple[Run, ...]:
    """Add the form values and typed notes of a page to its runs."""
    items: list[_Written] = []
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            item = _written(page, annotation, frame)
            raw.FPDFPage_CloseAnnot(annotation)
            items += [item] if item is not None and item.text else []
    size = median_low(run.size for run in runs) if runs and items else _SIZE
    placed = list(runs)
    for item in sorted(items, key=lambda item: (-round(item.box[1]), item.box[0])):
        _place(placed, item, size)
    return tuple(placed)


def _written(page: pdfium.PdfPage, annotation: object, frame: Frame) -> _Written | None:
    """Return the text that an annotation shows, or None."""
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    rect = raw.FS_RECTF()
    if (
        kind not in (raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_WIDGET)
        or raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN
        or not raw.FPDFAnnot_GetRect(annotation, rect)
    ):
        return None
    box = frame.box((rect.left, rect.bottom, rect.right, rect.top))
    if kind == raw.FPDF_ANNOT_FREETEXT:
        contents = wide_text(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
        return _Written(_one_line(contents), box, note=True)
    if page.formenv is None:
        return None
    form = page.formenv.raw
    field = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if field in _TICKED:
        mark = "☒" if raw.FPDFAnnot_IsChecked(form, annotation) else "☐"
        return _Written(mark, box, tick=True)
    if field not in _WRITTEN or raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return None
    value = wide_text(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    return _Written(_one_line(value), box)


def _one_line(text: str) -> str:
    return clean(_LINE_BREAK.sub(" ", text))


def _place(runs: list[Run], item: _Written, size: float) -> None:
    """Join an item with its label, or add it as a run of its own if it has none.

    The label is the nearest run on its line: to the right of a tick, otherwise to the left. Changes
    `runs` in place; `size` is the font size of an item of its own.
    """
    level = [at for at, run in enumerate(runs) if _is_level(run, item.box)]
    left = [at for at in level if runs[at].upright and runs[at].box[2] <= item.box[0] + 2]
    right = [at for at in level if -2 < runs[at].box[0] - item.box[2] < _BESIDE]
    before = None if item.note else max(left, key=lambda at: runs[at].box[2], default=None)
    after = min(right, key=lambda at: runs[at].box[0], default=None) if item.tick else None
    at = before if after is None else after
    if at is None:
        runs.append(_alone(runs, item, size))
        return
    label = runs[at]
    start, end = min(label.box[0], item.box[0]), max(label.box[2], item.box[2])
    widened = label._replace(box=(start, label.box[1], end, label.box[3]))
    if item.tick and label.box[0] >= item.box[0]:
        # The ticked option becomes a cell in the row of its question.
        order = label.order if before is None else runs[before].order
        runs[at] = widened._replace(text=f"{item.text} {label.text}", order=order)
    else:
        runs[at] = widened._replace(text=f"{label.text}\t{item.text}")


def _is_level(run: Run, box: Box) -> bool:
    return box[1] - 0.3 * run.size <= run.baseline <= box[3]


def _alone(runs: Sequence[Run], item: _Written, size: float) -> Run:
    """Make an item a run of its own, ordered after the nearest run above it."""
    left, bottom, right, top = item.box
    height = min(size, top - bottom)
    baseline = top - height if item.note else (bottom + top) / 2 - 0.3 * height
    box = line_box(left, right, baseline, height)
    above = [r for r in runs if r.baseline >= top and r.box[0] < right and r.box[2] > left]
    near = min(above, key=lambda run: run.baseline).order if above else -1
    order = near if above else max((run.order for run in runs), default=0) + 1
    return Run(item.text, box, baseline, height, order)


def with_bullets(runs: Sequence[Run], dots: Sequence[Box]) -> tuple[Run, ...]:
    """Mark each run that has a bullet before it; its box then includes the bullet.

    Dots that stand in a row are a leader or a pattern and no bullets.
    """
    lone = [dot for dot in dots if not any(_is_beside(dot, other) for other in dots)]
    marked = list(runs)
    for at, run in enumerate(runs if lone else ()):
        dot = next((dot for dot in lone if run.upright and _is_bullet(dot, run)), None)
        if dot is not None:
            marked[at] = run._replace(box=(min(run.box[0], dot[0]), *run.box[1:]), item=True)
    return tuple(marked)


def _is_beside(dot: Box, other: Box) -> bool:
    level = abs(dot[1] - other[1]) < 1.0
    return level and dot is not other and abs(dot[0] - other[0]) < 4 * (dot[2] - dot[0])


def _is_bullet(dot: Box, run: Run) -> bool:
    left, bottom, right, top, start, base = (
        edge / max(run.size, 1.0) for edge in (*dot, run.box[0], run.baseline)
    )
    return (
        _NEAR < start - right < _FAR
        and _SMALLEST < right - left < _LARGEST
        and _LOWEST < (bottom + top) / 2 - base < _HIGHEST
    )
