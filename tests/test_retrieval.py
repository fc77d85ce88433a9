"""Search: a fact is found where it stands, among whatever else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mehealth_rag.llama import PassageRetriever
from mehealth_rag.retrieval.retriever import clauses
from tests.made_corpus import assistant_over

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.assistant import Assistant

VALLEY = """# The valley

## At a glance

- The tannery and the two sawmills earn £26 million a year
- Trout from the hatchery go to restaurants in nine countries
- About 14,000 residents, a third of them under thirty
- The steelworks museum holds the largest collection of bellows in the country
- Three reservoirs feed the canal and the paper mill

## The people of the valley

The people of the valley are proud of it. People here know one another, and many people who leave
come back. Our people make the valley what it is.

## Living in the valley

Life in the valley is quiet. Those who live here live well, and they live long. How people live in
the valley is told in our yearbook.

## What people say

Many people have told us how they live. People in the valley say that they like to live here.
"""


def test_a_fact_in_a_list_is_found_before_what_only_speaks_of_the_same(tmp_path: Path) -> None:
    with assistant_over(tmp_path, {"valley.md": VALLEY}) as assistant:
        evidence = assistant.passages("young residents of the valley")
    assert "14,000 residents" in evidence[0].hit.passage.text


def test_passages_come_as_llama_index_nodes(harbour: Assistant) -> None:
    nodes = PassageRetriever(harbour, top_k=2).retrieve("What does a yacht pay?")
    hits = harbour.search("What does a yacht pay?", 2)
    assert [n.node.id_ for n in nodes] == [h.passage.id for h in hits]
    assert nodes[0].node.metadata["document"] == "fees"
    assert nodes[0].node.metadata["page"] == 1
    assert "A yacht pays £300 a year." in nodes[0].node.get_content()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How tall is the lighthouse?", ("How tall is the lighthouse?",)),
        ("You are a harbour master. How tall is the lighthouse? Be brief.",
         ("You are a harbour master.", "How tall is the lighthouse?")),
        ("Going by the income statement only, what is the profit?",
         ("Going by the income statement only", "what is the profit?")),
        ("How many walkers, bicycles and dogs?", ("How many walkers, bicycles and dogs?",)),
        ("Why? How?", ("Why? How?",)),
        ("", ("",)),
    ],
)  # fmt: skip
def test_clauses_of_a_question(question: str, expected: tuple[str, ...]) -> None:
    assert clauses(question) == expected
