"""Another corpus's index is not replaced, and no name of a file steers the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import the_error

from mehealth_rag.cli.context import console, fail, note, printable
from mehealth_rag.errors import UsageError
from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.settings import Settings, default_index
from mehealth_rag.wiring import has_index
from tests.conftest import Library, Run

ODD = "red\x1b[31m\x9b1m\x07\u202eand \x00more"


def test_asking_does_not_replace_the_index_of_another_corpus(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    (tmp_path / "other.txt").write_text("Quite another matter.")
    before = IndexFolder(library.index).current()
    options = ("--corpus", str(tmp_path), "--index", str(library.index))
    line = the_error(mehealth("ask", "What is the matter?", *options), 2)
    assert "is of another corpus" in line
    assert "run: mehealth ingest" in line
    assert IndexFolder(library.index).current() == before


def test_a_corpus_s_own_index_may_be_of_documents_that_are_gone(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.txt").write_text("Quite another matter.")
    with pytest.raises(UsageError, match="another corpus"):
        has_index(Settings(corpus=tmp_path, index=library.index))
    monkeypatch.setattr("mehealth_rag.wiring.default_index", lambda _: library.index)
    assert not has_index(Settings(corpus=tmp_path, index=library.index))
    assert default_index(tmp_path) != library.index


def test_what_steers_a_terminal_is_printed_as_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("name")
    table.add_row(ODD)
    console().print(table)
    console().print(Text(ODD, style="dim"))
    console().print(ODD)
    note(ODD)
    with pytest.raises(SystemExit):
        fail(ODD, 1)
    shown = capsys.readouterr()
    assert shown.out.count(printable(ODD)) == 2  # rich itself leaves the bell out of its texts
    assert shown.out.count(r"red\x1b[31m") == 3
    assert shown.err.count(printable(ODD)) == 2
    assert not set("\x1b\x9b\x07\x00\u202e") & set(shown.out + shown.err)
    assert printable("a\tb\nc é 你") == "a\tb\nc é 你"
