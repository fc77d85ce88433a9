"""Tables of contents in every format are told apart from text, and from lists that only look so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.passages.splitting import split
from mehealth_rag.reading.contents import led_row
from mehealth_rag.types import BlockKind, Document
from tests.reading.drawing import BOLD, Draw, MakePdf, ReadPage, all_of, text_at
from tests.reading.reading_helpers import check_invariants, of_kind, read

TITLES = {"Notice period": 2, "Holiday entitlement": 3, "Sick pay": 4}
TEXTS = ("Eight weeks of notice.", "Full-time staff may take 29 days off.", "Ninety per cent.")
CHAPTERS = [
    all_of(text_at(72, 760, title, font=BOLD, size=14), text_at(72, 730, text))
    for title, text in zip(TITLES, TEXTS, strict=True)
]


def _lines(head: str, lines: Sequence[tuple[str, str]]) -> Draw:
    """A page of lines under a heading, each with what stands at its right edge."""

    def draw(canvas: Canvas) -> None:
        text_at(72, 760, head, size=14)(canvas)
        canvas.setFont("Helvetica", 10)
        for at, (text, right) in enumerate(lines, 1):
            canvas.drawString(72, 760 - 18 * at, text)
            canvas.drawRightString(520, 760 - 18 * at, right)

    return draw


def _passages(document: Document) -> list[str]:
    return [passage.text for passage in split(document)]


@pytest.mark.parametrize(
    "leader", [" . . . . . . . . ", " ........... ", " ___________ ", " … … … ", ""]
)
@pytest.mark.parametrize("head", ["Contents", "Table of Contents", "Staff handbook"])
def test_contents_of_a_pdf(make_pdf: MakePdf, leader: str, head: str) -> None:
    lines = [(title + leader, str(page)) for title, page in TITLES.items()]
    document = read(make_pdf(_lines(head, lines), *CHAPTERS))
    contents = of_kind(document.pages[0], BlockKind.CONTENTS)
    headed = head != "Staff handbook"
    titles = [text.split(leader.strip() or "\t")[0].strip() for text in contents if text != head]
    assert titles == [*TITLES]
    assert (head in contents) is headed
    assert len(_passages(document)) == (3 if headed else 4)
    check_invariants(document.pages[0])


@pytest.mark.parametrize(
    ("drawn", "rows"),
    [
        pytest.param(
            _lines(
                "In this report", [(f"{page}    {title}", "") for title, page in TITLES.items()]
            ),
            [f"{page} {title}" for title, page in TITLES.items()],
            id="before the titles",
        ),
        pytest.param(
            text_at(
                72, 760, "In this review", *(f"{title} {page}" for title, page in TITLES.items())
            ),
            [f"{title}\t{page}" for title, page in TITLES.items()],
            id="after a space",
        ),
    ],
)
def test_page_numbers_without_leaders(make_pdf: MakePdf, drawn: Draw, rows: list[str]) -> None:
    contents = of_kind(read(make_pdf(drawn, *CHAPTERS)).pages[0], BlockKind.CONTENTS)
    assert contents[-3:] == rows


@pytest.mark.parametrize(
    "rows",
    [
        [("Adult ............", "5"), ("Child ............", "8"), ("Family ...........", "12")],
        [("Notice period ....", "£2"), ("Holiday entitlement ....", "£3")],
        [("Bolts", "4"), ("Nuts", "8"), ("Washers", "16")],
        [("Notice period", "40"), ("Holiday entitlement", "41"), ("Sick pay", "90")],
    ],
)
def test_prices_and_other_tables_are_none(make_pdf: MakePdf, rows: list[tuple[str, str]]) -> None:
    page = read(make_pdf(_lines("What it costs", rows), *CHAPTERS)).pages[0]
    assert of_kind(page, BlockKind.CONTENTS) == []
    assert of_kind(page, BlockKind.ROW) == ["\t".join(row) for row in rows]


def test_running_text_with_numbers_at_the_ends_of_lines_stays_text(read_page: ReadPage) -> None:
    lines = ["The ferry carries bicycles, and of these 12", "are tandems; it has room for cars, 14",
             "or more, and in the summer of last year 9", "lorries were carried too."]  # fmt: skip
    assert read_page(text_at(72, 760, *lines)).text == " ".join(lines)


def _field(paragraph: Paragraph, *kinds: str) -> None:
    """Add the parts of a field: its marks, and instructions, which have spaces."""
    for kind in kinds:
        mark = OxmlElement("w:instrText" if " " in kind else "w:fldChar")
        if " " in kind:
            mark.text = kind
        else:
            mark.set(qn("w:fldCharType"), kind)
        paragraph.add_run()._r.append(mark)


def _page_number(paragraph: Paragraph, page: int) -> None:
    _field(paragraph, "begin", " PAGEREF _Toc1 ", "separate")
    paragraph.add_run(str(page))
    _field(paragraph, "end")


@pytest.mark.parametrize("how", ["field", "style", "typed"])
def test_contents_of_a_word_document(tmp_path: Path, how: str) -> None:
    made = docx.Document()
    made.add_heading("Contents", 1)
    style = made.styles.add_style("toc 1", 1) if how == "style" else None
    for at, (title, page) in enumerate(TITLES.items()):
        paragraph = made.add_paragraph(style=style)
        if how == "field" and at == 0:
            _field(paragraph, "begin", ' TOC \\o "1-3" ', "separate")
        paragraph.add_run(f"{title}\t")
        _page_number(paragraph, page)
        if how == "field" and at == len(TITLES) - 1:
            _field(paragraph, "end")
    for title, text in zip(TITLES, TEXTS, strict=True):
        made.add_page_break()
        made.add_heading(title, 1)
        made.add_paragraph(text)
    made.save(str(tmp_path / "made.docx"))
    document = read(tmp_path / "made.docx")
    assert len(of_kind(document.pages[0], BlockKind.CONTENTS)) == 4
    assert _passages(document) == [f"{a}\n{b}" for a, b in zip(TITLES, TEXTS, strict=True)]


def test_a_page_number_in_a_sentence_of_word_is_no_contents(tmp_path: Path) -> None:
    made = docx.Document()
    _page_number(made.add_paragraph("The notice period is told on page "), 2)
    made.save(str(tmp_path / "made.docx"))
    page = read(tmp_path / "made.docx").pages[0]
    assert of_kind(page, BlockKind.PARAGRAPH) == ["The notice period is told on page 2"]


def test_links_to_a_page_s_own_headings(tmp_path: Path) -> None:
    links = "".join(f"- [{title}](#{page})\n" for title, page in TITLES.items())
    own = "".join(f"\n## {a}\n\n{b}\n" for a, b in zip(TITLES, TEXTS, strict=True))
    path = tmp_path / "made.md"
    path.write_text(f"# Handbook\n\n## On this page\n\n{links}{own}", encoding="utf-8")
    page = read(path).pages[0]
    assert of_kind(page, BlockKind.CONTENTS) == [f"- {title}" for title in TITLES]


def test_a_web_page_keeps_no_heading_of_contents_without_them(tmp_path: Path) -> None:
    links = "".join(f'<li><a href="#{page}">{title}</a></li>' for title, page in TITLES.items())
    texts = [f"{text} It is told in full by the office on the first floor." for text in TEXTS]
    own = "".join(f"<h2>{a}</h2><p>{b}</p>" for a, b in zip(TITLES, texts, strict=True))
    path = tmp_path / "made.html"
    body = f"<h1>Handbook</h1><h2>Contents</h2><ul>{links}</ul>{own}"
    path.write_text(f"<html><body><main>{body}</main></body></html>", encoding="utf-8")
    assert _passages(read(path)) == [
        "Handbook",
        *(f"{a}\n{b}" for a, b in zip(TITLES, texts, strict=True)),
    ]


def test_contents_and_prices_of_a_text(tmp_path: Path) -> None:
    contents = "\n".join(f"{title} {'.' * 20} {page}" for title, page in TITLES.items())
    own = "".join(f"\f{a}\n\n{b}\n" for a, b in zip(TITLES, TEXTS, strict=True))
    prices = "\fPrices\n\nAdult ........ 5\nChild ........ 8\n\nChildren under five pay nothing.\n"
    path = tmp_path / "made.txt"
    path.write_text(f"Handbook\n\nContents\n\n{contents}\n{own}{prices}", encoding="utf-8")
    pages = read(path).pages
    assert len(of_kind(pages[0], BlockKind.CONTENTS)) == 4
    assert of_kind(pages[-1], BlockKind.ROW) == ["Adult ........\t5", "Child ........\t8"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Sick pay .......... 4", "Sick pay ..........\t4"),
        ("Preface . . . . . xii", "Preface . . . . .\txii"),
        ("Lunch ....... £4.50", "Lunch .......\t£4.50"),
        ("He waited and waited ... 5 years", None),
        ("Name ____________ Date", None),
        ("........... 4", None),
    ],
)
def test_a_line_with_a_leader(text: str, row: str | None) -> None:
    assert led_row(text) == row
