"""A verdict in words."""

from __future__ import annotations

import pytest

from mehealth_rag.checking.verdicts import Where, contradicted, supported
from mehealth_rag.guard.exact import Step


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


@pytest.mark.parametrize(
    ("said", "found", "told"),
    [
        ("Nine out of ten", "Eight out of ten", "eight out of ten, not nine out of ten"),
        ("£1.8bn", "US$1.8m", "US$1.8m, not £1.8bn"),
    ],
)
def test_what_differs_is_told_within_a_sentence(said: str, found: str, told: str) -> None:
    step = Step(said, "figure", "missing", (found,))
    assert contradicted([Where("4")], step) == f"The documents say {told} (page 4)."
    dated = Step("May 2021", "date", "missing", ("June 2021",))
    assert "say June 2021, not May 2021" in contradicted([Where("4")], dated)
