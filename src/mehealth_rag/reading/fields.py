"""What is written into a PDF instead of printed on it: filled fields of forms, typed notes.

Every viewer shows them on the page; pdfium's text of a page has none of them. A value stands with
its label, as a row of a table does: "Name of applicant:", "Rosalind Achterberg".
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
"""Points of a value's letters where the page has no other text."""
_BESIDE = 40.0
"""Points from a box to be ticked within which its label stands."""
_LINE_BREAK = re.compile(r"[\r\n]+")


class _Written(NamedTuple):
    """Something written on a page: its words, its place as displayed, whether it is a tick's."""

    text: str
    box: Box
    tick: bool = False
    note: bool = False


STAND_IN = (
    "the form itself is not on the page (XFA, which only Adobe's programs show); print it to a PDF"
)
"""The problem of the pages of a form that other programs than Adobe's cannot show."""


def is_stand_in(document: pdfium.PdfDocument) -> bool:
    """Whether a file's pages only say that its form cannot be shown ("Please wait...")."""
    return bool(document.get_formtype() == raw.FORMTYPE_XFA_FULL)


def with_fields(page: pdfium.PdfPage, runs: Sequence[Run], frame: Frame) -> tuple[Run, ...]:
    """The runs of a page, and with them what its forms and typed notes show."""
    written: list[_Written] = []
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            item = _written(page, annotation, frame)
            raw.FPDFPage_CloseAnnot(annotation)
            written += [item] if item is not None and item.text else []
    size = median_low(run.size for run in runs) if runs and written else _SIZE
    found = list(runs)
    for item in sorted(written, key=lambda item: (-round(item.box[1]), item.box[0])):
        _place(found, item, size)
    return tuple(found)


def _written(page: pdfium.PdfPage, annotation: object, frame: Frame) -> _Written | None:
    """What one annotation shows in words; None where that is nothing."""
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    rect = raw.FS_RECTF()
    if raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN or not raw.FPDFAnnot_GetRect(annotation, rect):
        return None
    box = frame.box((rect.left, rect.bottom, rect.right, rect.top))
    if kind == raw.FPDF_ANNOT_FREETEXT:
        contents = wide_text(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
        return _Written(_one_line(contents), box, note=True)
    if kind != raw.FPDF_ANNOT_WIDGET or page.formenv is None:
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
    """Put what is written with its label: to the right of a tick, else to the left; or alone."""
    before = None if item.note else _before(runs, item)
    after = _after(runs, item) if item.tick else None
    at = before if after is None else after
    if at is None:
        runs.append(_alone(runs, item, size))
        return
    label = runs[at]
    left, right = min(label.box[0], item.box[0]), max(label.box[2], item.box[2])
    follows = item.tick and label.box[0] >= item.box[0]
    label = label._replace(box=(left, label.box[1], right, label.box[3]))
    if not follows:
        runs[at] = label._replace(text=f"{label.text}\t{item.text}")
        return
    # What is ticked is a cell of the question's row.
    order = label.order if before is None else runs[before].order
    runs[at] = label._replace(text=f"{item.text} {label.text}", order=order)


def _after(runs: Sequence[Run], item: _Written) -> int | None:
    """Where the run is that begins nearest to the right of a box to be ticked, on its line."""
    right = item.box[2]
    after = [
        at
        for at, run in enumerate(runs)
        if -2 < run.box[0] - right < _BESIDE and _is_level(run, item.box)
    ]
    return min(after, key=lambda at: runs[at].box[0], default=None)


def _before(runs: Sequence[Run], item: _Written) -> int | None:
    """Where the run is that ends nearest to the left of what is written, on its line."""
    edge = item.box[0] + 2
    before = [
        at
        for at, run in enumerate(runs)
        if run.upright and run.box[2] <= edge and _is_level(run, item.box)
    ]
    return max(before, key=lambda at: runs[at].box[2], default=None)


def _is_level(run: Run, box: Box) -> bool:
    return box[1] - 0.3 * run.size <= run.baseline <= box[3]


def _alone(runs: Sequence[Run], item: _Written, size: float) -> Run:
    """A run of what is written, in the file's order after what stands above it."""
    left, bottom, right, top = item.box
    height = min(size, top - bottom)
    baseline = top - height if item.note else (bottom + top) / 2 - 0.3 * height
    box = line_box(left, right, baseline, height)
    above = [r for r in runs if r.baseline >= top and r.box[0] < right and r.box[2] > left]
    near = min(above, key=lambda run: run.baseline).order if above else -1
    order = near if above else max((run.order for run in runs), default=0) + 1
    return Run(item.text, box, baseline, height, order)
