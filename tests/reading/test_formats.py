"""Every format but PDF, Word, HTML, Markdown and text: pages, labels, broken files."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import docx
import pytest
from pptx import Presentation

from mehealth_rag.corpus import FORMATS as ENDINGS
from mehealth_rag.errors import ReadingError
from mehealth_rag.passages.splitting import split
from mehealth_rag.reading import FORMATS, ReadingOptions, packages, read_document
from mehealth_rag.reading.ocr import installed
from mehealth_rag.types import Fault
from tests.reading.made_files import MADE, bomb, epub, odf, odf_file, zipped
from tests.reading.reading_helpers import check_invariants, read, source, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docx.document import Document as DocxDocument
    from pptx.presentation import Presentation as PptxDocument

    from mehealth_rag.types import Document, Page

H1, P, LI, TR, TH = "heading 1", "paragraph 0", "item 0", "row 0", "row 1"
HEADS, ROW = (TH, "Tool\tPrice"), (TR, "Rake\t9.50")
TITLE, SHED = (H1, "Tools to lend"), (P, "The shed opens at nine.")


def _sheets(date: str) -> dict[str, list[tuple[str, str]]]:
    """Return the pages of the workbook; its old format does not keep every date format."""
    rows = ["Tool\tPrice\tShare\tSince", f"Rake\t£9.50\t12.5%\t{date}", "Rake\t12\t0.5\t2024-05-04"]
    return {
        "Tools": [(P, "Tools to lend"), (TH, rows[0]), (TR, rows[1]), (TR, rows[2])],
        "Keys": [(P, "The key hangs behind the clock.")],
    }


PAGES = {
    "pptx": {
        "1": [TITLE, (LI, "Rakes are lent"), (LI, "Spades too"), SHED],
        "2": [
            HEADS, ROW, (P, "Our growth"), (TH, "Members"), (TR, "2023\t120"),
            (TR, "2024\t143.5"), (P, "Ask Ann."),
        ],
        "3": [],
    },
    "xlsx": _sheets("3 May 2024"),
    "xls": _sheets("2024-05-03"),
    "doc": {
        "1": [
            TITLE, (P, "The café opens at “nine”."), (LI, "Rakes are lent"),
            (LI, "Spades are lent"), (TR, "Tool\tPrice"), ROW, (TR, "Rake\t9.70"),
            (P, "The pond holds 12 m³ of water at 5 °C."), (P, "Ask Ann."),
            ("furniture 0", "Contract no. QX-7741"),
        ]
    },
    "ppt": {
        "1": [TITLE, (LI, "Rakes are lent"), (LI, "Spades too"), SHED],
        "2": [(P, "Ask Ann.")],
    },
    "odt": {
        "1": [
            TITLE, SHED, (P, "Bring boots."),
        ],
        "2": [
            ("heading 2", "Prices"), (LI, "Rakes are lent"), HEADS, ROW, (TR, "Rake\t9.70"),
            (P, "In May."),
        ],
    },
    "ods": {"Tools": [(TH, "Tool\tShare"), (TR, "Rake\t12.5%"), (TR, "Spade\t50%")]},
    "odp": {"1": [TITLE, (LI, "Rakes are lent"), (P, "Ask Ann.")]},
    "epub": {
        "First chapter": [TITLE, SHED, HEADS, ROW],
        "Second chapter": [(P, "The fair is in May.")],
    },
    "rtf": {
        "1": [
            TITLE, (P, "The café opens at “nine”. Bring boots."), (LI, "Rakes are lent"),
            (TR, "Tool\tPrice"), ROW,
        ],
        "2": [(P, "The fair In May. is free.")],
    },
    "eml": {
        "1": [
            (H1, "Tools to lend – now"),
            (LI, "From: Ann <ann@example.org>"),
            (LI, "To: Bob <bob@example.org>"),
            (LI, "Date: Fri, 03 May 2024 09:30:00 +0000"),
            (LI, "Attachments: prices.pdf, the message “Fees”"), SHED, HEADS, ROW,
        ]
    },
    "msg": {
        "1": [
            TITLE,
            (LI, 'From: "Ann" <ann@example.org>'),
            (LI, "To: Bob"),
            (LI, "Date: 2024-05-03 09:30"),
            (LI, "Attachments: prices.pdf"),
            SHED,
        ]
    },
    "csv": {"1": [HEADS, (TR, "Rake (long)\t9,50"), (TR, "Café\t3")]},
    "tsv": {"1": [HEADS, ROW]},
    "rst": {
        "1": [
            TITLE,
            (P, "The shed opens at nine. See the site."),
            (P, ".. versionadded:: 2.0 Nothing is lost."),
            (LI, "Rakes are lent"), HEADS, ROW,
        ]
    },
}  # fmt: skip
HIDDEN_SHEET = "the sheet is hidden; it was read all the same"
PROBLEMS = {
    "pptx": {
        2: "the slide is hidden; it was read all the same",
        3: "only a picture; save the slides as PDF to have it read by Tesseract",
    },
    "xlsx": {2: HIDDEN_SHEET},
    "xls": {2: HIDDEN_SHEET},
    "ods": {1: HIDDEN_SHEET},
    "rtf": {1: "5 characters of hidden text were left out (“never”)"},
    "eml": {
        1: "7 characters of hidden text were left out (“preview”); "
        "attachments are not read: prices.pdf, the message “Fees”"
    },
    "msg": {1: "attachments are not read: prices.pdf"},
    "csv": {1: "its encoding is not told, and was guessed: Windows-1252"},
}
"""The problems of pages, by number."""

PACKAGES = {
    "docx": ["[Content_Types].xml", "word/document.xml"],
    "pptx": ["ppt/presentation.xml"],
    "xlsx": ["xl/workbook.xml"],
    "epub": ["META-INF/container.xml"],
    "odt": ["mimetype", "content.xml"],
}


def made(folder: Path, form: str, content: bytes | None = None) -> Path:
    path = folder / f"tools.{form}"
    path.write_bytes(MADE[form]() if content is None else content)
    return path


def office(form: str) -> bytes:
    if form != "docx":
        return MADE[form]()
    document = docx.Document()
    document.add_heading("Tools to lend", 1)
    document.core_properties.author = "Mary Anning"
    return saved(document)


def saved(document: DocxDocument | PptxDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def rewritten(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change every XML file of a package; its files are stored uncompressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith((".xml", ".rels")) else data)
    return written.getvalue()


def blocks(page: Page) -> list[tuple[str, str]]:
    return [(f"{block.kind} {block.level}", words_of(block, page)) for block in page.blocks]


def refused(path: Path) -> str:
    with pytest.raises(ReadingError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def check_passages(document: Document) -> None:
    """Check that each passage of rows has their headings, in its text or as its table."""
    for passage in split(document):
        page = document.pages[passage.page - 1]
        assert passage.span.of(page.text) == passage.text
        heads = [words_of(b, page) for b in page.blocks if f"{b.kind} {b.level}" == TH]
        if heads and "Rake" in passage.text and "\t" in passage.text:
            assert heads[0] in (*passage.table, *passage.text.split("\n"))


def test_the_two_lines_of_a_label_are_read_as_one(tmp_path: Path) -> None:
    deck = Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    group = shapes.add_group_shape().shapes
    for text in ("Music\nAda Grey", "One.\nTwo.", "Safety\nBob Lee\nWaste"):
        group.add_textbox(0, 0, 900, 900).text_frame.text = text
    text = read(made(tmp_path, "pptx", saved(deck))).pages[0].text
    assert text.split("\n") == ["Music Ada Grey", "One.", "Two.", "Safety", "Bob Lee", "Waste"]


def test_an_answer_and_what_it_quotes_are_read_without_their_marks(tmp_path: Path) -> None:
    text = (
        "From: Ann <ann@example.org>\nSubject: Re: The hall\n\nWe come on Friday.\n\nBest,\nAnn\n\n"
        "-- \nAnn Grey, tel. 01632 960 205\n\nOn Monday Bob wrote:\n> The hire is £90\n"
        "> a day.\n>\n> > Is it free?\n"
    )
    page = read(made(tmp_path, "eml", text.encode())).pages[0]
    assert blocks(page)[2:] == [
        (P, "We come on Friday."),
        (P, "Best, Ann"),
        (P, "Ann Grey, tel. 01632 960 205"),
        (P, "On Monday Bob wrote:"),
        (P, "The hire is £90 a day."),
        (P, "Is it free?"),
    ]


@pytest.mark.parametrize("form", PAGES)
def test_pages_labels_and_blocks(tmp_path: Path, form: str) -> None:
    document = read(made(tmp_path, form))
    assert {page.label: blocks(page) for page in document.pages} == PAGES[form]
    problems = {page.number: page.problem for page in document.pages if page.problem}
    assert problems == PROBLEMS.get(form, {})
    for page in document.pages:
        check_invariants(page)
    check_passages(document)


@pytest.mark.parametrize(("form", "words"), [("pptx", "Spades too"), ("rst", "the site")])
def test_links_cover_their_words(tmp_path: Path, form: str, words: str) -> None:
    page = read(made(tmp_path, form)).pages[0]
    assert [link.span.of(page.text) for link in page.links if link.span] == [words]


@pytest.mark.parametrize("form", ["png", "jpg", "tiff"])
def test_pictures_are_read_by_ocr_or_say_why_not(tmp_path: Path, form: str) -> None:
    path = made(tmp_path, form)
    (page,) = read_document(source(path), ReadingOptions((), "eng", "")).pages
    assert (page.problem, page.fault) == (
        "only a picture; install Tesseract to have it read",
        Fault.PICTURE,
    )
    if version := installed():
        (page,) = read_document(source(path), ReadingOptions((), "eng", version)).pages
        assert (page.text, page.fault) == ("The shed opens at nine.", Fault.OCR)


def test_every_format_has_an_ending_and_every_ending_a_reader() -> None:
    assert set(ENDINGS.values()) == set(FORMATS)
    assert set(MADE) | {"pdf", "docx", "html", "md", "txt"} == set(FORMATS)


@pytest.mark.parametrize("form", sorted(set(MADE) - {"csv", "tsv", "rst"}))
@pytest.mark.parametrize("cut", ["garbage", "cut short"])
def test_broken_files_are_one_line(tmp_path: Path, form: str, cut: str) -> None:
    whole = MADE[form]()
    content = whole[: len(whole) // 2] if cut == "cut short" else bytes(range(256)) * 8
    if (form, cut) in {("rtf", "cut short"), ("eml", "cut short")}:
        return  # half of them is half of their text
    refused(made(tmp_path, form, content))


@pytest.mark.parametrize("form", PACKAGES)
def test_bombs_are_refused_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(packages, "UNPACKED", 3_000_000)
    line = refused(made(tmp_path, form, bomb(PACKAGES[form])))
    assert line.endswith("unpacks to over 3 MB; no real document is that large")


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    body = "<text:p>Before &e; after.</text:p>"
    path = made(tmp_path, "odt", odf("text", body, head=entity))
    assert "secret" not in read(path).pages[0].text


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))
LOCKED_BOOK = '<encryption><CipherReference URI="OEBPS/text/one.xhtml"/></encryption>'
ODT = "application/vnd.oasis.opendocument.text"
TEXTS = ("pdf", "docx", "html", "md", "txt")
INSTEAD = [
    *((form, JPEG, r"not a .*\(it is a JPEG picture\); get ") for form in TEXTS),
    *((form, b"", r"the file is empty \(zero bytes\); get it again") for form in TEXTS),
    *((form, b"%PDF-1.7\n1 0 obj", r"\(it is a PDF\); give the file the ending \.pdf")
      for form in TEXTS[1:]),
    ("docx", b"PK\x03\x04" + bytes(40), r"not a Word document \(it is a ZIP archive"),
    ("docx", MADE["epub"], r"it is an EPUB book\); give the file the ending \.epub$"),
    ("xlsx", MADE["pptx"], r"it is a PowerPoint presentation\); give .* \.pptx$"),
    ("xlsx", zipped(readme_txt="x"), r"it is a ZIP archive\); get the document as"),
    ("odt", MADE["ods"], r"it is an OpenDocument workbook\); give .* \.ods$"),
    ("msg", b"\xd0\xcf\x11\xe0" + bytes(600), r"it is a file of an old Microsoft program\)"),
    ("doc", MADE["doc"]()[:9000], r"it is a file of an old Microsoft program\)"),
    ("doc", MADE["xls"], r"it is an old Excel workbook\); give the file the ending \.xls$"),
    ("xls", MADE["csv"], r"not start like one\); get the document as an old Excel workbook"),
    ("ppt", MADE["rtf"], r"it is a rich text \(RTF\) file\); give .* \.rtf$"),
    ("txt", MADE["msg"], r"it is an Outlook message\); give .* \.msg$"),
    ("eml", b"Just words.\n", r"not an e-mail \(it has no headers\); get the e-mail"),
    ("epub", epub(**{"META-INF__encryption_xml": LOCKED_BOOK}),
     r"the book is locked \(DRM\); get a copy without$"),
    ("odt", zipped(mimetype=ODT, **{"META-INF__manifest_xml": "<m><encryption-data/></m>"},
                   content_xml="x"),
     r"locked with a password; save a copy without one$"),
]  # fmt: skip
"""A format, content of another kind, and the end of the message."""


@pytest.mark.parametrize(("form", "content", "message"), INSTEAD)
def test_the_real_kind_of_a_file_is_named(
    tmp_path: Path, form: str, content: bytes | Callable[[], bytes], message: str
) -> None:
    content = content if isinstance(content, bytes) else content()
    assert re.search(message, refused(made(tmp_path, form, content)))


def test_text_about_a_pdf_or_a_web_page_is_text(tmp_path: Path) -> None:
    text = "<!DOCTYPE html> begins a web page, and %PDF-1.7 a PDF."
    assert read(made(tmp_path, "txt", text.encode())).pages[0].text == text


def test_a_picture_may_be_of_another_kind_than_its_name_says(tmp_path: Path) -> None:
    assert read(made(tmp_path, "png", MADE["jpg"]())).pages[0].fault is Fault.PICTURE


_MAIN = "application/vnd.openxmlformats-officedocument"
_MACROS = "application/vnd.ms-"


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("docm", f"{_MACROS}word.document.macroEnabled"),
        ("dotx", f"{_MAIN}.wordprocessingml.template"),
        ("dotm", f"{_MACROS}word.template.macroEnabledTemplate"),
        ("ppsx", f"{_MAIN}.presentationml.slideshow"),
        ("potx", f"{_MAIN}.presentationml.template"),
        ("pptm", f"{_MACROS}powerpoint.presentation.macroEnabled"),
        ("ppsm", f"{_MACROS}powerpoint.slideshow.macroEnabled"),
        ("xltx", f"{_MAIN}.spreadsheetml.template"),
        ("xlsm", f"{_MACROS}excel.sheet.macroEnabled"),
    ],
)
def test_templates_shows_and_files_with_macros_are_read(
    tmp_path: Path, ending: str, kind: str
) -> None:
    usual = re.compile(rb"application/vnd[\w.-]*\.(?:document|presentation|sheet)(?=\.main\+xml)")
    content = rewritten(office(ENDINGS[f".{ending}"]), lambda data: usual.sub(kind.encode(), data))
    assert kind.encode() in content
    assert "Tools to lend" in read(made(tmp_path, ending, content)).pages[0].text


@pytest.mark.parametrize("form", ["docx", "pptx", "xlsx"])
def test_strict_open_xml_is_read(tmp_path: Path, form: str) -> None:
    names = re.compile(rb"http://schemas.openxmlformats.org/(officeDocument|\w+ml)/2006/")

    def strict(data: bytes) -> bytes:
        data = names.sub(rb"http://purl.oclc.org/ooxml/\1/", data)
        return data.replace(b"extended-properties", b"extendedProperties")

    document = read(made(tmp_path, form, rewritten(office(form), strict)))
    assert "Tools to lend" in document.pages[0].text
    assert form != "docx" or document.metadata["author"] == "Mary Anning"


RAISED = "The plant handled 33,000¹ tonnes in 2023; a litre has 10⁶ germs and CO2."
OVER_ROWS = ["Route\tSingle", "Port Amble\t4", "Port Amble\t6"]


def _marked(one: str, six: str, two: str) -> str:
    return RAISED.replace("¹", one).replace("⁶", six).replace("CO2", f"CO{two}")


def _raised_odt() -> bytes:
    styles = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties '
        f'style:text-position="{place}"/></style:style>'
        for name, place in {"T1": "super 58%", "T6": "33% 58%", "T2": "sub 58%"}.items()
    )
    spans = (f'<text:span text:style-name="T{n}">{n}</text:span>' for n in (1, 6, 2))
    return odf("text", f"<text:p>{_marked(*spans)}</text:p>", styles)


def _raised_rtf() -> bytes:
    words = _marked(r"{\super\loch 1}", r"\up8 6\up0 ", r"{\sub 2}")
    return rf"{{\rtf1\ansi {words}}}".encode("ascii")


def _raised_book() -> bytes:
    style = 'style="position: relative; top: -0.33em; vertical-align: baseline"'
    words = _marked('<span class="up">1</span>', f"<span {style}>6</span>", "<sub>2</sub>")
    head = "<head><style>p, .up { vertical-align: super }</style></head>"
    return epub(OEBPS__text__one_xhtml=f"<html>{head}<body><p>{words}</p></body></html>")


def _raised_slides() -> bytes:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    line = slide.shapes.add_textbox(0, 0, 900, 900).text_frame.paragraphs[0]
    for part in re.split("([¹⁶]|2(?=\\.))", RAISED):
        run = line.add_run()
        run.text = part.translate({ord("¹"): "1", ord("⁶"): "6"})
        if len(part) == 1 and part != ".":
            run._r.get_or_add_rPr().set("baseline", "-25000" if part == "2" else "30000")
    table = slide.shapes.add_table(3, 2, 0, 0, 900, 900).table
    for row, cells in enumerate((("Route", "Single"), ("Port Amble", "4"), ("", "6"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    return saved(deck)


@pytest.mark.parametrize(
    ("form", "make"),
    [("odt", _raised_odt), ("rtf", _raised_rtf), ("epub", _raised_book), ("pptx", _raised_slides)],
)
def test_raised_figures_do_not_join_those_before(
    tmp_path: Path, form: str, make: Callable[[], bytes]
) -> None:
    text = read(made(tmp_path, form, make())).pages[0].text
    assert text.split("\n")[0] == RAISED


def test_cells_that_span_rows_are_in_each_of_them(tmp_path: Path) -> None:
    slides = read(made(tmp_path, "pptx", _raised_slides())).pages[0].text
    assert slides.split("\n")[1:] == OVER_ROWS
    rows = (
        r"\trowd\clvmgf\cellx1000\cellx2000\intbl Port Amble\cell 4\cell"
        r"\trowd\clvmgf\cellx1000\cellx2000\row"  # Word says it again at a row's end
        r"\trowd\clvmrg\cellx1000\cellx2000\intbl \cell 6\cell\row"
    )
    head = r"{\rtf1\ansi\trowd\cellx1000\cellx2000\intbl Route\cell Single\cell\row"
    text = read(made(tmp_path, "rtf", f"{head}{rows}}}".encode("ascii"))).pages[0].text
    assert text.split("\n") == OVER_ROWS


def test_equations_of_open_documents_are_read_in_their_place(tmp_path: Path) -> None:
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    equation = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><msubsup><mi>x</mi><mn>1</mn><mn>2</mn>'
        "</msubsup><mo>=</mo><msqrt><mn>16</mn></msqrt></math>"
    )
    body = f"<text:p>Here {frame} holds.</text:p>"
    content = odf("text", body, **{"Object 1__content_xml": equation})
    assert read(made(tmp_path, "odt", content)).pages[0].text == "Here x_1²=√16 holds."


def test_a_text_box_of_slides_with_an_equation_is_read(tmp_path: Path) -> None:
    deck = Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    shapes.add_textbox(0, 0, 900, 900).text_frame.text = "It takes F t."
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    raised = "<m:sup><m:r><m:t>2</m:t></m:r></m:sup>"
    power = f"<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e>{raised}</m:sSup>"
    equation = f'</a:t></a:r><a14:m><m:oMath xmlns:m="{math}">{power}</m:oMath></a14:m><a:r><a:t>'
    schemas = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    drawing = "http://schemas.microsoft.com/office/drawing/2010/main"
    wrapping = f'<mc:AlternateContent xmlns:mc="{schemas}" xmlns:a14="{drawing}">'
    wrapping += '<mc:Choice Requires="a14">'

    def wrapped(data: bytes) -> bytes:
        if b"It takes F t." not in data:
            return data
        data = data.replace(b"<p:sp>", wrapping.encode() + b"<p:sp>")
        data = data.replace(b"</p:sp>", b"</p:sp></mc:Choice><mc:Fallback/></mc:AlternateContent>")
        return data.replace(b" F ", f" {equation} ".encode())

    content = rewritten(saved(deck), wrapped)
    assert read(made(tmp_path, "pptx", content)).pages[0].text == "It takes x² t."


def test_letters_of_rich_text_are_read_however_they_are_written(tmp_path: Path) -> None:
    source = (
        "{\\rtf1\\ansi\\ansicpg1252 The caf\xe9 seats 30\x9640 at \x805."
        r" \u-10179?\u-8704? \u-10179? end.\par"
        r"{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt \pard Ring 4471.\par}}"
        r"{\shprslt{\*\do{\dptxbxtext\pard Ring 4471.\par}}}}\pard More.\par}"
    )
    text = read(made(tmp_path, "rtf", source.encode("latin-1"))).pages[0].text
    assert text == "The café seats 30–40 at €5. 😀 \ufffd end.\nRing 4471.\nMore."


def test_headers_and_footers_of_rich_text_are_kept_once(tmp_path: Path) -> None:
    source = (
        r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\info{\title Fees of the\'20harbour}"
        r"{\creatim\yr2024\mo5\dy3\hr9}}{\header\pard Clerk: Alma {\b Trewin}\par}"
        r"{\footer\pard Page 1 of 3\par}\pard A yacht pays more.{\deleted not }\par"
        r"{\header\pard Clerk: Alma Trewin\par}\pard A boat pays less.\par}"
    )
    document = read(made(tmp_path, "rtf", source.encode("ascii")))
    text = "A yacht pays more.\nA boat pays less.\nClerk: Alma Trewin"
    assert document.pages[0].text == text
    assert document.metadata == {"title": "Fees of the harbour", "created": "2024-05-03"}


def test_headers_and_footers_of_open_documents_are_kept_once(tmp_path: Path) -> None:
    page = "<style:master-page><style:{0}><text:p>{1}</text:p></style:{0}></style:master-page>"
    heads = page.format("header", "Clerk: Alma Trewin") + page.format("footer", "Page 1")
    content = odf(
        "text",
        "<text:p>A yacht pays more.</text:p>",
        styles_xml=odf_file(f"<office:master-styles>{heads}</office:master-styles>"),
        meta_xml='<m xmlns:dc="urn:x"><dc:title>Fees of the harbour</dc:title></m>',
    )
    document = read(made(tmp_path, "odt", content))
    assert document.pages[0].text == "A yacht pays more.\nClerk: Alma Trewin"
    assert document.metadata == {"title": "Fees of the harbour"}


def test_styles_made_from_each_other_end(tmp_path: Path) -> None:
    styles = "".join(
        f'<style:style style:name="{name}" style:parent-style-name="{parent}"/>'
        for name, parent in (("A", "B"), ("B", "A"))
    )
    body = '<text:p>A yacht <text:span text:style-name="A">pays</text:span> more.</text:p>'
    document = read(made(tmp_path, "odt", odf("text", body, styles)))
    assert document.pages[0].text == "A yacht pays more."


def test_a_subject_and_keywords_are_read_of_slides_too(tmp_path: Path) -> None:
    deck = Presentation()
    deck.core_properties.subject, deck.core_properties.keywords = "Harbour fees", "yacht; mooring"
    metadata = read(made(tmp_path, "pptx", saved(deck))).metadata
    assert (metadata["subject"], metadata["keywords"]) == ("Harbour fees", "yacht; mooring")
