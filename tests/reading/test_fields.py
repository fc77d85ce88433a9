"""Filled fields of forms and typed notes: what is written into a PDF and not printed on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest
from pypdf.annotations import FreeText
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from mehealth_rag.types import BlockKind, Fault
from tests.reading.reading_helpers import check_invariants, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]


def _form(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 10)
    for y, label in ((700, "Name of applicant:"), (660, "What you want to sell"), (620, "Pump:")):
        canvas.drawString(72, y, label)
    canvas.drawString(72, 500, "Return this form to the market office by the end of February.")
    form = canvas.acroForm
    form.textfield(name="a", value="Rosalind Achterberg", x=230, y=694, width=200, height=20)
    form.textfield(name="b", value="Honey, jam", x=230, y=654, width=200, height=20)
    form.textfield(name="c", value="", x=230, y=580, width=200, height=20)
    form.textfield(name="d", value="Stall 47", x=72, y=540, width=200, height=20)
    for x, name, ticked in ((230, "Yes", True), (300, "No", False)):
        form.checkbox(name=name, checked=ticked, x=x, y=616, size=14)
        canvas.drawString(x + 20, 620, name)


def test_filled_fields_stand_with_their_labels(make_pdf: Maker) -> None:
    (page,) = read(make_pdf(_form)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Name of applicant:\tRosalind Achterberg",
        "What you want to sell\tHoney, jam",
        "Pump:\t☒ Yes\t☐ No",
    ]
    assert page.text.split("\n")[3:] == [
        "Stall 47",
        "Return this form to the market office by the end of February.",
    ]
    check_invariants(page)


@pytest.mark.parametrize("turn", [90, 270])
def test_fields_of_a_turned_page_stand_with_their_labels(
    make_pdf: Maker, tmp_path: Path, turn: int
) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_form))
    writer.pages[0].rotate(turn)
    writer.write(tmp_path / "turned.pdf")
    (page,) = read(tmp_path / "turned.pdf").pages
    assert "Name of applicant:\tRosalind Achterberg" in page.text


def test_a_form_of_nothing_but_fields_has_text(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.acroForm.textfield(name="a", value="12 Canal Row", x=72, y=700)

    (page,) = read(make_pdf(draw)).pages
    assert (page.text, page.problem) == ("12 Canal Row", None)


@pytest.mark.parametrize(("flags", "seen"), [(4, True), (2, False), (32, False)])
def test_a_typed_note_is_read_where_it_is_shown(
    make_pdf: Maker, tmp_path: Path, flags: int, seen: bool
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 700, "The playground is to be renewed for £48,000.")

    writer = pypdf.PdfWriter(clone_from=make_pdf(draw))
    note = FreeText(text="Council approved 52,500 instead\non 3 June", rect=(80, 560, 420, 600))
    note.flags = flags
    writer.add_annotation(0, note)
    writer.write(tmp_path / "note.pdf")
    (page,) = read(tmp_path / "note.pdf").pages
    assert ("Council approved 52,500 instead on 3 June" in page.text) is seen
    assert of_kind(page, BlockKind.HEADING) == []
    check_invariants(page)


def test_a_form_that_only_one_maker_can_show_is_reported(make_pdf: Maker, tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Please wait... If this message is not replaced, update.")

    writer = pypdf.PdfWriter(clone_from=make_pdf(draw))
    root = writer.root_object
    root[NameObject("/NeedsRendering")] = BooleanObject(True)
    root[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/XFA"): TextStringObject("<xdp/>")}
    )
    writer.write(tmp_path / "xfa.pdf")
    (page,) = read(tmp_path / "xfa.pdf").pages
    assert (page.text, page.fault) == ("", Fault.UNREADABLE)
    assert "XFA" in str(page.problem)
