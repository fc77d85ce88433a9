"""A verdict in words."""

from __future__ import annotations

import pytest

from mehealth_rag.guard.explaining import contradicted, supported


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["page 4"], "Page 4 says so."),
        (["page 4", "page iv"], "Pages 4 and iv say so."),
        (["page 1 of “A”", "page 2 of “B”"], "Page 1 of “A” and page 2 of “B” say so."),
        (
            ["page 1 of “A”", "page 7 of “B of C”", "page 3 of “A”", "page 2 of “A”"],
            "Pages 1, 3 and 2 of “A” and page 7 of “B of C” say so.",
        ),
    ],
)
def test_pages_of_one_document_are_named_together(places: list[str], told: str) -> None:
    assert supported(places, ()) == told
    assert contradicted(places, None) == told.replace(" so.", " otherwise.")
