"""PDFs made with reportlab, read from end to end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import pdf, read_document
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.types import BlockKind, Source
from tests.reading.drawing import MakePdf, ReadPage, all_of, rewritten, text_at
from tests.reading.reading_helpers import of_kind, read

PROSE = [
    "The lighthouse on the North Pier, 42 metres tall, was lit in 1871 and has",
    "guided ships into the harbour ever since; its lamp was changed in 1954.",
]

_prose = text_at(72, 700, *PROSE)


def _empty(canvas: Canvas) -> None:
    canvas.rect(100, 100, 50, 50)


def test_text_has_one_paragraph_with_a_box_for_each_line(read_page: ReadPage) -> None:
    page = read_page(_prose)
    assert page.text == " ".join(PROSE)
    assert of_kind(page, BlockKind.PARAGRAPH) == [page.text]
    assert [line.span.of(page.text) for line in page.lines] == PROSE
    for line, baseline in zip(page.lines, (700, 687), strict=True):
        assert line.box is not None
        left, bottom, right, top = line.box
        assert left == pytest.approx(72, abs=2)
        assert bottom < baseline < top
        assert top - bottom == pytest.approx(10, abs=2)
        assert right > 350


def test_file_is_hashed_and_page_counted(make_pdf: MakePdf) -> None:
    path = make_pdf(_prose, _prose)
    document = read_document(Source("made", "Made", "report", "", path=path))
    assert (document.source.id, document.source.title) == ("made", "Made")
    assert re.fullmatch("[0-9a-f]{64}", document.sha256)
    assert [(page.number, page.label) for page in document.pages] == [(1, "1"), (2, "2")]
    assert document.pages[0].size == pytest.approx((595.28, 841.89), abs=0.1)


def test_a_file_swapped_while_it_is_read_is_refused(
    make_pdf: MakePdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_pdf(_prose)
    read_pdf = pdf.read_pdf

    def swapping(*arguments: Any) -> Any:  # noqa: ANN401 - whatever the reader is called with
        path.write_bytes(path.read_bytes() + b"\n")
        return read_pdf(*arguments)

    monkeypatch.setattr(pdf, "read_pdf", swapping)
    with pytest.raises(ReadingError, match="changed while it was read"):
        read(path)


def test_bullets_are_items_with_their_hanging_lines(read_page: ReadPage) -> None:
    items = (
        ("Accelerating the impact of small firms across", "the region"),
        ("Promoting regional capability and", "Midlands opportunities at scale"),
    )
    drawn = [text_at(72, 700, "We collaborate on the following matters, among others:")]
    for at, lines in enumerate(items):
        drawn += [text_at(72, 687 - 26 * at, "•"), text_at(86, 687 - 26 * at, *lines)]
    assert of_kind(read_page(*drawn), BlockKind.ITEM) == [f"• {' '.join(lines)}" for lines in items]


def test_empty_page_is_kept_and_reported(make_pdf: MakePdf) -> None:
    document = read(make_pdf(_prose, _empty, _prose))
    reason = "no text on the page (a picture or blank)"
    assert [page.problem for page in document.pages] == [None, reason, None]
    assert (document.pages[1].text, document.pages[1].blocks) == ("", ())
    assert document.pages[1].size is not None


def test_links_come_with_their_place_and_metadata_with_its_names(make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("A guide to the harbour")
        canvas.setAuthor("Harbour Board")
        canvas.linkURL("https://example.org/second", (72, 600, 200, 615))
        canvas.linkURL("https://example.org/first", (72, 500, 200, 515))
        canvas.bookmarkPage("here")
        canvas.linkAbsolute("here", "here", (72, 400, 200, 415))

    document = read(make_pdf(all_of(_prose, draw)))
    links = document.pages[0].links
    assert [link.url.rpartition("/")[2] for link in links] == ["second", "first"]
    assert links[0].box == pytest.approx((72, 600, 200, 615))
    assert document.metadata["title"] == "A guide to the harbour"
    assert document.metadata["author"] == "Harbour Board"


def test_ligatures_are_letters(read_page: ReadPage) -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    line = "The \ufb01rst of\ufb01ce was \ufb02ooded in 1953."
    page = read_page(text_at(72, 700, line, font="Vera"))
    assert page.text == "The first office was flooded in 1953."


def test_word_broken_at_a_line_end_is_whole_and_divided_between_lines(read_page: ReadPage) -> None:
    lines = ["The harbour has an inter-", "national name and world-", "leading pilots; the"]
    page = read_page(text_at(72, 700, *lines, "pilots are leading the world in their trade."))
    assert "an international name and world-leading pilots" in page.text
    assert page.lines[0].span.of(page.text) == "The harbour has an inter"
    assert page.lines[1].span.of(page.text) == "national name and world-"


def test_table_rows_have_cells(read_page: ReadPage) -> None:
    rows = [
        ("", "", "2019", "", "2018"),
        ("Net sales", "$", "280,522", "$", "232,887"),
        ("Net income", "$", "11,588", "$", "10,073"),
        ("Interest expense", "", "(1,600)", "", "(1,417)"),
    ]

    def draw(canvas: Canvas) -> None:
        for y, row in zip(range(704, 648, -14), rows, strict=True):
            canvas.drawString(72, y, row[0])
            for x, cell in zip((250, 330, 370, 450), row[1:], strict=True):
                canvas.drawRightString(x, y, cell)

    page = read_page(text_at(72, 740, *PROSE), draw)
    assert of_kind(page, BlockKind.ROW) == ["\t".join(filter(None, row)) for row in rows]


def test_quotes_stand_in_what_other_readers_see(make_pdf: MakePdf) -> None:
    path = make_pdf(_prose, _prose)
    document = read(path)
    others = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    others += [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]
    for page, text in zip((*document.pages, *document.pages), others, strict=True):
        assert re.sub(r"\s+", "", page.text) == re.sub(r"\s+", "", text)


def test_rotated_and_cropped_page_has_boxes_as_displayed(make_pdf: MakePdf) -> None:
    with rewritten(path := make_pdf(_prose)) as writer:
        writer.pages[0].cropbox = pypdf.generic.RectangleObject((50, 100, 595, 841))
    (page,) = read(path).pages
    assert page.size == pytest.approx((545, 741), abs=0.1)
    assert page.lines[0].box is not None
    assert page.lines[0].box[0] == pytest.approx(22, abs=2)
    assert page.lines[0].box[1] < 600 < page.lines[0].box[3]


@pytest.mark.parametrize(
    ("angle", "shift"), [(90, (0, -595)), (180, (-595, -842)), (270, (-842, 0))]
)
def test_page_set_on_its_side_reads_as_displayed(
    make_pdf: MakePdf, angle: int, shift: tuple[int, int]
) -> None:
    def sideways(canvas: Canvas) -> None:
        canvas.rotate(angle)
        canvas.translate(*shift)
        text_at(72, 500, *PROSE)(canvas)

    with rewritten(path := make_pdf(sideways)) as writer:
        writer.pages[0].rotate(angle)
    (page,) = read(path).pages
    assert page.text == " ".join(PROSE)
    first, second = (line.box for line in page.lines)
    assert first is not None
    assert second is not None
    assert first[:2] == pytest.approx((72, 498), abs=3)
    assert second[1] < first[1]


def test_empty_password_opens_a_file_that_only_its_owner_may_change(make_pdf: MakePdf) -> None:
    with rewritten(path := make_pdf(_prose)) as writer:
        writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")
    assert read(path).pages[0].text == " ".join(PROSE)


def _refused(path: Path, content: bytes, message: str) -> None:
    """Check that the file is refused with one line."""
    path.write_bytes(content)
    with pytest.raises(ReadingError, match=rf"{re.escape(path.name)}: {message}") as error:
        read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_truncated_file_is_refused(make_pdf: MakePdf, share: float) -> None:
    content = (path := make_pdf(_prose, _prose, _prose)).read_bytes()
    _refused(path, content[: int(share * len(content))], "the PDF is .*get the file again")


def test_file_cut_after_its_pages_is_refused(make_pdf: MakePdf) -> None:
    content = (path := make_pdf(_prose, _prose)).read_bytes()
    end = content.rindex(b"stream\n", 0, content.rindex(b"endstream"))
    _refused(path, content[:end], "the PDF is cut short")


def test_file_without_its_end_is_refused_where_a_page_has_nothing(make_pdf: MakePdf) -> None:
    content = (path := make_pdf(_prose, _empty)).read_bytes()
    _refused(path, content.replace(b"%%EOF", b""), "the PDF is cut short")
    path.write_bytes(make_pdf(_prose).read_bytes().replace(b"%%EOF", b""))
    assert read(path).pages[0].text == " ".join(PROSE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xff\xd8\xff\xe0" + bytes(100), ".*not a PDF .it is a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ".*not a PDF .it is a PNG picture"),
        (b"hello", ".*not a PDF"),
        (b"%PDF-1.7\n" + b"rubbish " * 500 + b"%%EOF", ".*damaged"),
    ],
)
def test_files_that_are_no_pdf_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    _refused(tmp_path / "wrong.pdf", content, message)


def test_missing_file_and_unknown_format_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=r"none\.pdf: no such file"):
        read(tmp_path / "none.pdf")
    _refused(
        tmp_path / "table.wk1",
        b"x",
        "unknown format 'wk1'; save it as one of pdf, html, md, docx",
    )
    with pytest.raises(ReadingError, match=r"far: its file is not here; fetch it"):
        read_document(Source("far", "Far", "report", "pdf"))


def test_broken_structure_keeps_the_text(
    make_pdf: MakePdf, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def links(canvas: Canvas) -> None:
        canvas.linkURL("https://example.org/", (72, 600, 200, 615))
        canvas.linkURL("https://example.org/flat", (72, 550, 200, 565))
        canvas.linkURL("https://example.org/whole", (72, 500, 200, 515))

    content = (path := make_pdf(all_of(_prose, links))).read_bytes()
    for whole, broken in (
        (b"/URI (https://example.org/)", b"/URI <https://example.org/>"),
        (b"/Rect [ 72 550 200 565 ]", b"/Rect [ 72 550 ]        "),
        (b"/Type /Catalog", b"/Type /Catalog /PageLabels 12"),
    ):
        content = content.replace(whole, broken)
    path.write_bytes(content)
    (page,) = read(path).pages
    assert (page.text, page.label) == (" ".join(PROSE), "1")
    assert [(link.url, link.box) for link in page.links] == [
        ("https://example.org/flat", None),
        ("https://example.org/whole", (72, 500, 200, 515)),
    ]
    assert capfd.readouterr().err == ""
    assert caplog.records == []


def test_picture_has_the_width_asked_for(make_pdf: MakePdf) -> None:
    path = make_pdf(_prose)
    picture = render_page(path, 1, 300)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 300
    assert picture == render_page(path, 1, 300)
    with pytest.raises(ReadingError, match="no page 2; the file has 1"):
        render_page(path, 2, 300)
    with pytest.raises(ReadingError, match="ask for 1 to"):
        render_page(path, 1, 0)
