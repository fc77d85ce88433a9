"""A reader that is told what answers and what decides: tests of what is made of it hold for any
weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.assistant import Assistant
from mehealth_rag.reader.model import Calibration, Judgement, Limits, PassageReading
from mehealth_rag.reader.regression import VerdictRegression
from mehealth_rag.reader.rows import PassageText
from mehealth_rag.types import Turn

SURE, NEAR, FAR = 0.99, 0.04, 0.001
"""Of a sentence that answers or decides, of the others of its passage, and of other passages'.

Never 0: that is said of sentences that may not be told.
"""

OTHERWISE = 0.005
"""Of each verdict that was not told."""


@dataclass(frozen=True, slots=True)
class ToldReader:
    """Finds that the sentences answer that hold one of its `words`.

    Those, and those with one of the words `carried`, carry a statement that holds the same word;
    those with one of the words `denied` deny it.
    """

    words: tuple[str, ...]
    denied: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    right: Calibration = field(default_factory=Calibration)
    verdicts: VerdictRegression = field(default_factory=VerdictRegression)
    turns: list[list[Turn]] = field(default_factory=list)
    """The turns that came with each question that was read."""
    questions: list[str] = field(default_factory=list)

    def read(
        self, question: str, history: Sequence[Turn], texts: Sequence[PassageText]
    ) -> list[PassageReading]:
        self.questions.append(question)
        self.turns.append(list(history))
        return [self._reading(text) for text in texts]

    def judge(
        self,
        statement: str,
        texts: Sequence[PassageText],
        question: str = "",  # noqa: ARG002
    ) -> list[Judgement]:
        return [self._judgement(statement, text) for text in texts]

    def _reading(self, text: PassageText) -> PassageReading:
        answering = [any(w in s for w in self.words) for s in text.sentences]
        if not any(answering):
            return PassageReading(FAR, (FAR,) * len(answering))
        return PassageReading(SURE, _chances(answering))

    def _judgement(self, statement: str, text: PassageText) -> Judgement:
        carrying, denying = (
            [any(w in s and w in statement for w in words) for s in text.sentences]
            for words in ((*self.words, *self.carried), self.denied)
        )
        if any(carrying):
            return Judgement(SURE, OTHERWISE, OTHERWISE, _chances(carrying))
        if any(denying):
            return Judgement(OTHERWISE, SURE, OTHERWISE, _chances(denying))
        return Judgement(OTHERWISE, OTHERWISE, SURE, (0.0,) * len(text.sentences))


@dataclass(frozen=True, slots=True)
class ToldJudge:
    """Finds that statements are denied, or carried, that hold one of some words; others untold."""

    denied: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    judged: list[str] = field(default_factory=list)
    """The statements that were judged."""

    def judge(
        self,
        statement: str,
        texts: Sequence[PassageText],
        question: str = "",  # noqa: ARG002 - as a reader is called
    ) -> list[Judgement]:
        self.judged.append(statement)
        chances = {"carried": 0.02, "denied": 0.02, "untold": 0.02}
        chances[self._verdict(statement)] = 0.96
        return [Judgement(**chances, evidence=(0.5,) * len(text.sentences)) for text in texts]

    def _verdict(self, statement: str) -> str:
        if any(word in statement for word in self.carried):
            return "carried"
        return "denied" if any(word in statement for word in self.denied) else "untold"


def told(
    assistant: Assistant, *words: str, denied: Sequence[str] = (), carried: Sequence[str] = ()
) -> Assistant:
    """The assistant whose reader finds that sentences with these words answer, carry and deny."""
    reader = ToldReader(words, tuple(denied), tuple(carried))
    return replace(assistant, reader=lambda: reader)  # type: ignore[arg-type, return-value]


def _chances(deciding: Sequence[bool]) -> tuple[float, ...]:
    return tuple(SURE if own else NEAR for own in deciding)
