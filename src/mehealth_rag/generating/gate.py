"""The gate: takes generated text as it arrives and passes only sentences the evidence entails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from mehealth_rag.generating.units import Splitter, Unit
from mehealth_rag.guard.values import values
from mehealth_rag.language.words import content_words, fold, words
from mehealth_rag.types import Dropped, Quote

CUT_OFF = "cut off"
BROKEN_MARK = "broken citation mark"
REPEATED = "repeated"
ASKS = "a question, no statement"
HEADING = "a heading, no statement"
SAYS_NOTHING = "says nothing by itself"
ONLY_A_SOURCE = "names a source, says nothing of it"
LEADS_NOWHERE = "announces a list of which nothing is left"
SILENT = "says that the evidence does not answer"

NO_CLAIMS = frozenset(
    {CUT_OFF, REPEATED, ASKS, HEADING, SAYS_NOTHING, ONLY_A_SOURCE, LEADS_NOWHERE, SILENT}
)
"""Reasons that are not about whether the documents support a sentence."""

MOST_REPEATED = 2
MOST_DROPPED = 6
"""Generation stops after this many sentences dropped in a row; `MOST_REPEATED` limits repeated
ones."""

MOST_IN_OPENING = 3
"""Words up to which a sentence ("Not yet.") is judged together with the next."""

_GIVEN = r"(?:evidence|documents?|texts?|passages?|sources?|context|information|excerpts?)"
_NOT = r"(?:(?:do|does|did|is|are|was|were|can|could|has|have) ?(?:not|n't)|cannot|can't)"
_TELL = (
    r"(?:answer|say|said|stat|mention|contain|provid|specif|includ|giv|indicat|cover|tell|found"
    r"|find|disclos|discuss|describ|address|determin)\w*"
)
_FEW = r"(?: \w+){0,2}"
_SILENCE = re.compile(
    rf"\bnot{_FEW} (?:in|by|from) the (?:(?:provided|given|available|above) )?{_GIVEN}\b"
    rf"|\b{_GIVEN}{_FEW} {_NOT}{_FEW} {_TELL}"
    rf"|\b{_GIVEN}{_FEW} (?:contain|give|provide|make|include|mention|state)s? no\b"
    rf"|\b{_NOT}{_FEW} {_TELL} anywhere\b"
    r"|^\W*i(?: am|'m) (?:sorry|afraid)\b|\bi(?: am|'m) (?:unable|not able)\b"
    rf"|\bi {_NOT}{_FEW} (?:know|help|assist|have|see|{_TELL})\b"
    r"|\bno (?:information|mention)\b|\bno evidence (?:that|to) (?:answer|say|state)s?\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"")
"""A quotation: someone else speaks, not the model."""

_LABEL = re.compile(
    r"^(?:answer|question|evidence|note|sources?|references?|citations?|rules?|response)\b"
    r"[^.]{0,20}:$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision on a sentence: show `text` with its quotes, or drop it for reasons.

    Without quotes it is dropped; an empty `text` means the sentence as written.
    """

    quotes: tuple[Quote, ...] = ()
    reasons: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A sentence that may be shown and the quotes that prove it; `item`: it is a list item."""

    text: str
    quotes: tuple[Quote, ...]
    item: bool = False


Judge = Callable[[Unit, bool], Ruling]
"""Rules on a sentence; the flag says that the one before it was dropped."""


@dataclass
class Gate:
    """Judges each sentence as soon as it is complete.

    The result does not depend on how the text is cut into pieces. Sentences that would exceed
    `most_words` are left out, except the first. `done`: no further text is needed. `silent`: the
    writer says that the evidence does not answer; if that comes first, the rest is ignored.
    """

    judge: Judge
    most_words: int = 150
    passed: list[Passed] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    done: bool = False
    silent: bool = False
    _splitter: Splitter = field(default_factory=Splitter)
    _seen: set[str] = field(default_factory=set)
    _repeated: int = 0
    _dropped_in_a_row: int = 0
    _opening: Unit | None = None
    _lead: Passed | None = None
    """A list introduction held until an item is shown; without quotes it takes the item's."""
    _introducing: str = ""
    """The introduction that list items are judged with."""

    def feed(self, piece: str) -> list[Passed]:
        """Return the sentences that may be shown after this piece."""
        before = len(self.passed)
        if not self.done:
            self._judge_units(self._splitter.feed(piece))
        return self.passed[before:]

    def finish(self, *, ended: bool = False) -> list[Passed]:
        """Return the remaining sentences; `ended`: the writer was not cut off."""
        before = len(self.passed)
        if not self.done:
            self._judge_units(self._splitter.finish(ended=ended))
            self._judge_opening()
        self._drop_lead()
        self.done = True
        return self.passed[before:]

    def _judge_units(self, units: Iterable[Unit]) -> None:
        for unit in units:
            if not self.done and words(unit.text) and not _LABEL.match(unit.text):
                self._judge_unit(unit)

    def _judge_unit(self, unit: Unit) -> None:
        """Rule on a unit, together with the opening before it if there is one."""
        if _is_opening(unit):
            self._judge_opening()
            self._opening = unit
            return
        fault = self._fault(unit)
        leads = unit.text.endswith(":")
        opening = self._opening
        if opening is not None and not (fault or leads or unit.item or unit.opening):
            numbers = (*opening.numbers, *unit.numbers)
            unit = replace(unit, opening=opening.text, numbers=numbers)
            self._opening = None
        self._judge_opening()
        if leads or not unit.item:
            self._introducing = ""
            self._drop_lead()
        if fault:
            self._drop(unit.shown, (fault,))
        elif leads:
            self._begin_list(unit)
        else:
            self._judge_sentence(replace(unit, lead=self._introducing))

    def _judge_opening(self) -> None:
        """Rule on a pending opening by itself."""
        opening, self._opening = self._opening, None
        if opening is not None:
            self._carry_out(opening, self._ruling(opening))

    def _ruling(self, unit: Unit) -> Ruling:
        if not content_words(unit.shown):
            return Ruling(reasons=(SAYS_NOTHING,))
        return self.judge(unit, self._dropped_in_a_row > 0)

    def _judge_sentence(self, unit: Unit) -> None:
        """Rule on a sentence with its opening; if that fails, on each alone."""
        ruling = self._ruling(unit)
        if unit.opening and not ruling.quotes:
            sentence = unit.without_opening
            alone = self._ruling(sentence)
            if alone.quotes or content_words(unit.opening):
                opening = Unit(unit.opening, unit.numbers)
                self._carry_out(opening, self._ruling(opening))
                self._carry_out(sentence, alone)
                return
        self._carry_out(unit, ruling)

    def _carry_out(self, unit: Unit, ruling: Ruling) -> None:
        if ruling.quotes:
            self._pass(Passed(ruling.text or unit.shown, ruling.quotes, unit.item))
        else:
            self._drop(unit.shown, ruling.reasons)

    def _begin_list(self, unit: Unit) -> None:
        """Hold a list introduction until an item is shown.

        It is judged with each item, or by itself if it has a figure, which does not apply to each
        item ("There are four sites:").
        """
        lead = Passed(unit.shown, ())
        parsed = values(unit.shown)
        if parsed.amounts or parsed.dates:
            ruling = self._ruling(unit)
            if not ruling.quotes:
                self._drop(unit.shown, ruling.reasons)
                return
            lead = replace(lead, quotes=ruling.quotes)
        else:
            self._introducing = unit.shown
        self._lead = lead

    def _fault(self, unit: Unit) -> str:
        """Return why a sentence is dropped whatever the evidence says; "" if nothing is wrong."""
        plain = fold(" ".join(content_words(unit.shown)))
        repeated = plain in self._seen
        self._seen.add(plain)
        self._repeated += repeated
        if _is_silence(unit.text):
            self.silent = True
            self.done = not self.passed
            return SILENT
        if unit.heading:
            return HEADING
        if not unit.whole:
            return CUT_OFF
        if unit.broken:
            return BROKEN_MARK
        if repeated:
            self.done = self._repeated > MOST_REPEATED
            return REPEATED
        return ASKS if unit.text.endswith("?") else ""

    def _pass(self, passed: Passed) -> None:
        sentences = [passed]
        if self._lead is not None and passed.item:
            sentences.insert(0, replace(self._lead, quotes=self._lead.quotes or passed.quotes))
            self._lead = None
        words_shown = sum(len(p.text.split()) for p in (*self.passed, *sentences))
        if self.passed and words_shown > self.most_words:
            self.done = True
        else:
            self.passed += sentences
            self._dropped_in_a_row = 0

    def _drop_lead(self) -> None:
        lead, self._lead = self._lead, None
        if lead is not None:
            self._drop(lead.text, (LEADS_NOWHERE,))

    def _drop(self, text: str, reasons: tuple[str, ...]) -> None:
        self.dropped.append(Dropped(text, reasons))
        self._dropped_in_a_row += 1
        self.done = self.done or self._dropped_in_a_row >= MOST_DROPPED


def _is_opening(unit: Unit) -> bool:
    """Return whether a unit says too little to be judged alone: "Yes.", "Not yet."."""
    is_short = len(words(unit.text)) <= MOST_IN_OPENING and not values(unit.text).amounts
    is_plain = unit.whole and not (unit.broken or unit.item or unit.opening)
    return is_plain and is_short and unit.text.endswith((".", "!")) and not _is_silence(unit.text)


def _is_silence(text: str) -> bool:
    return _SILENCE.search(_QUOTED.sub("", text.replace("’", "'"))) is not None
