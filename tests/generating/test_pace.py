"""How long a prompt may be: learnt from how soon the first words came."""

from __future__ import annotations

from mehealth_rag.generating.writing import Pace


def test_a_quick_model_is_given_more_and_a_slow_one_less() -> None:
    pace = Pace(limit=10, tokens_per_second=1_000)
    assert pace.tokens == 8_000
    pace.read(1_000, 20.0)
    assert pace.tokens == 8_000
    pace.read(10_000, 5.0)
    assert pace.tokens == 16_000
    pace.too_slow(5_000)
    assert pace.tokens == 2_000


def test_a_model_that_was_too_slow_is_asked_again() -> None:
    pace = Pace(limit=10, tokens_per_second=100)
    pace.too_slow(200)
    assert pace.tokens == 450
