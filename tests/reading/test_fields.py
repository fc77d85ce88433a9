"""Filled fields, typed notes and drawn bullets: what a page shows and its text lacks."""

from __future__ import annotations

import pytest
from pypdf.annotations import FreeText
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import BlockKind, Fault
from tests.reading.drawing import MakePdf, ReadPage, rewritten, rows_at, text_at
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


ITEMS = [
    ["A commitment of at least ten years"],
    ["One apprentice for every five million pounds that is", "invested. Large firms take two"],
    ["Open data on emissions at berth"],
]


@pytest.mark.parametrize(
    ("shape", "size", "aside", "bullets"),
    [
        ("circle", 3.0, 8.0, True),
        ("circle", 4.5, 14.0, True),
        ("square", 4.0, 9.0, True),
        pytest.param("square", 14.0, 16.0, False, id="a picture"),
        pytest.param("square", 3.0, 60.0, False, id="far away"),
        pytest.param("square", 0.8, 8.0, False, id="a speck"),
    ],
)
def test_small_shapes_close_to_lines_begin_items(
    read_page: ReadPage, shape: str, size: float, aside: float, bullets: bool
) -> None:
    def draw(canvas: Canvas) -> None:
        y = 715.0
        for lines in ITEMS:
            if shape == "circle":
                canvas.circle(80 - aside, y + 3.5, size / 2, fill=1)
            else:
                canvas.rect(80 - aside - size / 2, y + 3.5 - size / 2, size, size, stroke=0, fill=1)
            text_at(80, y, *lines)(canvas)
            y -= 13 * len(lines)

    page = read_page(text_at(60, 740, "We ask three things of all who wish to join us:"), draw)
    assert of_kind(page, BlockKind.ITEM) == (
        [" ".join(lines) for lines in ITEMS] if bullets else []
    )


def test_a_leader_of_drawn_dots_is_no_bullet(read_page: ReadPage) -> None:
    dues = ("Pilotage dues", "412"), ("Berth dues", "96")

    def leaders(canvas: Canvas) -> None:
        for y in (702, 686):
            for x in range(140, 294, 5):
                canvas.circle(x, y, 0.9, stroke=0, fill=1)

    page = read_page(rows_at((60, 300), 700, *dues, size=10, leading=16), leaders)
    assert of_kind(page, BlockKind.ROW) == ["\t".join(row) for row in dues]
