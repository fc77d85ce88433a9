"""Running headers, footers and page numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest
from pypdf.constants import PageLabelStyle

from mehealth_rag.reading.furniture import mark_furniture
from mehealth_rag.reading.runs import RawPage, Region, TextLine
from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]


def _page(number: int, head: str | None, foot: str) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 700), [f"Text that only page {number} has, and a second", "line."])
        lines_at(canvas, (72, 72), [f"A last line of page {number} that is no footer."])
        canvas.setFont("Helvetica", 8)
        if head:
            canvas.drawString(72, 810, head)
        canvas.drawString(290, 30, foot)

    return draw


def test_header_and_numbers_are_furniture_and_stay_in_the_text(make_pdf: Maker) -> None:
    document = read(
        make_pdf(*(_page(n, "Harbour guide 2021", f"Page {n} of 4") for n in range(1, 5)))
    )
    for page in document.pages:
        assert of_kind(page, BlockKind.FURNITURE) == [
            "Harbour guide 2021",
            f"Page {page.number} of 4",
        ]
        assert "Harbour guide 2021" in page.text
        assert len(of_kind(page, BlockKind.PARAGRAPH)) == 2


def test_numbers_that_run_at_another_count_are_furniture(make_pdf: Maker) -> None:
    document = read(make_pdf(*(_page(n, None, str(n + 10)) for n in range(1, 5))))
    assert [of_kind(page, BlockKind.FURNITURE) for page in document.pages] == [
        ["11"],
        ["12"],
        ["13"],
        ["14"],
    ]


def test_a_lone_number_with_a_name_goes_by_the_label(make_pdf: Maker, tmp_path: Path) -> None:
    feet = ("", "8 MIDLANDS ENGINE HEALTH", "")
    path = make_pdf(*(_page(n, None, foot) for n, foot in enumerate(feet, 1)))
    assert of_kind(read(path).pages[1], BlockKind.FURNITURE) == []
    writer = pypdf.PdfWriter(clone_from=path)
    writer.set_page_label(0, 2, style=PageLabelStyle.DECIMAL, start=7)
    labelled = tmp_path / "labelled.pdf"
    writer.write(labelled)
    pages = read(labelled).pages
    assert [page.label for page in pages] == ["7", "8", "9"]
    assert of_kind(pages[1], BlockKind.FURNITURE) == ["8 MIDLANDS ENGINE HEALTH"]


def test_a_page_s_own_text_is_no_furniture(make_pdf: Maker) -> None:
    document = read(make_pdf(_page(1, "A title", "1957"), _page(2, "Another", "and 3 more")))
    assert [of_kind(page, BlockKind.FURNITURE) for page in document.pages] == [[], []]


def _line(text: str, baseline: float, *, row: bool = False) -> TextLine:
    return TextLine(text, (72, baseline - 2, 300, baseline + 8), baseline, 10.0, 0, row=row)


def _marked(*regions: Region) -> list[list[str]]:
    raws = [RawPage(n, (600.0, 800.0), label=str(n)) for n in range(1, len(regions) + 1)]
    pages = mark_furniture(raws, [[region] for region in regions], body=10.0)
    return [[x.text for region in page for x in region if x.furniture] for page in pages]


@pytest.mark.parametrize(("count", "found"), [(2, True), (3, True)])
def test_same_words_at_the_same_place(count: int, found: bool) -> None:
    regions = [(_line("Guide", 780), _line(f"text {n} of a page", 400)) for n in range(count)]
    assert _marked(*regions) == [["Guide"] if found else []] * count


def test_same_words_at_other_places_are_text() -> None:
    heights = (780, 760, 740)
    regions = [(_line("Guide", h), _line("y " + "x" * n, 400)) for n, h in enumerate(heights)]
    assert _marked(*regions) == [[], [], []]


def test_what_stands_inside_of_text_is_text() -> None:
    regions = [(_line(f"own {'ab'[n]} words", 790), _line("Guide", 770)) for n in range(2)]
    assert _marked(*regions) == [[], []]


def test_figures_alone_are_not_running() -> None:
    regions = [(_line("$\t12\t(3)", 780, row=True), _line("text", 400)) for _ in range(3)]
    assert _marked(*regions) == [[], [], []]
