"""What only running heads say is kept once; page numbers, titles and repeated words are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("running")
    (folder / "corpus").mkdir()
    minutes(folder / "corpus" / "minutes.pdf")
    contract(folder / "corpus" / "contract.docx")
    with opened(folder / "corpus", folder) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "quote", "page"),
    [
        ("Who is the clerk?", CLERK, 1),
        ("What is the contract number?", "Contract no. QX-7741, Larkfield Ltd", 1),
        ("Who is the haulier?", "Haulier: Tom Pryce", 2),
    ],
)
def test_a_fact_of_a_running_head_is_found(
    asked: Assistant, question: str, quote: str, page: int
) -> None:
    answer = asked.ask(question)
    assert answer.status is Status.ANSWERED
    assert (quote, page) in [(c.quote, c.page) for c in answer.citations]


def test_every_character_is_still_accounted_for(asked: Assistant) -> None:
    for document in asked.index.documents():
        assert [p.unaccounted for p in page_accounts(asked.index, document)] == [0] * document.pages


def test_each_line_is_a_passage_once(tmp_path: Path) -> None:
    path = minutes(tmp_path / "minutes.pdf")
    passages = split(read_document(Source("minutes", "minutes", "document", "pdf", path=path)))
    kept = [(p.page, p.text) for p in passages if p.text not in MINUTES]
    assert kept == [(1, HEAD.format(1)), (1, CLERK)]


def _document(
    feet: Sequence[str], texts: Sequence[str] = ("Some text.",), title: str = ""
) -> Document:
    pages = []
    for number, foot in enumerate(feet, 1):
        text = texts[min(number, len(texts)) - 1]
        end = len(text)
        blocks = (
            Block(BlockKind.PARAGRAPH, Span(0, end)),
            Block(BlockKind.FURNITURE, Span(end + 1, end + 1 + len(foot))),
        )
        pages.append(Page(number, f"{number + 4}", f"{text}\n{foot}", blocks))
    source = Source("guide", title or "guide", "document", "pdf", guessed=not title)
    return Document(source, "0" * 64, tuple(pages), {})


def _titled(make: Document) -> Document:
    return replace(make, metadata={"title": "Harbour guide"})


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (_document(["5", "6", "7"]), []),
        (_document(["Page 5 of 7", "Page 6 of 7"]), []),
        (_document(["11", "12"]), []),
        (_document(["Harbour guide 5", "Harbour guide 6"], ["The harbour guide."]), []),
        (_document(["Harbour guide 11", "Harbour guide 12"], ["The harbour guide."]), []),
        (_document(["Harbour guide | 5", "Harbour guide | 6"], title="Harbour guide"), []),
        (_titled(_document(["Harbour guide", "Harbour guide"])), []),
        (_document(["https://example.org/", "https://example.org/"]), []),
        (_document(["Ms Ray • Harbour guide", "Ms Ray\t6"], ["The harbour guide. By Ms Ray."]), []),
        (_document(["Ref. 12 | 11", "Ref. 12 | 12"]), [(1, "Ref. 12 | 11")]),
        (_document(["Tel. 34", "Tel. 34", "Tel. 56", "Tel. 56"]), [(1, "Tel. 34"), (3, "Tel. 56")]),
        (_document(["Harbour guide 11", "Harbour guide 12"]), [(1, "Harbour guide 11")]),
    ],
)
def test_what_is_kept(made: Document, kept: list[tuple[int, str]]) -> None:
    assert [(p.page, p.text) for p in split(made) if p.span.start] == kept
