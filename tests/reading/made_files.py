"""Small files of every format, all about the same garden club."""

from __future__ import annotations

import gzip
import io
import zipfile
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = " ".join(
    f'xmlns:{short}="{_ODF}{name}:1.0"'
    for short, name in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style",
        "presentation": "presentation",
    }.items()
) + ' xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip
_RTF = r"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss\fcharset0 Arial;}}
{\stylesheet{\s0 Normal;}{\s1\b\fs32 heading 1;}}
\pard\s1\b Tools to lend\b0\par
\pard\s0 The caf\'e9 opens at \u8220?nine\u8221?.\line Bring boots.\par
{\listtext\'b7\tab}Rakes are lent\par
\trowd\cellx1000\cellx2000\intbl Tool\cell Price\cell\row
\trowd\cellx1000\cellx2000\intbl Rake\cell 9.50\cell\row
\pard\page The fair{\footnote In May.} is {\v never }free.\par
}"""
_CHAPTER = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">
<head><title>x</title></head><body><h1>Tools to lend</h1><p>The shed opens at nine.</p>
<table><tr><th>Tool</th><th>Price</th></tr><tr><td>Rake</td><td>9.50</td></tr></table>
</body></html>"""
_NAV = """<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol>
<li><a href="text/two.xhtml#top">Second chapter</a></li></ol></nav></body></html>"""
_OPF = """<package xmlns="http://www.idpf.org/2007/opf"><metadata
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Garden book</dc:title></metadata><manifest>
<item id="x" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/two.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
_NCX = """<ncx><navMap><navPoint><navLabel><text>First chapter</text></navLabel>
<content src="text/one.xhtml"/></navPoint></navMap></ncx>"""
_CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
_RST = """Tools to lend
=============

The shed opens at nine. See `the site <https://example.org>`_.

.. versionadded:: 2.0
   Nothing is lost.

* Rakes are lent

=====  =====
Tool   Price
=====  =====
Rake   9.50
=====  =====
"""


def stored(name: str) -> bytes:
    """Return a stored file, of a format that no library here writes."""
    packed = Path(__file__).parent / "cases" / f"{name}.gz"
    return gzip.decompress(packed.read_bytes())


def zipped(**files: str) -> bytes:
    """Make a ZIP archive; in the names two underscores stand for a slash, one for a dot."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            path = name.replace("__", "/").replace("_", ".")
            package.writestr(path, text, zipfile.ZIP_STORED if path == "mimetype" else None)
    return archive.getvalue()


