"""The gate: generated text comes in as it is written, only sentences that are carried come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mehealth_rag.grounding.splitting import Splitter, Unit
from mehealth_rag.language.words import content_words, fold
from mehealth_rag.types import Dropped

T = TypeVar("T")

CUT_OFF = "cut off"
BROKEN_MARK = "broken citation mark"
REPEATED = "repeated"
ASKS = "a question, no statement"
LEADS_NOWHERE = "announces a list of which nothing is left"
SILENT = "says that the evidence does not answer"

MOST_REPEATED = 2
MOST_DROPPED = 6
"""After so many sentences in a row that say nothing new, or that are dropped, nobody waits on."""

_SILENCE = re.compile(
    r"\bnot in the evidence\b|\b(?:evidence|documents?|texts?|passages?|sources?|context)\b[^.]*"
    r"\b(?:do(?:es)? not|did not|doesn't|don't|cannot|no)\b[^.]*"
    r"\b(?:answer|say|state|mention|contain|provide|specif|include|give|information)"
    r"|\bi (?:do not|don't|cannot|can't) (?:know|answer|find)\b"
    r"|\b(?:there is )?no (?:information|mention|evidence)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:answer|question|evidence|note|sources?|rules?|response)\b[^.]{0,20}:$", re.I
)


@dataclass(frozen=True, slots=True)
class Ruling(Generic[T]):
    """What is to be done with a sentence: shown with its proof, or dropped for reasons."""

    proof: T | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed(Generic[T]):
    """A sentence that may be shown, and what carries it. `item`: it was written as a list item."""

    text: str
    proof: T
    item: bool = False


Judge = Callable[[Unit, bool], Ruling[T]]
"""Rules on a sentence; the flag says that the one written before it was dropped."""


@dataclass
class Gate(Generic[T]):
    """Holds each sentence against the evidence as soon as it is whole.

    The text may come in pieces of any size: what passes, and what is dropped, is the same.
    What would make the whole longer than `most_words` is left out, the first sentence aside.
    `done` says that more of the text would be in vain. `silent`: the writer says that the evidence
    does not answer.
    """

    judge: Judge[T]
    most_words: int = 120
    passed: list[Passed[T]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    done: bool = False
    silent: bool = False
    _splitter: Splitter = field(default_factory=Splitter)
    _seen: set[str] = field(default_factory=set)
    _repeated: int = 0
    _dropped_in_a_row: int = 0
    _lead: Passed[T] | None = None

    def feed(self, piece: str) -> list[Passed[T]]:
        """What may be shown now that this piece has come."""
        return [] if self.done else self._rule(self._splitter.feed(piece))

    def finish(self) -> list[Passed[T]]:
        """What may be shown now that nothing more comes."""
        found = [] if self.done else self._rule(self._splitter.finish())
        self._drop_lead()
        self.done = True
        return found

    def _rule(self, units: Iterable[Unit]) -> list[Passed[T]]:
        found: list[Passed[T]] = []
        for unit in units:
            if self.done:
                break
            if not content_words(unit.text) or _LABEL.match(unit.text):
                continue
            found += self._one(unit)
        return found

    def _one(self, unit: Unit) -> list[Passed[T]]:
        fault = self._fault(unit)
        ruling: Ruling[T] = (
            Ruling(None, (fault,)) if fault else self.judge(unit, self._after_dropped)
        )
        if ruling.proof is None:
            self._drop(unit.text, ruling.reasons)
            return []
        passed = Passed(unit.text, ruling.proof, unit.item)
        if unit.text.endswith(":"):
            self._drop_lead()
            self._lead = passed
            return []
        return self._pass(passed)

    @property
    def _after_dropped(self) -> bool:
        return self._dropped_in_a_row > 0 or not self.passed

    def _fault(self, unit: Unit) -> str:
        """What speaks against a sentence whatever the evidence says; empty: nothing."""
        plain = fold(" ".join(content_words(unit.text)))
        repeated = plain in self._seen
        self._seen.add(plain)
        self._repeated += repeated
        if _SILENCE.search(unit.text):
            self.silent = True
            return SILENT
        if not unit.whole:
            return CUT_OFF
        if unit.broken:
            return BROKEN_MARK
        if repeated:
            self.done = self._repeated > MOST_REPEATED
            return REPEATED
        return ASKS if unit.text.endswith("?") else ""

    def _pass(self, passed: Passed[T]) -> list[Passed[T]]:
        found = [passed]
        if self._lead is not None and passed.item:
            found.insert(0, self._lead)
            self._lead = None
        self._drop_lead()
        words = sum(len(p.text.split()) for p in (*self.passed, *found))
        if self.passed and words > self.most_words:
            self.done = True
            return []
        self.passed += found
        self._dropped_in_a_row = 0
        return found

    def _drop_lead(self) -> None:
        lead, self._lead = self._lead, None
        if lead is not None:
            self._drop(lead.text, (LEADS_NOWHERE,))

    def _drop(self, text: str, reasons: tuple[str, ...]) -> None:
        self.dropped.append(Dropped(text, reasons))
        self._dropped_in_a_row += 1
        self.done = self.done or self._dropped_in_a_row >= MOST_DROPPED
