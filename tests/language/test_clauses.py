from __future__ import annotations

import pytest

from mehealth_rag.retrieval.retriever import clauses


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How tall is the lighthouse?", ("How tall is the lighthouse?",)),
        (
            "You are a harbour master. How tall is the lighthouse? Be brief.",
            ("You are a harbour master.", "How tall is the lighthouse?"),
        ),
        (
            "Going by the income statement only, what is the profit?",
            ("Going by the income statement only", "what is the profit?"),
        ),
        ("How many walkers, bicycles and dogs?", ("How many walkers, bicycles and dogs?",)),
        ("Why? How?", ("Why? How?",)),
        ("", ("",)),
    ],
)
def test_clauses_of_a_question(question: str, expected: tuple[str, ...]) -> None:
    assert clauses(question) == expected
