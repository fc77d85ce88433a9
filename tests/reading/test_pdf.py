"""PDFs made with reportlab, read from end to end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pypdfium2
import pytest
from pypdf.constants import PageLabelStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import pdf, read_document
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.types import BlockKind, Source
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

PROSE = [
    "The lighthouse on the North Pier, 42 metres tall, was lit in 1871 and has",
    "guided ships into the harbour ever since; its lamp was changed in 1954.",
]


def _prose(canvas: Canvas) -> None:
    lines_at(canvas, (72, 700), PROSE)


def test_text_has_one_paragraph_with_a_box_for_each_line(make_pdf: Maker) -> None:
    document = read(make_pdf(_prose))
    (page,) = document.pages
    assert page.text == " ".join(PROSE)
    assert [block.kind for block in page.blocks] == [BlockKind.PARAGRAPH]
    assert [line.span.of(page.text) for line in page.lines] == PROSE
    for line, baseline in zip(page.lines, (700, 687), strict=True):
        assert line.box is not None
        left, bottom, right, top = line.box
        assert left == pytest.approx(72, abs=2)
        assert bottom < baseline < top
        assert top - bottom == pytest.approx(10, abs=2)
        assert right > 350
    check_invariants(page)


def test_file_is_hashed_and_page_counted(make_pdf: Maker) -> None:
    document = read(make_pdf(_prose, _prose))
    assert re.fullmatch("[0-9a-f]{64}", document.sha256)
    assert [(page.number, page.label) for page in document.pages] == [(1, "1"), (2, "2")]
    assert document.pages[0].size == pytest.approx((595.28, 841.89), abs=0.1)


def test_a_file_swapped_while_it_is_read_is_refused(
    make_pdf: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_pdf(_prose)
    whole = path.read_bytes()
    read_pdf = pdf.read_pdf

    def swapping(*given: Any) -> Any:  # noqa: ANN401 - whatever the reader is given
        path.write_bytes(whole + b"\n")
        return read_pdf(*given)

    monkeypatch.setattr(pdf, "read_pdf", swapping)
    with pytest.raises(ReadingError, match="changed while it was read"):
        read(path)


def test_bullets_are_items_with_their_hanging_lines(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, (72, 700), ["We collaborate on the following matters, among others:"])
        for first, second in (
            ("Accelerating the impact of small firms across", "the region"),
            ("Promoting regional capability and", "Midlands opportunities at scale"),
        ):
            canvas.drawString(72, y, "•")
            canvas.drawString(86, y, first)
            canvas.drawString(86, y - 13, second)
            y -= 26

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ITEM) == [
        "• Accelerating the impact of small firms across the region",
        "• Promoting regional capability and Midlands opportunities at scale",
    ]


def test_empty_page_is_kept_and_told(make_pdf: Maker) -> None:
    def square(canvas: Canvas) -> None:
        canvas.rect(100, 100, 50, 50)

    document = read(make_pdf(_prose, square, _prose))
    assert [page.problem for page in document.pages] == [
        None,
        "no text on the page (a picture or blank)",
        None,
    ]
    assert document.pages[1].text == ""
    assert document.pages[1].blocks == ()
    assert document.pages[1].size is not None


def test_roman_labels_are_the_printed_numbers(make_pdf: Maker, tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose, _prose, _prose))
    writer.set_page_label(0, 1, style=PageLabelStyle.LOWERCASE_ROMAN, start=3)
    writer.set_page_label(2, 2, style=PageLabelStyle.DECIMAL, start=1)
    path = tmp_path / "labels.pdf"
    writer.write(path)
    assert [page.label for page in read(path).pages] == ["iii", "iv", "1"]


def test_links_come_with_their_place(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        _prose(canvas)
        canvas.linkURL("https://example.org/second", (72, 600, 200, 615))
        canvas.linkURL("https://example.org/first", (72, 500, 200, 515))
        canvas.bookmarkPage("here")
        canvas.linkAbsolute("here", "here", (72, 400, 200, 415))

    (page,) = read(make_pdf(draw)).pages
    assert [link.url for link in page.links] == [
        "https://example.org/second",
        "https://example.org/first",
    ]
    assert page.links[0].box == pytest.approx((72, 600, 200, 615))


def test_metadata_is_read(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("A guide to the harbour")
        canvas.setAuthor("Harbour Board")
        _prose(canvas)

    metadata = read(make_pdf(draw)).metadata
    assert metadata["title"] == "A guide to the harbour"
    assert metadata["author"] == "Harbour Board"


def test_ligatures_are_letters(make_pdf: Maker) -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Vera", 10)
        canvas.drawString(72, 700, "The \ufb01rst of\ufb01ce was \ufb02ooded in 1953.")

    (page,) = read(make_pdf(draw)).pages
    assert page.text == "The first office was flooded in 1953."


def test_word_broken_at_a_line_end_is_whole_and_divided_between_lines(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        lines = ["The harbour has an inter-", "national name and world-", "leading pilots; the"]
        lines += ["pilots are leading the world in their trade."]
        lines_at(canvas, (72, 700), lines)

    (page,) = read(make_pdf(draw)).pages
    assert "an international name and world-leading pilots" in page.text
    assert page.lines[0].span.of(page.text) == "The harbour has an inter"
    assert page.lines[1].span.of(page.text) == "national name and world-"
    check_invariants(page)


def test_table_rows_have_cells(make_pdf: Maker) -> None:
    rows = [
        ("", "", "2019", "", "2018"),
        ("Net sales", "$", "280,522", "$", "232,887"),
        ("Net income", "$", "11,588", "$", "10,073"),
        ("Interest expense", "", "(1,600)", "", "(1,417)"),
    ]

    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, (72, 740), PROSE) - 10
        canvas.setFont("Helvetica", 10)
        for row in rows:
            for x, cell in zip((72, 250, 330, 370, 450), row, strict=True):
                (canvas.drawString if x == 72 else canvas.drawRightString)(x, y, cell)
            y -= 14

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "2019\t2018",
        "Net sales\t$\t280,522\t$\t232,887",
        "Net income\t$\t11,588\t$\t10,073",
        "Interest expense\t(1,600)\t(1,417)",
    ]


def test_quotes_stand_in_what_other_readers_see(make_pdf: Maker) -> None:
    path = make_pdf(_prose, _prose)
    document = read(path)
    others = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    others += [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]
    for page, text in zip((*document.pages, *document.pages), others, strict=True):
        assert re.sub(r"\s+", "", page.text) == re.sub(r"\s+", "", text)


def test_rotated_and_cropped_page_has_boxes_as_displayed(make_pdf: Maker, tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose))
    writer.pages[0].cropbox = pypdf.generic.RectangleObject((50, 100, 595, 841))
    cropped = tmp_path / "cropped.pdf"
    writer.write(cropped)
    (page,) = read(cropped).pages
    assert page.size == pytest.approx((545, 741), abs=0.1)
    assert page.lines[0].box is not None
    assert page.lines[0].box[0] == pytest.approx(22, abs=2)
    assert page.lines[0].box[1] < 600 < page.lines[0].box[3]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_page_set_on_its_side_reads_as_displayed(
    make_pdf: Maker, tmp_path: Path, angle: int
) -> None:
    def sideways(canvas: Canvas) -> None:
        canvas.rotate(angle)
        shift = {90: (0, -595), 180: (-595, -842), 270: (-842, 0)}[angle]
        canvas.translate(*shift)
        lines_at(canvas, (72, 500), PROSE)

    writer = pypdf.PdfWriter(clone_from=make_pdf(sideways))
    writer.pages[0].rotate(angle)
    path = tmp_path / "turned.pdf"
    writer.write(path)
    (page,) = read(path).pages
    assert page.text == " ".join(PROSE)
    first, second = (line.box for line in page.lines)
    assert first is not None
    assert second is not None
    assert first[:2] == pytest.approx((72, 498), abs=3)
    assert second[1] < first[1]


def test_aes_with_an_empty_password_is_read(make_pdf: Maker, tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")
    path = tmp_path / "aes.pdf"
    writer.write(path)
    assert read(path).pages[0].text == " ".join(PROSE)


def test_a_password_is_said(make_pdf: Maker, tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose))
    writer.encrypt(user_password="secret", algorithm="AES-256")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    with pytest.raises(ReadingError, match=r"locked\.pdf: .*password; .*or save a copy without"):
        read(path)


def test_truncated_file_is_refused(make_pdf: Maker, tmp_path: Path) -> None:
    content = make_pdf(_prose, _prose, _prose).read_bytes()
    for share in (0.1, 0.3, 0.5, 0.8):
        path = tmp_path / "cut.pdf"
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ReadingError, match=r"cut\.pdf: the PDF is .*get the file again") as e:
            read(path)
        assert "\n" not in str(e.value)


def test_file_cut_after_its_pages_is_refused(make_pdf: Maker, tmp_path: Path) -> None:
    whole = make_pdf(_prose, _prose)
    content = whole.read_bytes()
    path = tmp_path / "short.pdf"
    path.write_bytes(content[: content.rindex(b"stream\n", 0, content.rindex(b"endstream"))])
    with pytest.raises(ReadingError, match=r"short\.pdf: the PDF is cut short"):
        read(path)


def test_file_without_its_end_is_refused_where_a_page_has_nothing(
    make_pdf: Maker, tmp_path: Path
) -> None:
    def empty(canvas: Canvas) -> None:
        canvas.rect(100, 100, 50, 50)

    path = tmp_path / "short.pdf"
    path.write_bytes(make_pdf(_prose, empty).read_bytes().replace(b"%%EOF", b""))
    with pytest.raises(ReadingError, match=r"short\.pdf: the PDF is cut short"):
        read(path)
    path.write_bytes(make_pdf(_prose).read_bytes().replace(b"%%EOF", b""))
    assert read(path).pages[0].text == " ".join(PROSE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not a PDF .it is a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a PDF .it is a PNG picture"),
        (b"hello", "not a PDF"),
        (b"%PDF-1.7\n" + b"rubbish " * 500 + b"%%EOF", "damaged"),
    ],
)
def test_files_that_are_no_pdf_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "wrong.pdf"
    path.write_bytes(content)
    with pytest.raises(ReadingError, match=rf"wrong\.pdf: .*{message}") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_missing_file_and_unknown_format_are_said(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=r"none\.pdf: no such file"):
        read(tmp_path / "none.pdf")
    path = tmp_path / "table.wk1"
    path.write_bytes(b"x")
    with pytest.raises(
        ReadingError, match=r"unknown format 'wk1'; save it as one of pdf, html, md, docx"
    ):
        read(path)
    far = Source("far", "Far", "report", "pdf")
    with pytest.raises(ReadingError, match=r"far: its file is not here; fetch it"):
        read_document(far)


def test_broken_structure_keeps_the_text(
    make_pdf: Maker,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def draw(canvas: Canvas) -> None:
        _prose(canvas)
        canvas.linkURL("https://example.org/", (72, 600, 200, 615))
        canvas.linkURL("https://example.org/flat", (72, 550, 200, 565))
        canvas.linkURL("https://example.org/whole", (72, 500, 200, 515))

    content = make_pdf(draw).read_bytes()
    content = content.replace(b"/URI (https://example.org/)", b"/URI <https://example.org/>")
    content = content.replace(b"/Rect [ 72 550 200 565 ]", b"/Rect [ 72 550 ]        ")
    content = content.replace(b"/Type /Catalog", b"/Type /Catalog /PageLabels 12")
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    (page,) = read(path).pages
    assert page.text == " ".join(PROSE)
    assert page.label == "1"
    assert [(link.url, link.box) for link in page.links] == [
        ("https://example.org/flat", None),
        ("https://example.org/whole", (72, 500, 200, 515)),
    ]
    assert capfd.readouterr().err == ""
    assert caplog.records == []


def test_picture_has_the_width_asked_for(make_pdf: Maker) -> None:
    path = make_pdf(_prose)
    picture = render_page(path, 1, 300)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 300
    assert picture == render_page(path, 1, 300)
    with pytest.raises(ReadingError, match="no page 2; the file has 1"):
        render_page(path, 2, 300)
    with pytest.raises(ReadingError, match="ask for 1 to"):
        render_page(path, 1, 0)


def test_source_without_format_goes_by_its_suffix(make_pdf: Maker) -> None:
    path = make_pdf(_prose)
    plain = Source("made", "Made", "report", "", path=path)
    document = read_document(plain)
    assert (document.source.id, document.source.title) == ("made", "Made")
    assert document.pages[0].text == " ".join(PROSE)
