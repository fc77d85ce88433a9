"""Tables of contents in every format are told apart from text, and from lists that only look so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.passages.splitting import split
from mehealth_rag.reading.contents import led_row
from mehealth_rag.types import BlockKind, Document
from tests.reading.reading_helpers import check_invariants, of_kind, read

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

Maker = Callable[..., Path]
TITLES = {"Notice period": 2, "Holiday entitlement": 3, "Sick pay": 4}
TEXTS = ("Eight weeks of notice.", "Full-time staff may take 29 days off.", "Ninety per cent.")


def _first(lines: Sequence[tuple[str, str]]) -> Callable[[Canvas], None]:
    """A first page of lines, each with what stands at its right edge."""

    def draw(canvas: Canvas) -> None:
        for at, (text, right) in enumerate(lines):
            canvas.setFont("Helvetica", 14 if at == 0 else 10)
            canvas.drawString(72, 760 - 18 * at, text)
            canvas.drawRightString(520, 760 - 18 * at, right)

    return draw


def _page(title: str, text: str) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 760, title)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 730, text)

    return draw


def _said(document: Document) -> list[str]:
    return [passage.text for passage in split(document)]


def _chapters() -> list[Callable[[Canvas], None]]:
    return [_page(title, text) for title, text in zip(TITLES, TEXTS, strict=True)]


@pytest.mark.parametrize(
    "leader", [" . . . . . . . . ", " ........... ", " ___________ ", " … … … ", ""]
)
@pytest.mark.parametrize("head", ["Contents", "Table of Contents", "Staff handbook"])
def test_contents_of_a_pdf(make_pdf: Maker, leader: str, head: str) -> None:
    lines = [(head, ""), *((title + leader, str(page)) for title, page in TITLES.items())]
    document = read(make_pdf(_first(lines), *_chapters()))
    found = of_kind(document.pages[0], BlockKind.CONTENTS)
    assert [text.split(leader.strip() or "\t")[0].strip() for text in found if text != head] == [
        *TITLES
    ]
    assert (head in found) is (head != "Staff handbook")
    assert len(_said(document)) == (3 if head != "Staff handbook" else 4)
    check_invariants(document.pages[0])


def test_numbers_before_the_titles(make_pdf: Maker) -> None:
    lines = [
        ("In this report", ""),
        *((f"{page}    {title}", "") for title, page in TITLES.items()),
    ]
    document = read(make_pdf(_first(lines), *_chapters()))
    assert len(of_kind(document.pages[0], BlockKind.CONTENTS)) == 4


@pytest.mark.parametrize(
    "rows",
    [
        [("Adult ............", "5"), ("Child ............", "8"), ("Family ...........", "12")],
        [("Notice period ....", "£2"), ("Holiday entitlement ....", "£3")],
        [("Bolts", "4"), ("Nuts", "8"), ("Washers", "16")],
        [("Notice period", "40"), ("Holiday entitlement", "41"), ("Sick pay", "90")],
    ],
)
def test_prices_and_other_tables_are_none(make_pdf: Maker, rows: list[tuple[str, str]]) -> None:
    document = read(make_pdf(_first([("What it costs", ""), *rows]), *_chapters()))
    assert of_kind(document.pages[0], BlockKind.CONTENTS) == []
    assert of_kind(document.pages[0], BlockKind.ROW) == ["\t".join(row) for row in rows]


def _field(paragraph: Paragraph, kind: str, instruction: str = "") -> None:
    run = paragraph.add_run()._r
    mark = OxmlElement("w:instrText" if instruction else "w:fldChar")
    if instruction:
        mark.text = instruction
    else:
        mark.set(qn("w:fldCharType"), kind)
    run.append(mark)


def _word(path: Path, how: str) -> Path:
    document = docx.Document()
    document.add_heading("Contents", 1)
    if how == "style":
        document.styles.add_style("toc 1", 1)
    for at, (title, page) in enumerate(TITLES.items()):
        paragraph = document.add_paragraph(style="toc 1" if how == "style" else None)
        if how == "field" and at == 0:
            _field(paragraph, "begin")
            _field(paragraph, "", ' TOC \\o "1-3" ')
            _field(paragraph, "separate")
        paragraph.add_run(f"{title}\t")
        _field(paragraph, "begin")
        _field(paragraph, "", " PAGEREF _Toc1 ")
        _field(paragraph, "separate")
        paragraph.add_run(str(page))
        _field(paragraph, "end")
        if how == "field" and at == len(TITLES) - 1:
            _field(paragraph, "end")
    for title, text in zip(TITLES, TEXTS, strict=True):
        document.add_page_break()
        document.add_heading(title, 1)
        document.add_paragraph(text)
    document.save(str(path))
    return path


@pytest.mark.parametrize("how", ["field", "style", "typed"])
def test_contents_of_a_word_document(tmp_path: Path, how: str) -> None:
    document = read(_word(tmp_path / "made.docx", how))
    assert len(of_kind(document.pages[0], BlockKind.CONTENTS)) == 4
    assert _said(document) == [f"{a}\n{b}" for a, b in zip(TITLES, TEXTS, strict=True)]


def test_a_page_number_in_a_sentence_of_word_is_no_contents(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The notice period is told on page ")
    _field(paragraph, "begin")
    _field(paragraph, "", " PAGEREF _Toc1 ")
    paragraph.add_run("2")
    _field(paragraph, "end")
    document.save(str(tmp_path / "made.docx"))
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
    assert _said(read(path)) == [
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


def test_lines_with_only_a_space_before_their_page_numbers(make_pdf: Maker) -> None:
    def first(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for at, line in enumerate(("In this review", *(f"{t} {p}" for t, p in TITLES.items()))):
            canvas.drawString(72, 760 - 13 * at, line)

    document = read(make_pdf(first, *_chapters()))
    rows = [f"{title}\t{page}" for title, page in TITLES.items()]
    assert of_kind(document.pages[0], BlockKind.CONTENTS)[-3:] == rows


def test_running_text_with_numbers_at_the_ends_of_lines_stays_text(make_pdf: Maker) -> None:
    lines = ["The ferry carries bicycles, and of these 12", "are tandems; it has room for cars, 14",
             "or more, and in the summer of last year 9", "lorries were carried too."]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for at, line in enumerate(lines):
            canvas.drawString(72, 760 - 13 * at, line)

    (page,) = read(make_pdf(draw)).pages
    assert page.text == " ".join(lines)
