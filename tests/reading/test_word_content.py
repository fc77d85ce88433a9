"""What Word keeps apart from plain words: equations, symbols, raised figures, merged cells."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from mehealth_rag.types import BlockKind, Page
from tests.reading.reading_helpers import check_invariants, of_kind, read

if TYPE_CHECKING:
    from pathlib import Path

    from docx.document import Document as DocxDocument

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def _page(folder: Path, document: DocxDocument) -> Page:
    path = folder / "guide.docx"
    document.save(str(path))
    (page,) = read(path).pages
    check_invariants(page)
    return page


def _run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (_run("F = 0.05 × A"), "F = 0.05 × A"),
        (
            f"{_run('r = ')}<m:f><m:num>{_run('a+b')}</m:num><m:den>{_run('2')}</m:den></m:f>",
            "r = (a+b)/2",
        ),
        (f"<m:sSup><m:e>{_run('c')}</m:e><m:sup>{_run('2')}</m:sup></m:sSup>", "c²"),
        (f"<m:sSub><m:e>{_run('x')}</m:e><m:sub>{_run('i')}</m:sub></m:sSub>", "x_i"),
        (f"<m:rad><m:deg/><m:e>{_run('2x')}</m:e></m:rad>", "√2x"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{_run("i=1")}</m:sub>'
            f"<m:sup>{_run('n')}</m:sup><m:e>{_run('x')}</m:e></m:nary>",
            "∑_(i=1)ⁿ x",
        ),
        (f"<m:d><m:e>{_run('a')}</m:e></m:d>", "(a)"),
    ],
)
def test_equations_are_read(tmp_path: Path, inside: str, text: str) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is ")
    paragraph._p.append(parse_xml(f"<m:oMath {MATH}>{inside}</m:oMath>"))
    paragraph.add_run(" a week.")
    assert _page(tmp_path, document).text == f"The fee is {text} a week."


def test_symbols_are_their_letters(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("5 ")
    for font, code in (("Symbol", "F0B0"), ("Symbol", "F0B1"), ("Wingdings", "F0FC")):
        paragraph.add_run()._r.append(
            parse_xml(f'<w:sym {nsdecls("w")} w:font="{font}" w:char="{code}"/>')
        )
    typed = paragraph.add_run("\uf06d")
    typed.font.name = "Symbol"
    assert _page(tmp_path, document).text == "5 °±✓μ"


def test_raised_figures_do_not_join_those_before(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The plant handled 33,000")
    for up, after in (("1", " t on 12 m"), ("3", "; 10"), ("6", " germs on the 1"), ("st", " day")):
        paragraph.add_run(up).font.superscript = True
        paragraph.add_run(after)
    paragraph.add_run(" of CO")
    paragraph.add_run("2").font.subscript = True
    text = "The plant handled 33,000¹ t on 12 m³; 10⁶ germs on the 1st day of CO2"
    assert _page(tmp_path, document).text == text


def test_figures_raised_by_their_style_or_by_a_distance_do_not_join_those_before(
    tmp_path: Path,
) -> None:
    document = docx.Document()
    mark = document.styles.add_style("Note mark", WD_STYLE_TYPE.CHARACTER)
    mark.font.superscript = True
    paragraph = document.add_paragraph("The plant handled 33,000")
    paragraph.add_run("1", style="Note mark")
    paragraph.add_run("–35,000")
    lifted = paragraph.add_run("2")
    lifted.font.size = Pt(6)
    lifted._r.get_or_add_rPr().append(parse_xml(f'<w:position {nsdecls("w")} w:val="8"/>'))
    paragraph.add_run(" t, 4.5")
    flat = parse_xml(f'<w:vertAlign {nsdecls("w")} w:val="baseline"/>')
    paragraph.add_run("3%", style="Note mark")._r.get_or_add_rPr().append(flat)
    text = "The plant handled 33,000¹–35,000² t, 4.53%"
    assert _page(tmp_path, document).text == text


def test_fields_of_old_forms_show_what_was_chosen(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Paid: ")
    fields = (
        "<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>",
        "<w:checkBox><w:default w:val='0'/></w:checkBox>",
        "<w:ddList><w:result w:val='1'/><w:listEntry w:val='Oak'/><w:listEntry w:val='Ash'/>"
        "</w:ddList>",
    )
    for data, after in zip(fields, (" yes ", " no, tree: ", "."), strict=True):
        field = f'<w:fldChar {nsdecls("w")} w:fldCharType="begin"><w:ffData>{data}</w:ffData>'
        paragraph.add_run()._r.append(parse_xml(f"{field}</w:fldChar>"))
        paragraph.add_run(after)
    assert _page(tmp_path, document).text == "Paid: ☒ yes ☐ no, tree: Ash."


def test_merged_cells_stand_in_every_row_and_empty_ones_keep_their_place(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=4)
    rows = ("Site Day Mon Tue", "Castle Spring 9 10", "- Summer - 11", "Museum - - 12")
    for cells, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, texts.split(), strict=True):
            cell.text = text.strip("-")
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 1))
    assert of_kind(_page(tmp_path, document), BlockKind.ROW) == [
        "Site\tDay\tMon\tTue",
        "Castle\tSpring\t9\t10",
        "Castle\tSummer\t\t11",
        "Museum\t\t\t12",
    ]


def test_a_table_in_a_cell_is_read_once(tmp_path: Path) -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "Boats"
    inner = outer.cell(0, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "Yacht", "£300"
    assert of_kind(_page(tmp_path, document), BlockKind.ROW) == ["Boats", "Yacht\t£300"]


def test_headers_and_footers_are_kept_once_and_page_numbers_are_not(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Supply contract", 1)
    for _ in range(2):
        section = document.add_section()
        section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Contract no. QX-7741"
        section.footer.paragraphs[0].text = "Page 1 of 3"
        section.footer.add_paragraph("Supply contract")
    assert _page(tmp_path, document).text == "Supply contract\nContract no. QX-7741"


def test_a_document_saved_as_strict_open_xml_is_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Fees", 1)
    document.add_paragraph("A yacht pays £300.")
    document.core_properties.author = "Mary Anning"
    document.save(str(tmp_path / "plain.docx"))
    strict = tmp_path / "strict.docx"
    families = (
        rb"http://schemas.openxmlformats.org/(officeDocument|wordprocessingml|drawingml)/2006/"
    )
    with zipfile.ZipFile(tmp_path / "plain.docx") as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            data = re.sub(families, rb"http://purl.oclc.org/ooxml/\1/", old.read(name))
            new.writestr(name, data.replace(b"extended-properties", b"extendedProperties"))
    found = read(strict)
    assert found.pages[0].text == "Fees\nA yacht pays £300."
    assert found.metadata["author"] == "Mary Anning"
