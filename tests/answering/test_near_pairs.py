"""Near sentences are found block by block, as if all were compared at once."""

from __future__ import annotations

import numpy as np
import pytest

from mehealth_rag.answering import disputes
from mehealth_rag.growing import Progress

ROWS = 90


@pytest.mark.parametrize("block", [7, 32, 1024])
def test_blocks_find_what_one_product_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disputes, "BLOCK", block)
    monkeypatch.setattr(disputes, "NEIGHBOURS", ROWS)
    numbers = np.random.default_rng(3)
    vectors = numbers.normal(size=(ROWS, 3)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    pages, kinds = numbers.integers(0, 9, ROWS), 1 << numbers.integers(0, 3, ROWS)
    found = {(a, b) for a, b, _ in disputes.near_pairs(vectors, pages, kinds, Progress())}
    similar = vectors.astype(np.float32) @ vectors.astype(np.float32).T
    expected = {
        (a, b)
        for a in range(ROWS)
        for b in range(a + 1, ROWS)
        if similar[a, b] >= disputes.NEAR and pages[a] != pages[b] and kinds[a] == kinds[b]
    }
    assert found == expected
    assert expected


def test_a_sentence_is_paired_with_the_nearest_only() -> None:
    """Many sentences that are alike do not make pairs of each with each."""
    vectors = np.ones((200, 1), np.float16)
    pages, kinds = np.arange(200), np.ones(200, np.int64)
    found = list(disputes.near_pairs(vectors, pages, kinds, Progress()))
    assert len(found) <= 200 * disputes.NEIGHBOURS
    assert {a for a, _, _ in found} == set(range(199))
