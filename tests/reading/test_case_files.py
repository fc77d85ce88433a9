"""Small files that were once read wrongly, each for a kind of file that people have."""

from __future__ import annotations

from pathlib import Path

from tests.reading.reading_helpers import check_invariants, read

CASES = Path(__file__).parent / "cases"


def test_bare_codes_of_ligatures_are_read() -> None:
    (page,) = read(CASES / "texlig.pdf").pages
    assert page.text == (
        "The office is on the first floor. The final figure for staff is sufficient."
    )
    check_invariants(page)
