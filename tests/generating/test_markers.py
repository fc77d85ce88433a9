"""Citation marks: read in every form, cut in half at every place, never shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_rag.generating.units import blanked, ends_marked, without_marks

TALL = "The lighthouse is 42 metres tall"


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (f"{TALL} [1].", (1,)),
        (f"{TALL}. [1]", (1,)),
        (f"{TALL}.[1]", (1,)),
        (f"{TALL} [0].", (0,)),
        (f"{TALL} [99].", (99,)),
        (f"{TALL} [1,2].", (1, 2)),
        (f"{TALL} [1, 2 and 4].", (1, 2, 4)),
        (f"{TALL} [1][2].", (1, 2)),
        (f"{TALL} [1] [2].", (1, 2)),
        (f"{TALL} [1-3].", (1, 2, 3)),
        (f"{TALL} [1–3].", (1, 2, 3)),
        (f"{TALL} ［１］.", (1,)),
        (f"{TALL}【2】.", (2,)),
        (f"{TALL}【2†source】.", (2,)),
        (f"{TALL} [^1].", (1,)),
        (f"{TALL}.¹", (1,)),
        (f"{TALL}²³.", (23,)),
        (f"{TALL} [[1]].", (1,)),
        (f"{TALL} [1](https://example.org).", (1,)),
        (f"{TALL} [Evidence 1].", (1,)),
        (f"{TALL} (evidence 1).", (1,)),
        (f"{TALL} [sources: 1; 3].", (1, 3)),
        (f"{TALL} [1, page 4].", (1,)),
        (f"{TALL} [page 4].", ()),
        (f"{TALL} (p. iv).", ()),
        (f"{TALL} (pages 4-5).", ()),
        (f"{TALL} [3-1].", (3,)),
        (f"{TALL}.", ()),
    ],
)
def test_marks_are_read_and_taken_out(written: str, numbers: tuple[int, ...]) -> None:
    marked = without_marks(written)
    assert marked.numbers == numbers
    assert marked.text == f"{TALL}."[: len(marked.text)]
    assert not marked.broken


@pytest.mark.parametrize(
    "text", ["The hall has 40 m² of floor.", "It was lit by Anning (1871) on the pier."]
)
def test_units_and_years_are_no_marks(text: str) -> None:
    assert without_marks(text).text == text


MARKS = ["[1]", "[1,2]", "[1][2]", "[1-3]", "［１］", "【1】", "[^1]", "[Evidence 1]", "[1†source]"]
SHOWN_MARK = re.compile(r"\[\s*\^?\d|\d\s*\]|\[$|［|【|】|］|†")


@pytest.mark.parametrize("mark", MARKS)
def test_no_half_of_a_mark_is_left_at_any_cut(mark: str) -> None:
    whole = f"{TALL} {mark}"
    for cut in range(len(TALL), len(whole) + 1):
        marked = without_marks(whole[:cut])
        assert marked.broken or not SHOWN_MARK.search(marked.text), (whole[:cut], marked.text)


@given(st.text(alphabet="ab. [1]2,-［１］†¹^()\n", max_size=40))
def test_what_is_not_broken_holds_no_mark(text: str) -> None:
    marked = without_marks(text)
    assert marked.broken or not SHOWN_MARK.search(marked.text)
    assert len(blanked(text, final=True)) == len(text) >= len(blanked(text, final=False))


def test_a_whole_mark_closes_a_sentence() -> None:
    assert ends_marked(f"{TALL} [1]")
    assert not ends_marked(f"{TALL} [1")
    assert not ends_marked(TALL)
