from __future__ import annotations

import pytest

from mehealth_rag.language.figures import is_measured


@pytest.mark.parametrize(
    ("cell", "measured"),
    [
        ("4,602", True),
        ("(5)", True),
        ("$", True),
        ("—", True),
        ("12.5 %", True),
        ("$400 million to $475 million", True),
        ("2022", False),
        ("December 2, 2022", False),
        ("31 March", False),
        ("FY23", False),
        ("Q2 2024", False),
        ("2021/22", False),
        ("2017 (1)", False),
        ("2,017 (1)", True),
        ("Twelve months ended June 30, 2023", False),
        ("6 months", False),
        ("EPS (1)", False),
        ("% change", False),
        ("approximately 24.6%", True),
        ("Level 3", False),
        ("401(k) plan", False),
        ("Net revenue", False),
    ],
)
def test_figures_are_told_from_dates_and_words(cell: str, measured: bool) -> None:
    assert is_measured(cell) is measured
