"""How long a prompt may be: learnt from how soon the first words came."""

from __future__ import annotations

from mehealth_rag.generating.pace import Pace


def test_a_quick_model_is_given_more_and_a_slow_one_less() -> None:
    pace = Pace(limit=10, tokens_per_second=100)
    assert pace.tokens == 800
    pace.read(1_000, 20.0)
    assert pace.tokens == 800
    pace.read(1_000, 5.0)
    assert pace.tokens == 1_600
    pace.too_slow(500)
    assert pace.tokens == 200
