from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_rag.language.figures import FigureKind, canonical_figures, figures, is_measured

MONEY, PERCENT, YEAR, QUANTITY = FigureKind


@pytest.mark.parametrize(
    ("text", "value", "kind", "currency"),
    [
        ("£1.6 billion", "1600000000", MONEY, "GBP"),
        ("£1.6bn", "1600000000", MONEY, "GBP"),
        ("$3 million", "3000000", MONEY, "USD"),
        ("US$ 4m", "4000000", MONEY, "USD"),
        ("€2k", "2000", MONEY, "EUR"),
        ("£10 m", "10000000", MONEY, "GBP"),
        ("GBP 40", "40", MONEY, "GBP"),
        ("1.5 million pounds", "1500000", MONEY, "GBP"),
        ("£3-million", "3000000", MONEY, "GBP"),
        ("12%", "12", PERCENT, ""),
        ("12 per cent", "12", PERCENT, ""),
        ("12.5 percent", "12.5", PERCENT, ""),
        ("twelve per cent", "12", PERCENT, ""),
        ("2021", "2021", YEAR, ""),
        ("1871", "1871", YEAR, ""),
        ("2,021", "2021", QUANTITY, ""),
        ("1,600,000,000", "1600000000", QUANTITY, ""),
        ("50k", "50000", QUANTITY, ""),
        ("10 m", "10", QUANTITY, ""),
        ("10 metres", "10", QUANTITY, ""),
        ("11.7T", "11.7", QUANTITY, ""),
        ("COVID-19", "19", QUANTITY, ""),
        ("seven", "7", QUANTITY, ""),
        ("Twenty-one", "21", QUANTITY, ""),
        ("a dozen", "12", QUANTITY, ""),
        ("two million", "2000000", QUANTITY, ""),
        ("two hundred thousand", "200000", QUANTITY, ""),
        ("five hundred and six", "506", QUANTITY, ""),
        ("three hundred and forty-two", "342", QUANTITY, ""),
        ("one trillion", "1000000000000", QUANTITY, ""),
    ],
)
def test_one_figure(text: str, value: str, kind: FigureKind, currency: str) -> None:
    (figure,) = figures(text)
    assert (figure.value, figure.kind, figure.currency) == (Decimal(value), kind, currency)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("worth £1.6 billion each year", ["£1.6 billion"]),
        ("from 1998-2003", ["1998", "2003"]),
        ("seven piers and 12 boats", ["seven", "12"]),
        ("pay 40 pounds, not 50", ["40 pounds", "50"]),
        ("five hundred and six", ["five hundred and six"]),
        ("often, tonight, someone, v1.2", []),
        ("", []),
    ],
)
def test_figures_stand_where_their_spans_say(text: str, shown: list[str]) -> None:
    assert [f.span.of(text) for f in figures(text)] == shown


def test_number_words_are_told_from_digits_and_one_as_a_word_is_no_token() -> None:
    assert [f.spelled for f in figures("seven of 12")] == [True, False]
    assert canonical_figures("one of the two piers, 1 boat") == ["=2", "=1"]


@given(st.integers(min_value=10_000, max_value=10**12))
def test_separators_do_not_change_the_value(number: int) -> None:
    assert canonical_figures(f"{number:,}") == canonical_figures(str(number)) == [f"={number}"]


@given(st.text(alphabet="£$€0123456789.,% -mkbnoetwhudradl", max_size=40))
def test_spans_lie_in_the_text_and_rise(text: str) -> None:
    starts = [f.span.start for f in figures(text)]
    assert starts == sorted(starts)
    assert all(0 <= f.span.start < f.span.end <= len(text) for f in figures(text))


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
