"""Running headers, footers and page numbers."""

from __future__ import annotations

import pytest
from pypdf.constants import PageLabelStyle

from mehealth_rag.reading.furniture import mark_furniture
from mehealth_rag.reading.runs import RawPage, TextLine
from mehealth_rag.types import BlockKind
from tests.reading.drawing import Draw, MakePdf, all_of, rewritten, text_at
from tests.reading.reading_helpers import of_kind, read


def _page(number: int, head: str, foot: str) -> Draw:
    return all_of(
        text_at(72, 700, f"Text that only page {number} has, and a second", "line."),
        text_at(72, 72, f"A last line of page {number} that is no footer."),
        text_at(72, 810, head, size=8),
        text_at(290, 30, foot, size=8),
    )


def test_header_and_numbers_are_furniture_and_stay_in_the_text(make_pdf: MakePdf) -> None:
    head = "Harbour guide 2021"
    for page in read(make_pdf(*(_page(n, head, f"Page {n} of 4") for n in range(1, 5)))).pages:
        assert of_kind(page, BlockKind.FURNITURE) == [head, f"Page {page.number} of 4"]
        assert head in page.text
        assert of_kind(page, BlockKind.PARAGRAPH) == [
            f"Text that only page {page.number} has, and a second line.",
            f"A last line of page {page.number} that is no footer.",
        ]


@pytest.mark.parametrize(
    ("heads", "feet", "furniture"),
    [
        ([""] * 4, ["11", "12", "13", "14"], [["11"], ["12"], ["13"], ["14"]]),
        (["A title", "Another"], ["1957", "and 3 more"], [[], []]),
    ],
    ids=["numbers at another count", "a page's own text"],
)
def test_furniture(
    make_pdf: MakePdf, heads: list[str], feet: list[str], furniture: list[list[str]]
) -> None:
    document = read(make_pdf(*map(_page, range(1, 5), heads, feet)))
    assert [of_kind(page, BlockKind.FURNITURE) for page in document.pages] == furniture


def test_a_lone_number_with_a_name_goes_by_the_label(make_pdf: MakePdf) -> None:
    feet = ("", "8 MIDLANDS ENGINE HEALTH", "")
    path = make_pdf(*(_page(n, "", foot) for n, foot in enumerate(feet, 1)))
    assert of_kind(read(path).pages[1], BlockKind.FURNITURE) == []
    with rewritten(path) as writer:
        writer.set_page_label(0, 2, style=PageLabelStyle.DECIMAL, start=7)
    pages = read(path).pages
    assert [page.label for page in pages] == ["7", "8", "9"]
    assert of_kind(pages[1], BlockKind.FURNITURE) == ["8 MIDLANDS ENGINE HEALTH"]


ROW = "$\t12\t(3)"


@pytest.mark.parametrize(
    ("pages", "marked"),
    [
        pytest.param(
            [[("Guide", 780), (f"text {n} of a page", 400)] for n in range(2)], ["Guide"] * 2,
            id="same place",
        ),
        pytest.param(
            [[("Guide", h), (f"y {h * 'x'}", 400)] for h in (780, 760, 740)], [], id="other places"
        ),
        pytest.param(
            [[(f"own {n} words", 790), ("Guide", 770)] for n in ("a", "b")], [], id="inside text"
        ),
        pytest.param([[(ROW, 780), ("text", 400)]] * 3, [], id="figures alone"),
    ],
)  # fmt: skip
def test_same_words_on_several_pages(
    pages: list[list[tuple[str, float]]], marked: list[str]
) -> None:
    regions = [
        tuple(
            TextLine(text, (72, y - 2, 300, y + 8), y, 10.0, 0, row=text == ROW) for text, y in page
        )
        for page in pages
    ]
    raws = [RawPage(n, (600.0, 800.0), label=str(n)) for n in range(1, len(pages) + 1)]
    marked_pages = mark_furniture(raws, [[region] for region in regions], body=10.0)
    lines = [line for page in marked_pages for region in page for line in region]
    assert [line.text for line in lines if line.furniture] == marked
