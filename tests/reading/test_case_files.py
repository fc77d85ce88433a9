"""Small files that were once read wrongly, each for a kind of file that people have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mehealth_rag.reading import ReadingOptions, read_document
from mehealth_rag.reading.faults import GARBAGE
from mehealth_rag.types import Fault
from tests.reading.reading_helpers import check_invariants, read, source

CASES = Path(__file__).parent / "cases"


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


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_it_is_read_by_ocr_where_that_can_be() -> None:
    options = ReadingOptions(tesseract="5", ocr_languages="eng")
    (page,) = read_document(source(CASES / "cid_notounicode.pdf"), options).pages
    assert page.fault is Fault.OCR
    assert "The boatman is Caspar Ellwood" in page.text
