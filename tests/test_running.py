"""Running lines with facts of their own are kept once; page numbers, titles and repeats are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.assistant import Assistant
from mehealth_rag.index.accounting import page_accounts
from mehealth_rag.passages.splitting import split
from mehealth_rag.reading import read_document
from mehealth_rag.types import Block, BlockKind, Document, Page, Source, Span, Status
from tests.made_corpus import opened

CLERK = "Clerk: Alma Trewin, 3 Chapel Lane, tel. 01234 567890"
HEAD = "Wexcombe Parish Council – Minutes of 4 March 2025 – Page {} of 3"
MINUTES = (
    "The hedge is to be cut back.",
    "The shelter gets a roof.",
    "The meeting closed at nine.",
)


def minutes(path: Path) -> Path:
    canvas = Canvas(str(path))
    for number, text in enumerate(MINUTES, 1):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 805, HEAD.format(number))
        canvas.drawString(72, 30, CLERK)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return path


def contract(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Supply contract", 1)
    document.add_paragraph("The buyer pays within 45 days of delivery.")
    document.sections[0].header.paragraphs[0].text = "Contract no. QX-7741, Larkfield Ltd"
    document.add_section()
    document.add_heading("Delivery", 1)
    document.add_paragraph("The seller delivers every Monday.")
    section = document.sections[1]
    section.footer.is_linked_to_previous = False
    section.footer.paragraphs[0].text = "Haulier: Tom Pryce"
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("running")
    (folder / "corpus").mkdir()
    minutes(folder / "corpus" / "minutes.pdf")
    contract(folder / "corpus" / "contract.docx")
    with opened(folder / "corpus", folder) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "quote", "page"),
    [
        ("Who is the clerk?", CLERK, 1),
        ("What is the contract number?", "Contract no. QX-7741, Larkfield Ltd", 1),
        ("Who is the haulier?", "Haulier: Tom Pryce", 2),
    ],
)
def test_a_fact_of_a_running_head_is_found(
    assistant: Assistant, question: str, quote: str, page: int
) -> None:
    answer = assistant.ask(question)
    assert answer.status is Status.ANSWERED
    assert (quote, page) in [(c.quote, c.page) for c in answer.citations]


def test_every_character_is_still_accounted_for(assistant: Assistant) -> None:
    for document in assistant.index.documents():
        assert [p.unaccounted for p in page_accounts(assistant.index, document)] == [
            0
        ] * document.pages


def test_each_line_is_a_passage_once(tmp_path: Path) -> None:
    path = minutes(tmp_path / "minutes.pdf")
    passages = split(read_document(Source("minutes", "minutes", "document", "pdf", path=path)))
    running = [(p.page, p.text) for p in passages if p.text not in MINUTES]
    assert running == [(1, HEAD.format(1)), (1, CLERK)]


def _document(
    feet: Sequence[str], text: str = "Some text.", title: str = "", own: str = ""
) -> Document:
    """Make a document of a page per running line; `title` is a person's, `own` is in the file."""
    pages = []
    for number, foot in enumerate(feet, 1):
        end = len(text)
        blocks = (
            Block(BlockKind.PARAGRAPH, Span(0, end)),
            Block(BlockKind.FURNITURE, Span(end + 1, end + 1 + len(foot))),
        )
        pages.append(Page(number, f"{number + 4}", f"{text}\n{foot}", blocks))
    source = Source("guide", title or "guide", "document", "pdf", guessed=not title)
    return Document(source, "0" * 64, tuple(pages), {"title": own})


GUIDE = "Harbour guide"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (_document(["5", "6", "7"]), []),
        (_document(["Page 5 of 7", "Page 6 of 7"]), []),
        (_document(["11", "12"]), []),
        (_document([f"{GUIDE} 5", f"{GUIDE} 6"], "The harbour guide."), []),
        (_document([f"{GUIDE} 11", f"{GUIDE} 12"], "The harbour guide."), []),
        (_document([f"{GUIDE} | 5", f"{GUIDE} | 6"], title=GUIDE), []),
        (_document([GUIDE, GUIDE], own=GUIDE), []),
        (_document(["https://example.org/", "https://example.org/"]), []),
        (_document([f"Ms Ray • {GUIDE}", "Ms Ray\t6"], "The harbour guide. By Ms Ray."), []),
        (_document(["Ref. 12 | 11", "Ref. 12 | 12"]), [(1, "Ref. 12 | 11")]),
        (_document(["Tel. 34", "Tel. 34", "Tel. 56", "Tel. 56"]), [(1, "Tel. 34"), (3, "Tel. 56")]),
        (_document([f"{GUIDE} 11", f"{GUIDE} 12"]), [(1, f"{GUIDE} 11")]),
    ],
)
def test_which_running_lines_are_kept(document: Document, expected: list[tuple[int, str]]) -> None:
    assert [(p.page, p.text) for p in split(document) if p.span.start] == expected
