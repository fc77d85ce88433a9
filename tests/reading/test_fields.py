"""Filled fields of forms and typed notes: what is written into a PDF and not printed on it."""

from __future__ import annotations

import pytest
from pypdf.annotations import FreeText
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import BlockKind, Fault
from tests.reading.drawing import MakePdf, ReadPage, rewritten, text_at
from tests.reading.reading_helpers import check_invariants, of_kind, read


def _form(canvas: Canvas) -> None:
    labels = "Name of applicant:", "What you want to sell", "Pump:"
    text_at(72, 700, *labels, leading=40)(canvas)
    canvas.drawString(72, 500, "Return this form to the market office by the end of February.")
    form = canvas.acroForm
    form.textfield(name="a", value="Rosalind Achterberg", x=230, y=694, width=200, height=20)
    form.textfield(name="b", value="Honey, jam", x=230, y=654, width=200, height=20)
    form.textfield(name="c", value="", x=230, y=580, width=200, height=20)
    form.textfield(name="d", value="Stall 47", x=72, y=540, width=200, height=20)
    for x, name, ticked in ((230, "Yes", True), (300, "No", False)):
        form.checkbox(name=name, checked=ticked, x=x, y=616, size=14)
        canvas.drawString(x + 20, 620, name)


def test_filled_fields_stand_with_their_labels(read_page: ReadPage) -> None:
    page = read_page(_form)
    assert of_kind(page, BlockKind.ROW) == [
        "Name of applicant:\tRosalind Achterberg",
        "What you want to sell\tHoney, jam",
        "Pump:\t☒ Yes\t☐ No",
    ]
    assert page.text.split("\n")[3:] == [
        "Stall 47",
        "Return this form to the market office by the end of February.",
    ]


@pytest.mark.parametrize("turn", [90, 270])
def test_fields_of_a_turned_page_stand_with_their_labels(make_pdf: MakePdf, turn: int) -> None:
    with rewritten(path := make_pdf(_form)) as writer:
        writer.pages[0].rotate(turn)
    (page,) = read(path).pages
    assert "Name of applicant:\tRosalind Achterberg" in page.text


def test_a_form_of_nothing_but_fields_has_text(read_page: ReadPage) -> None:
    page = read_page(
        lambda canvas: canvas.acroForm.textfield(name="a", value="12 Row", x=72, y=700)
    )
    assert (page.text, page.problem) == ("12 Row", None)


@pytest.mark.parametrize(("flags", "is_shown"), [(4, True), (2, False), (32, False)])
def test_a_typed_note_is_read_where_it_is_shown(
    make_pdf: MakePdf, flags: int, is_shown: bool
) -> None:
    note = FreeText(text="Council approved 52,500 instead\non 3 June", rect=(80, 560, 420, 600))
    note.flags = flags
    path = make_pdf(text_at(72, 700, "The playground is to be renewed for £48,000."))
    with rewritten(path) as writer:
        writer.add_annotation(0, note)
    (page,) = read(path).pages
    assert ("Council approved 52,500 instead on 3 June" in page.text) is is_shown
    assert of_kind(page, BlockKind.HEADING) == []
    check_invariants(page)


def test_a_form_that_only_one_maker_can_show_is_reported(make_pdf: MakePdf) -> None:
    path = make_pdf(text_at(72, 700, "Please wait... If this message is not replaced, update."))
    xfa = DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})
    with rewritten(path) as writer:
        writer.root_object[NameObject("/NeedsRendering")] = BooleanObject(True)
        writer.root_object[NameObject("/AcroForm")] = xfa
    (page,) = read(path).pages
    assert (page.text, page.fault) == ("", Fault.UNREADABLE)
    assert "XFA" in str(page.problem)
