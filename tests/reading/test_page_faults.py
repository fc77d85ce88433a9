"""What is wrong with pages: blank, pictures, garbage, locked files; and pictures read by OCR."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pypdfium2
import pytest

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import ReadingOptions, read_document
from mehealth_rag.reading.faults import is_garbage
from mehealth_rag.reading.ocr import installed
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.types import BlockKind, Fault
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read, source

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

WORDS = [
    "The lighthouse on the North Pier is 42 metres tall.",
    "It was lit in 1871 and has guided ships ever since.",
]
needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed"
)


def _prose(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(72, 740, "The North Pier")
    lines_at(canvas, (72, 700), WORDS)


@pytest.fixture
def scan(make_pdf: Maker, tmp_path: Path) -> Path:
    """A page of prose, and the same page as nothing but a picture of it."""
    plain = pypdfium2.PdfDocument(make_pdf(_prose, name="plain.pdf"))
    plain[0].render(scale=200 / 72, grayscale=True).to_pil().save(tmp_path / "page.png")
    plain.close()

    def picture(canvas: Canvas) -> None:
        canvas.drawImage(str(tmp_path / "page.png"), 0, 0, 595.28, 841.89)

    return make_pdf(_prose, picture, name="scan.pdf")


def _options() -> ReadingOptions:
    return ReadingOptions(ocr_languages="eng", tesseract=installed())


def test_picture_is_told_with_what_would_help(scan: Path) -> None:
    without = ReadingOptions(ocr_languages="eng", tesseract="")
    first, second = read_document(source(scan), without).pages
    assert (first.problem, first.fault) == (None, None)
    assert second.problem == "only a picture; install Tesseract to have it read"
    assert second.fault is Fault.PICTURE
    assert second.fault.unread
    assert second.text == ""


def test_ocr_can_be_turned_off(scan: Path) -> None:
    second = read(scan).pages[1]
    assert second.problem == "only a picture; set ocr_languages to have it read by Tesseract"


@needs_tesseract
def test_picture_is_read_by_ocr_with_boxes_where_the_words_stand(scan: Path) -> None:
    plain, page = read_document(source(scan), _options()).pages
    assert page.text == plain.text
    assert of_kind(page, BlockKind.HEADING) == ["The North Pier"]
    assert page.fault is Fault.OCR
    assert not page.fault.unread
    check_invariants(page)
    for ours, real in zip(page.lines, plain.lines, strict=True):
        assert ours.box == pytest.approx(real.box, abs=4)


@needs_tesseract
def test_missing_language_is_told(scan: Path) -> None:
    options = ReadingOptions(ocr_languages="eng+tlh", tesseract=installed())
    second = read_document(source(scan), options).pages[1]
    assert second.problem == "only a picture; Tesseract lacks the language tlh: install it"


@needs_tesseract
def test_picture_without_words_is_not_called_unread(make_pdf: Maker, tmp_path: Path) -> None:
    from PIL import Image

    Image.linear_gradient("L").save(tmp_path / "sky.png")

    def sky(canvas: Canvas) -> None:
        canvas.drawImage(str(tmp_path / "sky.png"), 0, 0, 595, 842)

    (page,) = read_document(source(make_pdf(sky)), _options()).pages
    assert page.problem == "a picture in which Tesseract finds no words"
    assert page.fault is Fault.BLANK


def test_white_scan_is_blank(make_pdf: Maker, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (200, 300), 253).save(tmp_path / "white.png")

    def white(canvas: Canvas) -> None:
        canvas.drawImage(str(tmp_path / "white.png"), 0, 0, 595, 842)

    (page,) = read(make_pdf(white)).pages
    assert page.fault is Fault.BLANK


def test_words_drawn_as_outlines_are_a_picture(make_pdf: Maker) -> None:
    def outlines(canvas: Canvas) -> None:
        for at in range(80):
            canvas.line(72 + 5 * at, 700, 74 + 5 * at, 710)

    (page,) = read(make_pdf(outlines)).pages
    assert page.fault is Fault.PICTURE


@pytest.mark.parametrize(
    ("text", "garbage"),
    [
        ("The lighthouse is 42 metres tall. " * 10, False),
        ("\ufffd\ufffd\ufffd a \ufffd\ufffd " * 10, True),
        ("\ue001\ue002\ue003 \ue004 " * 20, True),
        ("!\"#$%&'()*+,-./:;<=>?@ a1 " * 20, True),
        ("Revenue . . . . . . . . . . . . . . . 42\n" * 20, False),
        ("— — — — $ — — — — —\n" * 5 + "Total 1,234 5,678 (91) 23% 45\n" * 9, False),
        ("\uf0b7 walkers \uf0b7 bicycles \uf0b7 dogs on a lead " * 5, False),
        ("हिन्दी में लिखा हुआ पाठ यहाँ है और पढ़ा जा सकता है। " * 8, False),
        ("港の案内。灯台の高さは四十二メートルです。" * 12, False),
        ("\ufffd", False),
    ],
)
def test_garbage_is_told_from_text(text: str, garbage: bool) -> None:
    assert is_garbage(text) is garbage


def test_garbage_page_of_a_text_file_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "fees.txt"
    path.write_text("A yacht pays £300.\f" + "\ufffd\ue000" * 60, encoding="utf-8")
    good, bad = read(path).pages
    assert good.problem is None
    assert bad.fault is Fault.GARBAGE
    assert (bad.text, bad.blocks) == ("", ())


@pytest.fixture
def locked(make_pdf: Maker, tmp_path: Path) -> Path:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose, name="open.pdf"))
    writer.set_page_label(0, 0, prefix="A-", start=1)
    writer.encrypt(user_password="sésame", algorithm="AES-256")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    return path


def test_locked_file_opens_with_one_of_the_passwords(locked: Path) -> None:
    options = ReadingOptions(passwords=("wrong", "sésame"))
    (page,) = read_document(source(locked), options).pages
    assert page.text.endswith("ships ever since.")
    assert page.label.startswith("A-")
    assert render_page(locked, 1, 100, options.passwords).startswith(b"\x89PNG")


def test_locked_file_without_its_password_is_one_line(locked: Path) -> None:
    options = ReadingOptions(passwords=("wrong", "worse"))
    with pytest.raises(ReadingError, match=r"none of the 2 passwords given opens it; put its"):
        read_document(source(locked), options)
    with pytest.raises(ReadingError, match=r"locked with a password; put its password into"):
        read(locked)


def test_empty_password_opens_a_file_that_only_its_owner_may_change(
    make_pdf: Maker, tmp_path: Path
) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(_prose))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")
    path = tmp_path / "owned.pdf"
    writer.write(path)
    assert read(path).pages[0].text.startswith("The North Pier")


def test_what_the_text_depends_on_is_in_the_version() -> None:
    plain = ReadingOptions(ocr_languages="eng")
    assert plain.version(7) == 7
    read_by = ReadingOptions(ocr_languages="eng", tesseract="5.3.0 eng")
    german = ReadingOptions(ocr_languages="deu", tesseract="5.3.0 eng")
    opened = ReadingOptions(passwords=("secret",), ocr_languages="eng")
    versions = {o.version(7) for o in (plain, read_by, german, opened)}
    assert len(versions) == 4
    assert ReadingOptions(ocr_languages="none", tesseract="5.3.0 eng").version(7) == 7
