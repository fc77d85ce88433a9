"""`mehealth check --file`: a draft of any format, sentence by sentence, for people and programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from cli_helpers import VERDICT, assert_shape, the_json
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import Library, Run

HEADING = "Notes on the harbour"
TRUE, FALSE, UNKNOWN = (
    "A return ticket costs £12.",
    "A yacht pays £3 a year.",
    "Bananas are yellow.",
)
PARAGRAPHS = (HEADING, f"{TRUE} {FALSE}", UNKNOWN)


def write_text(path: Path) -> None:
    path.write_text("\n\n".join(PARAGRAPHS) + "\n", encoding="utf-8")


def write_markdown(path: Path) -> None:
    title, first, second = PARAGRAPHS
    code = "```\nThe lighthouse is 1 metre tall.\n```"
    path.write_text(f"# {title}\n\n{first}\n\n{second}\n\n{code}\n", encoding="utf-8")


def write_word(path: Path) -> None:
    document = docx.Document()
    document.add_heading(PARAGRAPHS[0], 1)
    for text in PARAGRAPHS[1:]:
        document.add_paragraph(text)
    document.save(str(path))


def write_pdf(path: Path) -> None:
    canvas = Canvas(str(path), invariant=True)
    for text, size, height in zip(PARAGRAPHS, (22, 11, 11), (750, 700, 640), strict=True):
        canvas.setFont("Helvetica", size)
        canvas.drawString(50, height, text)
    canvas.save()


WRITERS: dict[str, Callable[[Path], None]] = {
    "draft.txt": write_text,
    "draft.md": write_markdown,
    "draft.docx": write_word,
    "draft.pdf": write_pdf,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_sentence_of_a_draft_has_a_verdict_and_its_place(
    library: Library, mehealth: Run, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    found = the_json(mehealth("check", "--file", str(path), "--json", *library.options))
    for row in found:
        assert_shape(row, {"place": dict} | VERDICT)
        assert list(row["place"]) == ["page", "paragraph"]
    assert [(row["claim"], row["verdict"], row["place"]["paragraph"]) for row in found] == [
        (TRUE, "supported", 2),
        (FALSE, "contradicted", 2),
        (UNKNOWN, "not_found", 3),
    ]


def test_a_draft_for_people(library: Library, mehealth: Run, tmp_path: Path) -> None:
    path = tmp_path / "draft.md"
    long = f"The pier is {'very ' * 500} long."
    path.write_text(
        f"# {HEADING}\n\n{TRUE} {FALSE}\n\n{UNKNOWN}\n\n{long}\n\n| a | b |\n|---|---|\n"
    )
    done = mehealth("check", "--file", "draft.md", *library.options, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "draft.md: rows of tables that are not checked: 1\n"
    lines = done.stdout.splitlines()
    assert lines[:8] == [
        f"✓ Supported (paragraph 2): {TRUE}",
        "  Page 1 of “A guide to the harbour” says so.",
        f"  [1] “{TRUE}”",
        "      guide, p. 1",
        f"✗ Contradicted (paragraph 2): {FALSE}",
        "  The documents say £300 a year, not £3 a year (page 1 of “Fees of the harbour”).",
        "  [1] “A yacht pays £300 a year.”",
        "      fees, p. 1",
    ]
    assert lines[8:10] == [
        f"? Not found (paragraph 3): {UNKNOWN}",
        "  The documents do not say.",
    ]
    assert lines[10].startswith("! Not checked (paragraph 4): The pier is very")
    assert lines[11].startswith("  the claim has 2,")
    assert lines[12:] == [
        "",
        "4 sentences: 1 supported, 1 contradicted, 1 not found, 1 not checked",
    ]


@pytest.mark.parametrize(
    ("text", "code"), [(TRUE, 0), (f"{TRUE} {FALSE}", 4), (f"{TRUE} {UNKNOWN}", 4)]
)
def test_a_strict_check_of_what_is_not_supported(
    library: Library, mehealth: Run, tmp_path: Path, text: str, code: int
) -> None:
    (tmp_path / "draft.txt").write_text(text)
    of_draft = mehealth("check", "--file", "draft.txt", "--strict", *library.options, cwd=tmp_path)
    of_claim = mehealth("check", text, "--strict", *library.options)
    assert (of_draft.returncode, of_claim.returncode) == (code, code)
    assert (of_draft.stderr, of_claim.stderr) == ("", "")
