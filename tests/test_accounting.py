"""Pages in words, and the sentence that tells of unread ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from mehealth_rag.answering.compose import unread_sentence
from mehealth_rag.answering.library import Library
from mehealth_rag.errors import UsageError
from mehealth_rag.index.accounting import PageName, page_ranges, unread_pages
from mehealth_rag.settings import read_passwords
from mehealth_rag.types import DocumentProblem, Fault, Page, Source


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([(3, "3")], "page 3"),
        ([(7, "7"), (8, "8"), (9, "9"), (3, "3")], "pages 3, 7–9"),
        ([(1, "iii"), (2, "iv"), (3, "1"), (9, "7")], "pages iii–1, 7"),
        ([(1, "A-1")], "page A-1"),
    ],
)
def test_pages_in_a_row_are_a_range_of_labels(pages: list[PageName], words: str) -> None:
    assert page_ranges(pages) == words


def test_only_what_is_shown_and_not_searched_counts_as_unread() -> None:
    problems = [
        DocumentProblem("a", "why", page, fault) for page, fault in enumerate(Fault, start=1)
    ]
    problems += [DocumentProblem("b", "the file is empty"), DocumentProblem("c", "why", 1)]
    faults = {list(Fault)[number - 1] for number, _ in unread_pages(problems)["a"]}
    assert faults == {Fault.PICTURE, Fault.UNREADABLE, Fault.GARBAGE}
    assert set(unread_pages(problems)) == {"a"}


def _page(document: str, number: int) -> Page:
    raise KeyError(document, number)


@pytest.mark.parametrize(
    ("unread", "said"),
    [
        ({}, ""),
        ({"a": ((3, "A-3"),)}, " Page A-3 of “Title a” could not be read and was not searched."),
        (
            {"a": ((3, "iii"), (4, "iv"))},
            " Pages iii–iv of “Title a” could not be read and were not searched.",
        ),
        (
            {"a": tuple((n, str(n)) for n in range(9))},
            " 9 pages of “Title a” could not be read and were not searched.",
        ),
        (
            {"a": ((3, "3"),), "b": ((1, "1"),)},
            " 2 pages of 2 documents could not be read and were not searched.",
        ),
    ],
)
def test_sentence_names_the_pages(unread: dict[str, tuple[PageName, ...]], said: str) -> None:
    sources = {name: Source(name, f"Title {name}", "report", "pdf") for name in "ab"}
    assert unread_sentence(Library(_page, sources, unread)) == said


def test_passwords_are_lines_and_are_never_told(tmp_path: Path) -> None:
    path = tmp_path / "passwords.txt"
    path.write_text("sésame\n\n with space \nsésame\n", encoding="utf-8")
    assert read_passwords(path) == ("sésame", " with space ")
    path.write_bytes(b"s\xe9same")
    with pytest.raises(UsageError, match="not UTF-8") as failed:
        read_passwords(path)
    assert "same" not in str(failed.value)
    with pytest.raises(UsageError, match=r"none\.txt: cannot be read .*pdf_passwords"):
        read_passwords(tmp_path / "none.txt")
