"""Exports: quotes and pages are in, nothing acts as markup."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mehealth_rag.errors import UsageError
from mehealth_ui.messages import Export, parse
from mehealth_ui.page.export import export

NASTY = "<script>alert(1)</script> [x](javascript:alert(2)) # **"


def conversation() -> dict[str, Any]:
    citation = {
        "number": 1,
        "document": "d",
        "title": NASTY,
        "page": 2,
        "page_label": "iv",
        "quote": f"42 metres {NASTY}",
        "url": "javascript:alert(3)",
    }
    answer = {
        "question": NASTY,
        "standalone_question": "How tall?",
        "status": "answered",
        "answer": f"It is **42 metres** {NASTY} [1].",
        "citations": [citation],
        "conflicts": [
            {
                "about": "height",
                "values": [{"value": "42", "citations": [1]}, {"value": "45", "citations": [1]}],
            }
        ],
    }
    missing = {
        "question": "And?",
        "standalone_question": "And?",
        "status": "not_found",
        "answer": "The documents do not say.",
        "nearest": [citation],
        "related": [
            {"source": "m", "title": "Map", "url": "https://example.org/m", "indexed": False}
        ],
    }
    turns = [
        {"id": "1", "question": NASTY, "answer": answer},
        {"id": "2", "question": "And?", "answer": missing},
    ]
    return {"title": f"Talk {NASTY}", "turns": turns}


def exported(form: str) -> dict[str, str]:
    return export(parse(Export, {"format": form, "conversation": conversation()}))


def test_markdown_has_quotes_and_pages_and_no_markup_of_others() -> None:
    made = exported("markdown")
    assert made["name"].endswith(".md")
    text = made["text"]
    assert "42 metres" in text
    assert "page iv" in text
    assert "The pages disagree: height" in text
    assert "<https" not in text.split("May hold it")[0]
    assert "\\<script\\>" in text
    assert "<script>" not in text
    assert "\\[x\\](javascript" in text
    assert "[x](" not in text


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_an_unsure_answer_is_handed_out_as_one(form: str) -> None:
    talk = conversation()
    assert exported(form)["text"].count("unsure: check the page") == 1
    talk["turns"][0]["answer"]["confidence"] = 0.9
    sure = export(parse(Export, {"format": form, "conversation": talk}))
    assert "unsure" not in sure["text"]


def test_json_is_what_the_contract_says() -> None:
    whole = json.loads(exported("json")["text"])
    assert whole["turns"][0]["answer"]["citations"][0]["page_label"] == "iv"
    assert whole["title"] == f"Talk {NASTY}"


def test_the_print_page_is_inert_and_complete() -> None:
    text = exported("html")["text"]
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert 'href="javascript' not in text
    assert "page iv" in text
    assert "do not answer it" in text
    assert 'href="https://example.org/m"' in text


def test_a_name_for_the_file_is_always_found() -> None:
    value = {"format": "json", "conversation": {"title": "???", "turns": []}}
    assert export(parse(Export, value))["name"] == "conversation.json"


def test_another_form_is_refused() -> None:
    with pytest.raises(UsageError):
        parse(Export, {"format": "exe", "conversation": conversation()})
