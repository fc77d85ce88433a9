from __future__ import annotations

import pytest

from mehealth_rag.language.casing import as_written

PAGES = (
    "Parking\nParking is free at Elm Quay, and at Larch Mill it costs £2. The ferry to Elm Quay "
    "leaves from the old pier.",
    "We run the Old Forge, which is an old forge.",
    "Elm Quay has a pier. Opening Hours\nThe pier opens at nine.",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("elm quay", "Elm Quay"),
        ("larch mill", "Larch Mill"),
        ("parking", "parking"),  # only where anything has a capital
        ("opening hours", "opening hours"),  # a heading's capitals
        ("pier", "pier"),
        ("old forge", "old forge"),  # written both ways
        ("oak hill", "oak hill"),
        ("", ""),
    ],
)
def test_a_name_has_the_capitals_of_the_pages(text: str, expected: str) -> None:
    assert as_written(text, PAGES) == expected
