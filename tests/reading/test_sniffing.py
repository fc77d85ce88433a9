"""Files whose names do not tell the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mehealth_rag.errors import ReadingError
from tests.reading.reading_helpers import read

if TYPE_CHECKING:
    from pathlib import Path

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))


ENDINGS = ("pdf", "docx", "html", "md", "txt")
REFUSED = [
    *((ending, JPEG, r"not a .*\(it is a JPEG picture\); get ") for ending in ENDINGS),
    *((ending, b"%PDF-1.7\n1 0 obj", r"\(it is a PDF\); give the file the ending \.pdf")
      for ending in ENDINGS[1:]),
    *((ending, b"", r"the file is empty \(zero bytes\); get it again") for ending in ENDINGS),
    ("docx", b"PK\x03\x04" + bytes(40), "not a Word document .it is a ZIP archive"),
]  # fmt: skip


@pytest.mark.parametrize(("ending", "content", "why"), REFUSED)
def test_what_a_file_is_in_truth_is_told(
    tmp_path: Path, ending: str, content: bytes, why: str
) -> None:
    path = tmp_path / f"harbour.{ending}"
    path.write_bytes(content)
    with pytest.raises(ReadingError, match=rf"harbour\.{ending}: .*{why}"):
        read(path)


def test_text_about_a_pdf_or_a_web_page_is_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("<!DOCTYPE html> begins a web page, and %PDF-1.7 a PDF.", encoding="utf-8")
    assert read(path).pages[0].text.endswith("and %PDF-1.7 a PDF.")
