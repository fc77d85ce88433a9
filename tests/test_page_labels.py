"""Pages are named by what is printed on them, wherever they are named; JSON has both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.assistant import Assistant
from mehealth_rag.cli.documents import page_problems
from mehealth_rag.index.build_report import IngestReport
from mehealth_rag.serialise import answer_json, pages_json, source_json
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from mehealth_ui.page.sources import sources_markup
from tests.answering.told import told

MANIFEST = """
[[source]]
id = "rules"
title = "The rules"
file = "rules.pdf"

[[source]]
id = "map"
title = "A map"
url = "https://example.org/map.pdf"
linked_from = [{ document = "rules", pages = [2] }, { document = "gone", pages = [7] }]
"""
Built = tuple[IngestReport, Assistant]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Rules on the pages i to iii, of which the last is only a picture."""
    folder = tmp_path_factory.mktemp("labels")
    corpus = folder / "corpus"
    corpus.mkdir()
    Image.radial_gradient("L").save(folder / "page.png")
    canvas = Canvas(str(corpus / "rules.pdf"), pagesize=A5, invariant=True)
    for number, text in enumerate(("Published 4 May 2020", "Swimming costs £5 a day.", ""), 1):
        canvas.addPageLabel(number - 1, "ROMAN_LOWER", number)
        canvas.drawString(50, 500, text)
        if not text:
            canvas.drawImage(str(folder / "page.png"), 0, 0, 420, 595)
        canvas.showPage()
    canvas.save()
    (corpus / "sources.toml").write_text(MANIFEST, encoding="utf-8")
    flags = {"corpus": corpus, "index": folder / "index", "ocr_languages": "none"}
    settings = Settings.load(flags)
    report = ingest(settings)
    assistant = Assistant.open(settings)
    yield report, assistant
    assistant.index.close()


def test_ingest_names_the_page_that_was_not_read(built: Built) -> None:
    report, _ = built
    (line,) = page_problems(report.problems)
    assert line.startswith("rules, page iii: only a picture")
    assert [(p.page, p.page_label) for p in report.problems] == [(3, "iii")]


def test_sources_name_pages_and_dates(built: Built) -> None:
    rules, there = built[1].sources()
    assert rules.reason == "page iii could not be read"
    account = source_json(rules)
    assert (account["unread_pages"], account["unread_page_labels"]) == ([3], ["iii"])
    assert account["dated"] == "2020-05-04"
    assert source_json(there)["linked_from"] == [
        {"document": "rules", "pages": [2], "page_labels": ["ii"]},
        {"document": "gone", "pages": [7], "page_labels": ["7"]},
    ]
    markup = str(sources_markup((rules, there)))
    assert "as of 4 May 2020" in markup
    assert "linked from rules, page ii; gone, page 7" in markup


def test_the_account_of_pages_has_both_names(built: Built) -> None:
    pages = pages_json(built[1].pages("rules"))["each_page"]
    assert [(p["page"], p["page_label"]) for p in pages] == [(1, "i"), (2, "ii"), (3, "iii")]


def test_a_verdict_names_its_page(built: Built) -> None:
    verdict = told(built[1], "Swimming").check("Swimming costs £7 a day.")
    reason = "The documents say £5 a day, not £7 a day (page ii of “The rules”)."
    assert verdict.explanation == reason


def test_answers_cite_label_and_date(built: Built) -> None:
    answer = answer_json(built[1].ask("What does swimming cost?"))
    (citation,) = answer["citations"]
    assert (citation["page"], citation["page_label"]) == (2, "ii")
    assert citation["dated"] == "2020-05-04"
    missing = built[1].ask("Who is the mayor of Paris?").answer
    assert "Page iii of “The rules” could not be read" in missing
