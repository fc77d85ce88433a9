"""What is wrong with pages: blank, pictures, garbage, locked files; and pictures read by OCR."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import PLAIN, ReadingOptions, read_document
from mehealth_rag.reading.faults import GARBAGE, is_garbage
from mehealth_rag.reading.ocr import installed
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.types import BlockKind, Fault
from tests.reading.drawing import (
    BOLD,
    MakePdf,
    ReadPage,
    all_of,
    picture,
    rendered,
    rewritten,
    text_at,
)
from tests.reading.reading_helpers import check_invariants, needs_tesseract, of_kind, read, source

CASES = Path(__file__).parent / "cases"
WORDS = [
    "The lighthouse on the North Pier is 42 metres tall.",
    "It was lit in 1871 and has guided ships ever since.",
]

_prose = all_of(text_at(72, 740, "The North Pier", font=BOLD, size=18), text_at(72, 700, *WORDS))


@pytest.fixture
def scan(make_pdf: MakePdf, tmp_path: Path) -> Path:
    """A page of prose, and the same page as nothing but a picture of it."""
    scanned = picture(rendered(make_pdf(_prose, name="plain.pdf")), tmp_path)
    return make_pdf(_prose, scanned, name="scan.pdf")


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (PLAIN, "set ocr_languages to have it read by Tesseract"),
        (ReadingOptions(ocr_languages="eng"), "install Tesseract to have it read"),
        pytest.param(
            ReadingOptions(ocr_languages="eng+tlh", tesseract="5"),
            "Tesseract lacks the language tlh: install it",
            marks=needs_tesseract,
        ),
    ],
)
def test_picture_is_reported_with_its_remedy(
    scan: Path, options: ReadingOptions, remedy: str
) -> None:
    first, second = read_document(source(scan), options).pages
    assert (first.problem, first.fault) == (None, None)
    assert (second.problem, second.fault) == (f"only a picture; {remedy}", Fault.PICTURE)
    assert second.text == ""


@needs_tesseract
def test_picture_is_read_by_ocr_with_boxes_where_the_words_stand(scan: Path) -> None:
    options = ReadingOptions(ocr_languages="eng", tesseract=installed())
    plain, page = read_document(source(scan), options).pages
    assert (page.text, page.fault) == (plain.text, Fault.OCR)
    assert of_kind(page, BlockKind.HEADING) == ["The North Pier"]
    assert (Fault.OCR.unread, Fault.PICTURE.unread) == (False, True)
    check_invariants(page)
    for ours, real in zip(page.lines, plain.lines, strict=True):
        assert ours.box == pytest.approx(real.box, abs=4)


@needs_tesseract
def test_picture_without_words_is_not_called_unread(make_pdf: MakePdf, tmp_path: Path) -> None:
    path = make_pdf(picture(Image.linear_gradient("L"), tmp_path))
    options = ReadingOptions(ocr_languages="eng", tesseract="5")
    (page,) = read_document(source(path), options).pages
    assert page.problem == "a picture in which Tesseract finds no words"
    assert page.fault is Fault.BLANK


def test_white_scan_is_blank(read_page: ReadPage, tmp_path: Path) -> None:
    page = read_page(picture(Image.new("L", (200, 300), 253), tmp_path))
    assert page.fault is Fault.BLANK


def test_words_drawn_as_outlines_are_apicture(read_page: ReadPage) -> None:
    def outlines(canvas: Canvas) -> None:
        for at in range(80):
            canvas.line(72 + 5 * at, 700, 74 + 5 * at, 710)

    assert read_page(outlines).fault is Fault.PICTURE


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
def test_garbage_is_distinguished_from_text(text: str, garbage: bool) -> None:
    assert is_garbage(text) is garbage


def test_garbage_page_of_a_text_file_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "fees.txt"
    path.write_text("A yacht pays £300.\f" + "\ufffd\ue000" * 60, encoding="utf-8")
    good, bad = read(path).pages
    assert good.problem is None
    assert (bad.text, bad.blocks, bad.fault) == ("", (), Fault.GARBAGE)


def test_bare_codes_of_ligatures_are_read() -> None:
    (page,) = read(CASES / "texlig.pdf").pages
    assert page.text == (
        "The office is on the first floor. The final figure for staff is sufficient."
    )
    check_invariants(page)


def test_a_font_that_does_not_say_what_its_letters_are_is_reported() -> None:
    (page,) = read(CASES / "cid_notounicode.pdf").pages
    assert (page.text, page.fault) == ("", Fault.GARBAGE)
    assert str(page.problem).startswith(GARBAGE)


@needs_tesseract
def test_it_is_read_by_ocr_where_that_can_be() -> None:
    options = ReadingOptions(tesseract="5", ocr_languages="eng")
    (page,) = read_document(source(CASES / "cid_notounicode.pdf"), options).pages
    assert page.fault is Fault.OCR
    assert "The boatman is Caspar Ellwood" in page.text


@pytest.fixture
def locked(make_pdf: MakePdf) -> Path:
    with rewritten(path := make_pdf(_prose, name="locked.pdf")) as writer:
        writer.set_page_label(0, 0, prefix="A-", start=1)
        writer.encrypt(user_password="sésame", algorithm="AES-256")
    return path


def test_locked_file_opens_with_one_of_the_passwords(locked: Path) -> None:
    options = ReadingOptions(passwords=("wrong", "sésame"))
    (page,) = read_document(source(locked), options).pages
    assert page.text.endswith("ships ever since.")
    assert page.label.startswith("A-")
    assert render_page(locked, 1, 100, options.passwords).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("passwords", "message"),
    [
        (("wrong", "worse"), "none of the 2 passwords given opens it; put its password into"),
        ((), "locked with a password; put its password into .*, or save a copy without one"),
    ],
)
def test_locked_file_without_its_password_is_one_line(
    locked: Path, passwords: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ReadingError, match=rf"locked\.pdf: .*{message}"):
        read_document(source(locked), ReadingOptions(passwords=passwords))


def test_what_the_text_depends_on_is_in_the_version() -> None:
    plain = ReadingOptions(ocr_languages="eng")
    assert plain.version(7) == 7
    read_by = ReadingOptions(ocr_languages="eng", tesseract="5.3.0 eng")
    german = ReadingOptions(ocr_languages="deu", tesseract="5.3.0 eng")
    opened = ReadingOptions(passwords=("secret",), ocr_languages="eng")
    versions = {o.version(7) for o in (plain, read_by, german, opened)}
    assert len(versions) == 4
    assert ReadingOptions(ocr_languages="none", tesseract="5.3.0 eng").version(7) == 7
