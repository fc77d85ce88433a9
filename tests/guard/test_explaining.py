"""A verdict in words."""

from __future__ import annotations

import pytest

from mehealth_rag.checking.verdicts import Where, contradicted, supported


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([Where("4")], "Page 4 says so."),
        ([Where("4"), Where("iv")], "Pages 4 and iv say so."),
        ([Where("1", "A"), Where("2", "B")], "Page 1 of “A” and page 2 of “B” say so."),
        (
            [Where("1", "A"), Where("7", "B of C"), Where("3", "A"), Where("2", "A")],
            "Pages 1, 3 and 2 of “A” and page 7 of “B of C” say so.",
        ),
    ],
)
def test_pages_of_one_document_are_named_together(places: list[Where], told: str) -> None:
    assert supported(places, ()) == told
    assert contradicted(places, None) == told.replace(" so.", " otherwise.")
