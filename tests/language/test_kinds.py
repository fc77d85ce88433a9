from __future__ import annotations

import pytest

from mehealth_rag.answering.marking import DATE


@pytest.mark.parametrize(
    "text",
    [
        "lit in 1871",
        "on 4 May",
        "on the 4th of May 1871",
        "by March 2022",
        "in the 1990s",
        "the 19th century",
        "open on Sunday",
        "in 44 BC",
    ],
)
def test_dates(text: str) -> None:
    assert DATE.search(text)


@pytest.mark.parametrize(
    "text", ["42 metres tall", "room 12", "we may go", "£2100 million of 15,000 people", ""]
)
def test_no_dates(text: str) -> None:
    assert not DATE.search(text)
