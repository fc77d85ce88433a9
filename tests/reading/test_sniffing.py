"""Files whose names do not tell the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mehealth_rag.errors import ReadingError
from tests.reading.reading_helpers import read

if TYPE_CHECKING:
    from pathlib import Path

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))


@pytest.mark.parametrize("ending", ["pdf", "docx", "html", "md", "txt"])
def test_renamed_picture_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"harbour.{ending}"
    path.write_bytes(JPEG)
    with pytest.raises(ReadingError, match=r"harbour\.\w+: not a .*\(it is a JPEG picture\); get "):
        read(path)


@pytest.mark.parametrize("ending", ["docx", "html", "md", "txt"])
def test_pdf_under_another_ending_is_told_with_the_right_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"harbour.{ending}"
    path.write_bytes(b"%PDF-1.7\n1 0 obj")
    with pytest.raises(ReadingError, match=r"\(it is a PDF\); give the file the ending \.pdf"):
        read(path)


def test_plain_zip_is_no_word_document(tmp_path: Path) -> None:
    path = tmp_path / "harbour.docx"
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ReadingError, match=r"not a Word document .it is a ZIP archive"):
        read(path)


@pytest.mark.parametrize("ending", ["pdf", "docx", "html", "md", "txt"])
def test_empty_file_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"harbour.{ending}"
    path.touch()
    with pytest.raises(ReadingError, match=r"the file is empty \(zero bytes\); get it again"):
        read(path)


def test_text_about_a_pdf_or_a_web_page_is_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("<!DOCTYPE html> begins a web page, and %PDF-1.7 a PDF.", encoding="utf-8")
    assert read(path).pages[0].text.endswith("and %PDF-1.7 a PDF.")


@pytest.mark.parametrize("name", ["Häfen 🚢 & Boote.txt", "a'b\"c;d.txt", "-rf.txt", "$(date).txt"])
def test_odd_names_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("The ferry rests on Sundays.", encoding="utf-8")
    assert read(path).pages[0].text == "The ferry rests on Sundays."


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "cp1252"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "fees.txt"
    path.write_bytes("A yacht pays £300 – a café less.".encode(encoding))
    assert read(path).pages[0].text == "A yacht pays £300 – a café less."
