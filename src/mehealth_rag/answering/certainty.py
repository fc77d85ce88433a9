"""How sure an answer is, in the words that a person reads; programs read the number."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from mehealth_rag.types import Status

if TYPE_CHECKING:
    from mehealth_rag.types import Answer

# The borders say what the words promise, of any reader: that a person need not look (three answers
# in four are right), that it is rather right than wrong, and that it is not even that. What a
# reader's scores are worth is its calibration's business, before they come here.
SURE_FROM, LIKELY_FROM = 0.75, 0.5


class Certainty(StrEnum):
    """How sure an answer is, as the page and the terminal say it."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure: check the page"


def certainty(answer: Answer) -> Certainty | None:
    """How sure an answer is by the band of its confidence; None where it quotes no document."""
    if answer.status is not Status.ANSWERED or not answer.citations:
        return None
    if answer.confidence >= SURE_FROM:
        return Certainty.SURE
    return Certainty.LIKELY if answer.confidence >= LIKELY_FROM else Certainty.UNSURE
