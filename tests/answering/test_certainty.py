"""How sure an answer is, in a word."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from mehealth_rag.cli.show import show_answer
from mehealth_rag.types import Answer, Certainty, Citation, Status, certainty

QUOTED = Answer(
    "How tall is it?",
    "How tall is it?",
    Status.ANSWERED,
    "It is **42 metres** tall [1].",
    citations=(Citation(1, "guide", "A guide", 1, "1", "It is 42 metres tall."),),
)
DIM = "\x1b[2m"


def shown(answer: Answer, *, colours: bool = False) -> str:
    out = io.StringIO()
    system = "standard" if colours else None
    show_answer(Console(file=out, width=80, force_terminal=True, color_system=system), answer)
    return out.getvalue()


@pytest.mark.parametrize(
    ("confidence", "band"),
    [
        (1.0, Certainty.SURE),
        (0.75, Certainty.SURE),
        (0.7499, Certainty.LIKELY),
        (0.5, Certainty.LIKELY),
        (0.4999, Certainty.UNSURE),
        (0.0, Certainty.UNSURE),
    ],
)
def test_a_band_of_confidence_is_a_word(confidence: float, band: Certainty) -> None:
    answer = replace(QUOTED, confidence=confidence)
    assert certainty(answer) is band
    assert shown(answer).splitlines()[:2] == ["It is 42 metres tall [1].", f"({band})"]


@pytest.mark.parametrize("status", Status)
def test_what_quotes_nothing_is_neither_sure_nor_unsure(status: Status) -> None:
    answer = Answer("hi", "hi", status, "Hello.", confidence=1.0)
    assert certainty(answer) is None
    assert "sure" not in shown(answer)


def test_the_words_of_an_unsure_answer_are_dimmed() -> None:
    unsure, likely = (shown(replace(QUOTED, confidence=c), colours=True) for c in (0.3, 0.6))
    assert unsure.startswith(DIM)
    assert not likely.startswith(DIM)
