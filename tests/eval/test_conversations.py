"""Whole conversations: what is right of a turn, how they are held, and the set that ships."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mehealth_eval.conversations import Accept, Conversation
from mehealth_eval.questions import load_rows
from mehealth_eval.written_data import load_document
from mehealth_rag.corpus import load_sources
from mehealth_rag.reading import read_document
from mehealth_rag.types import Answer, Citation, Status
from tests.conftest import Run

ROOT = Path(__file__).parent.parent.parent
SET = ROOT / "eval" / "conversations.jsonl"
ISLANDS = ROOT / "tests" / "written" / "islands.txt"


def answer(*quotes: str, text: str = "", engine: str = "extractive") -> Answer:
    status = Status.ANSWERED if quotes or engine == "assistant" else Status.NOT_FOUND
    citations = tuple(Citation(n, "d", "D", 1, "1", q) for n, q in enumerate(quotes, 1))
    return Answer("?", "?", status, text, citations=citations, engine=engine)


@pytest.mark.parametrize(
    ("accept", "given", "right"),
    [
        ({"kind": "talk"}, answer(engine="assistant"), True),
        ({"kind": "talk"}, answer(), False),
        ({"kind": "not_found"}, answer(), True),
        ({"kind": "declined"}, answer("It costs £12."), False),
        ({"kind": "quotes", "any": [["£12"], ["£5"]]}, answer("It costs\n£5."), True),
        ({"kind": "quotes", "any": [["£12", "£5"]]}, answer("It is £12.", "It is £5."), True),
        ({"kind": "quotes", "any": [["£12", "£5"]]}, answer("It is £12."), False),
        ({"kind": "quotes", "any": [["£12"]], "most": 1}, answer("£12", "£5"), False),
        ({"kind": "new", "any": [["£5"]]}, answer("£5"), True),
        ({"kind": "new"}, answer("It rains."), True),
        ({"kind": "new"}, answer("£12", "£5"), False),  # £12 was told before
        ({"kind": "new"}, answer(), False),
        ({"kind": "list", "any": [["£12"]]}, answer("£12", text="- It is £12 [1]"), True),
        ({"kind": "list", "any": [["£12"]]}, answer("£12", text="It is £12 [1]."), False),
        ({"kind": "talk", "or": {"kind": "not_found"}}, answer(), True),
    ],
)
def test_what_is_right_of_a_turn(accept: dict[str, Any], given: Answer, right: bool) -> None:
    assert Accept.model_validate(accept).takes(given, answer("£12")) is right


def test_conversations_are_held_turn_by_turn(tmp_path: Path, mehealth: Run) -> None:
    folder = tmp_path / "written" / "some"
    folder.mkdir(parents=True)
    shutil.copy(ISLANDS, folder)
    fares = {"kind": "quotes", "any": [["A return ticket costs £12"]]}
    turns: list[dict[str, Any]] = [
        {"say": "hello", "accept": {"kind": "talk"}},
        {"say": "what does a return ticket cost?", "accept": fares},
        {"say": "more", "accept": {"kind": "new"}},
        {"say": "should I buy shares?", "accept": fares, "note": "wrong on purpose"},
    ]
    line = {"id": "c", "document": "islands", "split": "development", "turns": turns}
    path = tmp_path / "conversations.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = mehealth("eval", "--conversations", str(path), "--json")
    found = json.loads(done.stdout)
    assert found["turns"] == 4
    assert found["right"]["development"] == {
        "all": 0.75, "talk": 1.0, "quotes": 0.5, "new": 1.0,
    }  # fmt: skip
    (wrong,) = found["wrong"]
    assert wrong["say"] == "should I buy shares?"
    told = mehealth("eval", "--conversations", str(path)).stdout
    assert "0.750" in told


def test_what_is_accepted_stands_in_the_documents() -> None:
    conversations = load_rows(SET, Conversation, "")
    assert len(conversations) >= 30
    assert sum(c.split == "reporting" for c in conversations) * 2 == len(conversations)
    assert all(6 <= len(c.turns) <= 12 for c in conversations)
    texts = {name: _text(name) for name in {c.document for c in conversations}}
    missing = [
        (c.id, text)
        for c in conversations
        for turn in c.turns
        for text in _texts(turn.accept)
        if " ".join(text.split()) not in texts[c.document]
    ]
    assert missing == []


def _texts(accept: Accept | None) -> list[str]:
    if accept is None:
        return []
    return [text for texts in accept.any_of for text in texts] + _texts(accept.other)


def _text(document: str) -> str:
    written = sorted((ROOT / "eval" / "written").glob(f"*/{document}.txt"))
    if written:
        return " ".join(part.text for part in load_document(written[0]).parts)
    (source,) = (s for s in load_sources(ROOT / "corpus") if s.id == document)
    pages = read_document(source).pages
    return " ".join(" ".join(page.text for page in pages).split())
