"""Titles and dates: those that documents give themselves, never those of their files."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import Workbook
from pptx import Presentation

from mehealth_rag.language.dates import as_of, iso_date
from mehealth_rag.passages.splitting import split
from mehealth_rag.reading import read_document
from mehealth_rag.reading.describing import is_title, with_distinct_title
from mehealth_rag.types import Source
from tests.reading.drawing import Draw, MakePdf, all_of, rewritten, text_at
from tests.reading.made_files import epub
from tests.reading.reading_helpers import source

MADE = datetime.datetime(2021, 3, 4, tzinfo=datetime.UTC)
MARCH = "2021-03-04"
FULL = "Harbour rules in full"
TEXT = "The harbour is open all year, and a berth is let for a season or a month at a time."
PROSE = (10.0, TEXT)
RULES = (24.0, "Harbour rules")


def own(path: Path) -> Source:
    """The source of a file in a folder without a manifest, as reading it leaves it."""
    return read_document(replace(source(path), guessed=True)).source


def page_of(*lines: tuple[float, str]) -> Draw:
    """A page of lines (size, text), and the prose below."""
    drawn: list[Draw] = []
    y = 780.0
    for size, text in (*lines, PROSE):
        drawn.append(text_at(60, y, text, size=size))
        y -= 2.2 * size
    return all_of(*drawn)


def with_metadata(path: Path, entries: Mapping[str, str]) -> Path:
    """The PDF with only these entries of metadata."""
    with rewritten(path) as writer:
        writer.metadata = {f"/{name}": text for name, text in entries.items()}
    return path


def html(path: Path, head: str, body: str = "") -> Path:
    body = f"<main><h1>Rules</h1>{body}<p>{TEXT}</p></main>"
    path.write_text(f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text", ["Rules of the harbour", "Annual report 2021", "Nachhaltigkeitsbericht", "Form 10-K"]
)
def test_what_is_a_title(text: str) -> None:
    assert is_title(text)


@pytest.mark.parametrize(
    "text",
    [
        "untitled", "Untitled-1", "(anonymous)", "Microsoft Word - rules v3.doc", "rules_final.pdf",
        "Document1", "Word Document", "PowerPoint Presentation", "Company report template",
        "Normal.dotm", "D:\\docs\\rules", "2021-04", "Rules", "harbour_rules_2021", "Title",
        "New document 3", "1 2 3", "þÿ\ufffd rules",
    ],
)  # fmt: skip
def test_what_is_no_title(text: str) -> None:
    assert not is_title(text)


@pytest.mark.parametrize(
    ("lines", "metadata", "title"),
    [
        ([(24, "Welcome")], {"Title": "Rules of the harbour"}, "Rules of the harbour"),
        ([RULES], {"Title": "untitled"}, "Harbour rules"),
        ([RULES], {"Title": "rules-2.indd"}, "Harbour rules"),
        ([(14, "Wexcombe Council"), RULES], {}, "Harbour rules"),
        ([(24, "March 2021"), (18, "Harbour rules")], {}, "Harbour rules"),
        ([], {}, "made"),
    ],
)
def test_title_of_a_pdf(
    make_pdf: MakePdf, lines: Sequence[tuple[float, str]], metadata: Mapping[str, str], title: str
) -> None:
    assert own(with_metadata(make_pdf(page_of(*lines)), metadata)).title == title


def test_a_running_head_is_a_title_where_nothing_else_is(make_pdf: MakePdf) -> None:
    head = "Wexcombe Council – Minutes of 4 March 2025"
    heads = [text_at(60, 810, f"{head} – Page {number} of 3") for number in (1, 2, 3)]
    texts = [text_at(60, 700, f"Item {number} was agreed by all.") for number in (1, 2, 3)]
    described = own(make_pdf(*map(all_of, heads, texts)))
    assert (described.title, described.dated) == (head, "2025-03-04")


def test_a_title_of_the_manifest_stays(make_pdf: MakePdf) -> None:
    named = replace(source(make_pdf(page_of(RULES))), title="The rules")
    assert read_document(named).source.title == "The rules"


def test_documents_of_one_title_are_told_apart(make_pdf: MakePdf) -> None:
    path = make_pdf(page_of(RULES), name="x7_2024.pdf")
    document = read_document(replace(source(path), guessed=True))
    titles = {"Harbour rules"}
    document, passages = with_distinct_title(document, split(document), titles)
    assert document.source.title == "Harbour rules (x7 2024)"
    assert {p.title for p in passages} == {"Harbour rules (x7 2024)"} <= titles
    named = replace(document, source=replace(document.source, guessed=False))
    assert with_distinct_title(named, passages, titles)[0] == named


@pytest.mark.parametrize(
    ("metadata", "head", "line", "dated"),
    [
        ({}, "Rules", "March 2021", "2021-03"),
        ({}, "Rules", "Published 4 May 2020", "2020-05-04"),
        ({}, "Rules", "Last updated: May 4th, 2020", "2020-05-04"),
        ({}, "Rules", "London, 4 May 2020", "2020-05-04"),
        ({}, "Rules", "Version 2 | Reviewed 2020-05-04", "2020-05-04"),
        ({}, "Rules", "Date: 04.05.2020", "2020-05-04"),
        ({}, "Rules", "As of 31 December 2020", "2020-12-31"),
        ({}, "Rules", "Valid until 30 June 2026", None),
        ({}, "Rules", "The pier opened on 4 May 1920 and closed in March 1987.", None),
        ({}, "Rules", "Published 4/5/2020", None),
        ({}, "Rules", "31 February 2021", None),
        ({}, "Rules", "Tel. 01234 567890", None),
        ({}, "Newsletter, March 2021", TEXT, "2021-03"),
        ({}, "Minutes of 4 March 2025", TEXT, "2025-03-04"),
        ({}, "Summer fair 12 July 2025", TEXT, None),
        ({}, "Strategy to March 2030", TEXT, None),
        ({"CreationDate": "D:20210304101500+00'00'"}, "Rules", TEXT, "2021-03-04"),
        (
            {"CreationDate": "D:20000101000000", "ModDate": "D:20210304"},
            "Rules",
            TEXT,
            "2021-03-04",
        ),
        ({"CreationDate": "D:20240101000000"}, "Rules", "March 2021", "2021-03"),
        ({"CreationDate": "D:99999999"}, "Rules", TEXT, None),
    ],
)
def test_date_of_a_pdf(
    make_pdf: MakePdf, metadata: Mapping[str, str], head: str, line: str, dated: str | None
) -> None:
    path = with_metadata(make_pdf(page_of((24, head), (10, line))), metadata)
    assert own(path).dated == dated


def changed(path: Path, name: str, old: str, new: bytes) -> None:
    """Change a file in a package by a pattern."""
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
    files[name] = re.sub(old.encode(), new, files[name])
    with zipfile.ZipFile(path, "w") as package:
        for file, content in files.items():
            package.writestr(file, content)


def _office(make: Callable[[], Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        made = make()
        properties = made.properties if isinstance(made, Workbook) else made.core_properties
        properties.title, properties.created = FULL, MADE
        made.save(str(path))
        if isinstance(made, Workbook):  # it is modified now
            changed(path, "docProps/core.xml", "<dcterms:modified.*?</dcterms:modified>", b"")

    return write


def _bare_word(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Rules of the harbour", 1)
    document.save(str(path))


def _letter(path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = FULL
    message["Date"] = MADE
    message.set_content(TEXT)
    path.write_bytes(bytes(message))


def _book(path: Path) -> None:
    path.write_bytes(epub())
    entries = f"<dc:title>{FULL}</dc:title><dc:date>2021-03-04</dc:date>".encode()
    changed(path, "OEBPS/book.opf", "<dc:title>.*?</dc:title>", entries)


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(f"{text}\n\n{TEXT}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("ending", "make", "title", "dated"),
    [
        ("xlsx", _office(Workbook), FULL, MARCH),
        ("pptx", _office(Presentation), FULL, MARCH),
        ("eml", _letter, FULL, MARCH),
        ("epub", _book, FULL, MARCH),
        ("docx", _office(docx.Document), FULL, MARCH),
        ("docx", _bare_word, "Rules of the harbour", None),
        ("html", lambda path: html(path, f"<title>{FULL}</title>"), FULL, None),
        ("md", _text("# Moorings"), "Moorings", None),
        ("md", _text("---\ntitle: Port rules\ndate: 2021-03-04\n---"), "Port rules", MARCH),
    ],
)
def test_titles_and_dates_of_other_files(
    tmp_path: Path, ending: str, make: Callable[[Path], object], title: str, dated: str | None
) -> None:
    path = tmp_path / f"x7.{ending}"
    make(path)
    described = own(path)
    assert (described.title, described.dated) == (title, dated)


@pytest.mark.parametrize(
    ("head", "body", "dated"),
    [
        ('<meta property="article:published_time" content="2021-03-04T10:00:00Z">', "", MARCH),
        ('<meta name="DC.date" content="2021-03">', "", "2021-03"),
        ('<meta name="last-modified" content="4 May 2020">', "", "2020-05-04"),
        ('<script type="application/ld+json">{"datePublished": "2021-03-04"}</script>', "", MARCH),
        ("", '<p>Published <time datetime="2021-03-04">4 March</time></p>', MARCH),
        ("", "<p><time>4 March 2021</time></p>", MARCH),
        ("", '<p>The fair is on <time datetime="2027-03-04">4 March</time> at nine.</p>', None),
        ("", "<p>Published 4 May 2020</p>", "2020-05-04"),
        ("", "", None),
    ],
)
def test_dates_of_a_web_page(tmp_path: Path, head: str, body: str, dated: str | None) -> None:
    assert own(html(tmp_path / "x7.html", head, body)).dated == dated


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("D:20210304", "2021-03-04"), ("2021-03-04T10:00:00Z", "2021-03-04"), ("2021", "2021"),
        ("2021-03", "2021-03"), ("4 Sept. 2021", "2021-09-04"), ("1st of May 2021", "2021-05-01"),
        ("May 2021", "2021-05"), ("20211332", None), ("0001-01-01", None), ("soon", None),
    ],
)  # fmt: skip
def test_dates_in_iso(text: str, date: str | None) -> None:
    assert iso_date(text) == date


@pytest.mark.parametrize(
    ("dated", "words"),
    [
        (MARCH, "as of 4 March 2021"),
        ("2021-03", "as of March 2021"),
        ("2021", "as of 2021"),
        (None, ""),
    ],
)
def test_dates_in_words(dated: str | None, words: str) -> None:
    assert as_of(dated) == words
