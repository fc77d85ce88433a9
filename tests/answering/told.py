"""A reader that is told what answers: tests of what is made of it hold for any weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.assistant import Assistant
from mehealth_rag.reader.model import Calibration, Limits, PassageReading
from mehealth_rag.reader.rows import PassageText
from mehealth_rag.types import Turn

SURE, NEAR, FAR = 0.99, 0.12, 0.001
"""Of a sentence that answers, of the others of its passage, and of those of other passages.

Never 0: that is said of sentences that may not be told.
"""


@dataclass(frozen=True, slots=True)
class ToldReader:
    """Finds that the sentences answer that hold one of its `words`."""

    words: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    right: Calibration = field(default_factory=Calibration)
    turns: list[list[Turn]] = field(default_factory=list)
    """The turns that came with each question that was read."""

    def read(
        self,
        question: str,  # noqa: ARG002 - as a reader is called
        history: Sequence[Turn],
        texts: Sequence[PassageText],
    ) -> list[PassageReading]:
        self.turns.append(list(history))
        return [self._reading(text) for text in texts]

    def _reading(self, text: PassageText) -> PassageReading:
        answering = [any(w in s for w in self.words) for s in text.sentences]
        if not any(answering):
            return PassageReading(FAR, (FAR,) * len(answering))
        return PassageReading(SURE, tuple(SURE if a else NEAR for a in answering))


def told(assistant: Assistant, *words: str) -> Assistant:
    """The assistant whose reader finds that sentences with these words answer."""
    return replace(assistant, reader=lambda: ToldReader(words))  # type: ignore[arg-type, return-value]
