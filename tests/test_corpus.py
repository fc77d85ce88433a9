"""The corpus: the typeset prospectus holds the extracted text, and the manifest fits both."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
PDF = CORPUS / "prospectus.pdf"
PAGES = range(12)
KINDS = {"prospectus", "case-study", "focus", "web-page"}
NOT_SOURCES = {
    "https://www.midlandsengine.org/newsletter-sign-up/",
    "https://twitter.com/midsengine",
    "http://www.midlandsengine.org",
}


def read_text() -> list[list[str]]:
    """Return the lines of each page of the extracted text; an indented line starts a page."""
    pages: list[list[str]] = []
    for line in (CORPUS / "prospectus.txt").read_text(encoding="utf-8").split("\n"):
        if len(line) > 1 and line[0] == " " and line[1] != " ":
            pages.append([])
        pages[-1].append(line.strip())
    return pages


TEXT = read_text()


def is_address(line: str) -> bool:
    return line.startswith(("http://", "https://"))


def text_addresses(page: int) -> list[str]:
    return [line for line in TEXT[page] if is_address(line)]


def text_words(page: int) -> Counter[str]:
    """Return the words of a page, with the two that the extraction damaged repaired."""
    text = "\n".join(line for line in TEXT[page] if not is_address(line))
    text = text.replace("world-\nleading", "world-leading")
    text = text.replace("@MidsEnginemidlandsengine.org", "@MidsEngine midlandsengine.org")
    return Counter(text.split())


@pytest.fixture(scope="module")
def reader() -> pypdf.PdfReader:
    return pypdf.PdfReader(PDF)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return tomllib.loads((CORPUS / "sources.toml").read_text(encoding="utf-8"))


def test_pages_labels_and_metadata(reader: pypdf.PdfReader) -> None:
    assert len(TEXT) == len(reader.pages) == len(PAGES)
    assert reader.page_labels == [str(number) for number in range(3, 15)]
    about, xmp = reader.metadata, reader.xmp_metadata
    assert about is not None
    assert xmp is not None
    assert (about.title, about.author) == (
        "Midlands Engine Health prospectus",
        "The Midlands Engine",
    )
    assert about.subject == "Copyright © 2021 The Midlands Engine, All rights reserved."
    assert xmp.dc_rights == {"x-default": about.subject}


def test_both_libraries_see_the_words_of_the_text_on_each_page(reader: pypdf.PdfReader) -> None:
    document = pypdfium2.PdfDocument(PDF)
    try:
        for page in PAGES:
            words = reader.pages[page].extract_text().split()
            assert Counter(words) == text_words(page)
            assert document[page].get_textpage().get_text_range().split() == words
    finally:
        document.close()


@pytest.mark.parametrize(
    ("page", "passage"),
    [
        (1, "which generates £26 billion each year for the economy."),
        (1, "• Rapid acceleration of pan-regional data and intelligence • Actively promoting"),
        (2, "Patient Recruitment Centres • Seven leading Medical Schools"),
        (3, "enable resilience within the supply chains that are so critical"),
        (5, "Medical Technologies Innovation Accelerator (MTIA) - Empowering our critical mass"),
        (6, "and world-leading academic ethnic and mental health expertise"),
        (9, "Clinical Trials Delivering clinical trials at scale and pace"),
    ],
)
def test_sentences_torn_by_columns_are_whole(
    reader: pypdf.PdfReader, page: int, passage: str
) -> None:
    assert passage in " ".join(reader.pages[page - 1].extract_text().split())


def test_links_are_those_of_the_text_and_lie_apart_on_their_page(reader: pypdf.PdfReader) -> None:
    assert sum(map(len, map(text_addresses, PAGES))) == 20
    for number, page in enumerate(reader.pages):
        notes = [note.get_object() for note in page.get("/Annots", [])]
        assert [note["/A"]["/URI"] for note in notes] == text_addresses(number)
        width, height = (float(edge) for edge in page.mediabox[2:])
        places = [[float(edge) for edge in note["/Rect"]] for note in notes]
        for at, (left, low, right, top) in enumerate(places):
            assert 0 < left < right < width
            assert 0 < low < top < height
            for other_left, other_low, other_right, other_top in places[:at]:
                beside = right <= other_left or other_right <= left
                assert beside or top <= other_low or other_top <= low


def test_typesetting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, str(CORPUS / "typeset.py"), "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    # Not `==` inside the assert: a failure would print the difference of two long files.
    same = (tmp_path / "prospectus.pdf").read_bytes() == PDF.read_bytes()
    assert same, "prospectus.pdf is not what prospectus.md gives: run corpus/typeset.py"


def test_manifest_is_whole(manifest: dict[str, Any]) -> None:
    assert {"title", "description", "copyright"} <= manifest["corpus"].keys()
    sources = manifest["source"]
    assert len(sources) == 13
    assert len({source["id"] for source in sources}) == 13
    for source in sources:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source["id"])
        assert source["title"]
        assert source["kind"] in KINDS
        assert source["format"] == ("html" if source["kind"] == "web-page" else "pdf")
        assert "url" in source or (CORPUS / source["file"]).is_file()
    assert {source["id"]: source["file"] for source in sources if "file" in source} == {
        "prospectus": "prospectus.pdf"
    }


def test_addresses_of_the_manifest_are_on_their_pages(manifest: dict[str, Any]) -> None:
    pages: dict[str, list[int]] = {}
    for page in PAGES:
        for address in dict.fromkeys(text_addresses(page)):
            if address not in NOT_SOURCES:
                pages.setdefault(address, []).append(page + 1)
    linked = {s["url"]: s["linked_from"] for s in manifest["source"] if "url" in s}
    assert linked == {a: [{"document": "prospectus", "pages": n}] for a, n in pages.items()}