def pptx() -> bytes:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    place = (Inches(1), Inches(1), Inches(4), Inches(2))
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Tools to lend"
    frame = first.placeholders[1].text_frame
    frame.text = "Rakes are lent"
    run = frame.add_paragraph().add_run()
    run.text, run.hyperlink.address = "Spades too", "https://example.org/spades"
    first.notes_slide.notes_text_frame.text = "The shed opens at nine."
    second = deck.slides.add_slide(deck.slide_layouts[6])
    table = second.shapes.add_table(2, 2, *place).table
    for row, cells in enumerate((("Tool", "Price"), ("Rake", "9.50"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    chart = CategoryChartData()
    chart.categories = ["2023", "2024"]
    chart.add_series("Members", (120, 143.5))
    drawn = second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, chart).chart
    drawn.chart_title.text_frame.text = "Our growth"
    second.shapes.add_group_shape().shapes.add_textbox(*place).text_frame.text = "Ask\vAnn."
    second.element.set("show", "0")
    third = deck.slides.add_slide(deck.slide_layouts[6])
    third.shapes.add_picture(io.BytesIO(picture("PNG")), *place)
    saved = io.BytesIO()
    deck.save(saved)
    return saved.getvalue()


def xlsx() -> bytes:
    import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Tools"
    sheet["B2"] = "Tools to lend"
    sheet.append((None, "Tool", "Price", "Share", "Since"))
    sheet.append((None, "Rake", 9.5, 0.125, datetime.date(2024, 5, 3)))
    sheet.append((None, None, 12, 0.5, datetime.date(2024, 5, 4)))
    for place, code in {"C4": '"£"#,##0.00', "D4": "0.0%", "E4": "d mmmm yyyy"}.items():
        sheet[place].number_format = code
    sheet.merge_cells("B4:B5")
    sheet.merge_cells("B2:E2")
    hidden = book.create_sheet("Keys")
    hidden["A1"] = "The key hangs behind the clock."
    hidden.sheet_state = "hidden"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def odf(kind: str, body: str, styles: str = "", head: str = "", **more: str) -> bytes:
    """Make an OpenDocument package; `head` precedes the root, `more` are further files."""
    content = head + odf_file(
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    )
    mime = f"application/vnd.oasis.opendocument.{kind}"
    manifest = {"META-INF__manifest_xml": "<manifest/>"}
    return zipped(mimetype=mime, **manifest, content_xml=content, **more)


def odf_file(content: str) -> str:
    return f"<office:document-content {_SPACES}>{content}</office:document-content>"


def _p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def _row(*cells: str) -> str:
    written = (
        c if c.startswith("<") else f"<table:table-cell>{_p(c)}</table:table-cell>" for c in cells
    )
    return f"<table:table-row>{''.join(written)}</table:table-row>"


def odt() -> bytes:
    heads = f"<table:table-header-rows>{_row('Tool', 'Price')}</table:table-header-rows>"
    deep = f'<table:table-cell table:number-rows-spanned="2">{_p("Rake")}</table:table-cell>'
    rows = _row(deep, "9.50") + _row("<table:covered-table-cell/>", "9.70")
    note = f"<text:note><text:note-body>{_p('In May.')}</text:note-body></text:note>"
    item = f"<text:list><text:list-item>{_p('Rakes are lent')}</text:list-item></text:list>"
    box = f"<draw:frame><draw:text-box>{_p('Bring boots.')}</draw:text-box></draw:frame>"
    body = (
        '<text:p text:style-name="P1">Tools to lend</text:p>'
        + _p(f"The shed opens<text:s/>at nine{note}.{box}<text:soft-page-break/>")
        + f'<text:h text:outline-level="2">Prices</text:h>{item}'
        + f"<table:table>{heads}<table:table-rows>{rows}</table:table-rows></table:table>"
    )
    return odf("text", body, '<style:style style:name="P1" style:parent-style-name="Title"/>')


def ods() -> bytes:
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    rows = _row("Tool", "Share", empty) + _row("Rake", "12.5%") + _row("Spade", "50%")
    style = (
        '<style:style style:name="t"><style:table-properties table:display="false"/></style:style>'
    )
    head = '<table:table table:name="Tools" table:style-name="t">'
    return odf("spreadsheet", f"{head}{rows}</table:table>", style)


def odp() -> bytes:
    def frame(kind: str, text: str) -> str:
        box = f"<draw:text-box>{text}</draw:text-box>"
        return f'<draw:frame presentation:class="{kind}">{box}</draw:frame>'

    item = f"<text:list><text:list-item>{_p('Rakes are lent')}</text:list-item></text:list>"
    notes = f"<presentation:notes>{frame('notes', _p('Ask Ann.'))}</presentation:notes>"
    slide = frame("outline", item) + frame("title", _p("Tools to lend")) + notes
    return odf("presentation", f"<draw:page>{slide}</draw:page>")


def epub(**more: str) -> bytes:
    files = {
        "mimetype": "application/epub+zip", "META-INF__container_xml": _CONTAINER,
        "OEBPS__book_opf": _OPF, "OEBPS__nav_xhtml": _NAV, "OEBPS__toc_ncx": _NCX,
        "OEBPS__text__one_xhtml": _CHAPTER,
        "OEBPS__text__two_xhtml": "<html><body><p>The fair is in May.</p></body></html>",
    }  # fmt: skip
    return zipped(**files | more)


def eml() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann <ann@example.org>", "Bob <bob@example.org>"
    mail["Date"], mail["Subject"] = "Fri, 03 May 2024 09:30:00 +0000", "Tools to lend – now"
    mail.set_content("The plain text is not what is shown.")
    rows = "<tr><th>Tool</th><th>Price</th></tr><tr><td>Rake</td><td>9.50</td></tr>"
    mail.add_alternative(
        f'<p>The shed opens at nine.</p><table>{rows}</table><p style="display:none">preview</p>',
        subtype="html",
    )
    mail.add_attachment(b"x", "application", "pdf", filename="prices.pdf")
    forwarded = EmailMessage()
    forwarded["Subject"] = "Fees"
    mail.add_attachment(forwarded)
    return bytes(mail)


def picture(kind: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (900, 200), "white")
    font = ImageFont.load_default(48)
    ImageDraw.Draw(image).text((40, 60), "The shed opens at nine.", "black", font)
    saved = io.BytesIO()
    image.save(saved, kind)
    return saved.getvalue()


def csv_file() -> bytes:
    return 'Tool;Price\r\n"Rake\r\n(long)";9,50\r\nCafé;3\r\n'.encode("cp1252")


MADE: dict[str, Callable[[], bytes]] = {
    "pptx": pptx, "xlsx": xlsx, "odt": odt, "ods": ods, "odp": odp, "epub": epub, "eml": eml,
    "rtf": lambda: _RTF.encode("ascii"), "csv": csv_file,
    "tsv": lambda: b"Tool\tPrice\nRake\t9.50\n", "rst": _RST.encode,
    **{form: partial(stored, f"tools.{form}") for form in ("doc", "ppt", "xls", "msg")},
    "png": lambda: picture("PNG"), "jpg": lambda: picture("JPEG"), "tiff": lambda: picture("TIFF"),
}  # fmt: skip
"""Maps a format to a function that makes such a file."""


def bomb(names: Iterable[str]) -> bytes:
    """Make a ZIP archive with these files that unpacks to over 3 MB."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            text = "application/vnd.oasis.opendocument.text" if name == "mimetype" else "<x/>"
            package.writestr(name, text, zipfile.ZIP_STORED)
        package.writestr("bomb.xml", bytes(3_100_000))
    return archive.getvalue()
