"""Citations: exact quotes, boxes of whole and partial lines, addresses."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.library import boxes, cite, page_address
from mehealth_rag.types import Box, Line, Page, Source, Span

TEXT = "The pier was built in 1871\nand is lit."
UPPER, LOWER = (100.0, 500.0, 360.0, 512.0), (100.0, 486.0, 210.0, 498.0)
PAGE = Page(
    number=2, label="iv", text=TEXT, lines=(Line(Span(0, 26), UPPER), Line(Span(27, 38), LOWER))
)
PDF = "https://example.org/guide.pdf"


def source(url: str | None = PDF, form: str = "pdf") -> Source:
    return Source("guide", "A guide", "document", form, url=url)


def test_a_citation_is_a_slice_of_its_page() -> None:
    citation = cite(3, source(), PAGE, Span(4, 8))
    assert (citation.number, citation.document, citation.title) == (3, "guide", "A guide")
    assert (citation.page, citation.page_label) == (2, "iv")
    assert citation.quote == "pier"
    assert citation.boxes == ((140.0, 500.0, 180.0, 512.0),)
    assert citation.url == f"{PDF}#page=2"


NO_BOX, NO_LINES = Page(1, "1", TEXT, lines=(Line(Span(0, 26)),)), Page(1, "1", TEXT)
FINE = Page(1, "1", "abc", lines=(Line(Span(0, 3), (1.04, 2.06, 2.04, 3.17)),))


@pytest.mark.parametrize(
    ("page", "span", "expected"),
    [
        (PAGE, Span(0, 26), (UPPER,)),
        (PAGE, Span(0, 38), (UPPER, LOWER)),
        (PAGE, Span(0, 3), ((100.0, 500.0, 130.0, 512.0),)),
        (PAGE, Span(22, 26), ((320.0, 500.0, 360.0, 512.0),)),
        (PAGE, Span(22, 30), ((320.0, 500.0, 360.0, 512.0), (100.0, 486.0, 130.0, 498.0))),
        (PAGE, Span(26, 27), ()),
        (PAGE, Span(5, 5), ()),
        (FINE, Span(0, 1), ((1.0, 2.1, 1.4, 3.2),)),  # rounded to a tenth of a point
        (NO_BOX, Span(0, 26), ()),
        (NO_LINES, Span(0, 26), ()),
    ],
)
def test_one_box_a_line_cut_where_the_span_holds_it_in_part(
    page: Page, span: Span, expected: tuple[Box, ...]
) -> None:
    assert boxes(page, span) == expected


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        (PDF, "pdf", f"{PDF}#page=7"),
        (f"{PDF}#zoom=100", "pdf", f"{PDF}#zoom=100&page=7"),
        (f"{PDF}?v=2", "pdf", f"{PDF}?v=2#page=7"),
        ("https://example.org/guide", "html", "https://example.org/guide"),
        (None, "pdf", None),
    ],
)
def test_the_address_opens_at_the_page(url: str | None, form: str, expected: str | None) -> None:
    assert page_address(source(url, form), 7) == expected
