"""Drafts: which sentences are checked, where they stand, and how those of a paragraph lean."""

from __future__ import annotations

from pathlib import Path

import pytest

from mehealth_rag.assistant import Assistant
from mehealth_rag.checking.drafts import check_sentences, draft_sentences
from mehealth_rag.settings import Settings
from mehealth_rag.types import Verdict, VerdictKind
from mehealth_rag.wiring import read_draft
from tests.answering.told import told

PLAIN = Settings.load({}, environ={})


def claims(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return [s.claim for s in draft_sentences(read_draft(PLAIN, path))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# The pier is long.\n\nIt is. Is it? So it is!", ["It is.", "So it is!"]),
        ("Run:\n\n```\nThe pier is long.\n```\n\n    It is short.\n\nUse `a b`.", ["Use a b."]),
        ("| a | b |\n|---|---|\n| c | d |\n\nOne row.", ["One row."]),
        ("The pier has:\n\n- dogs\n- cats.\n", ["The pier has dogs", "The pier has cats."]),
        ("Facts:\n\n1. Boats pay.\n2. Yachts pay more!\n", ["Boats pay.", "Yachts pay more!"]),
        ("Facts:\n\nNo list.\n\n- dogs\n", ["No list.", "dogs"]),
        ("See https://a.b/c\n\n[A map](https://a.b)\n\n<https://a.b>\n\n--\n", []),
        ("- [A map](https://a.b)\n- [It is a map.](https://a.b)\n", ["It is a map."]),
        ("The [map](https://a.b) of\nthe **pier**", ["The map of the pier"]),
    ],
)
def test_what_of_a_draft_is_checked(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert claims(tmp_path / "draft.md", text) == expected


def test_places_count_blocks_through_the_pages(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("The first page.\n\nAnother one. And one more.\n\fThe second page.\n")
    document = read_draft(PLAIN, path)
    found = draft_sentences(document)
    assert [(s.page, s.paragraph) for s in found] == [(1, 1), (1, 2), (1, 2), (2, 3)]
    assert [s.span.of(document.pages[s.page - 1].text) for s in found] == [s.claim for s in found]


def test_a_sentence_leans_on_the_one_before(tmp_path: Path, harbour: Assistant) -> None:
    path = tmp_path / "draft.txt"
    long = "very " * 500
    path.write_text(
        "The lighthouse is 42 metres tall. It was lit in 1871. A yacht pays £3 a year.\n\n"
        f"A return ticket costs £12. It is {long} cheap.\n"
    )
    sentences = draft_sentences(read_draft(PLAIN, path))
    asked: list[str] = []
    knowing = told(harbour, "tall", "lit", "ticket", denied=["yacht"])

    def check(claim: str) -> Verdict:
        asked.append(claim)
        return knowing.check(claim)

    checked = list(check_sentences(sentences, check))
    first, *rest = (s.claim for s in sentences)
    assert asked[0] == f"{first} {rest[0]} {rest[1]}"  # together; what is too long one by one
    assert asked[1:] == [f"{rest[2]} {rest[3]}", rest[2], rest[3]]
    assert [c.sentence for c in checked] == list(sentences)
    verdicts = [c.verdict.verdict if c.verdict else None for c in checked]
    supported = VerdictKind.SUPPORTED
    assert verdicts == [supported, supported, VerdictKind.CONTRADICTED, supported, None]
    assert checked[-1].error.startswith("the claim has 2,")
    for one in checked[:4]:
        assert one.verdict is not None
        assert one.verdict.claim == one.sentence.claim
        assert one.verdict.index == harbour.index.fingerprint
        numbers = [c.number for c in one.verdict.evidence]
        assert numbers == list(range(1, len(numbers) + 1))
