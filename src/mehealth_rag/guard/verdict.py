"""The guard's verdict on a statement: what the reader and exact values say, weighed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mehealth_rag.guard.case import Case
from mehealth_rag.guard.readings import NOTHING_SAID, Readings, Weighed
from mehealth_rag.guard.signals import signals
from mehealth_rag.guard.values import Amount, values, without
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import fold
from mehealth_rag.reader.model import Judgement, Reader

AS_SURELY = 0.9
"""The share of a verdict's probability that fewer quotes must keep to replace all of them."""

BOTH_SURE = 0.8
"""Texts are said to disagree if the verdict of each has at least this probability."""

WORD_FOR_WORD, FEWEST_WORDS = 0.999, 4
"""The probability of the verdict if a sentence is the statement, or differs only in a figure; and
the fewest words that the statement needs for that."""

_ADDING = re.compile(r"[;:] |, (?:and|as well as|including|which|who|whose|where|\w+ing)\b")
"""How a sentence continues where its beginning is true alone: with no condition or exception."""


def weigh(reader: Reader, case: Case) -> Weighed:
    """Judge a statement by its passages."""
    return verdict(Readings.of(reader, case))


def verdict(readings: Readings) -> Weighed:
    """Weigh what the reader and exact comparison say of the statement.

    A sentence that is the statement, or differs only in a figure, needs no reader.
    """
    candidates = readings.candidates
    # An answer may depend on its question, so the same words may be about something else.
    verbatim = [] if readings.case.question else list(word_for_word(readings.case))
    if verbatim or not candidates:
        return decisive(verbatim)
    if disputed := _sure_though_disputed(candidates):
        return disputed
    carried, denied, untold = readings.regression.probabilities(signals(readings))
    judgement = Judgement(carried, denied, untold, ())
    if carried >= max(denied, untold):
        chosen = max(candidates, key=lambda w: (not w.lacks_value, w.read.carried))
    elif denied >= untold:
        chosen = max(candidates, key=lambda w: w.judgement.denied)
    else:
        chosen = decisive(candidates)
    return replace(chosen, judgement=_without_support(judgement, chosen))


def _without_support(judgement: Judgement, chosen: Weighed) -> Judgement:
    """Take all support from a statement whose quotes lack a value of it.

    What is lost is divided as exact comparison divided the reader's own judgement.
    """
    if not chosen.lacks_value:
        return judgement
    denied, untold = chosen.judgement.denied, chosen.judgement.untold
    moved = judgement.carried * denied / max(denied + untold, 1e-9)
    denied = judgement.denied + moved
    return replace(judgement, carried=0.0, denied=denied, untold=1 - denied)


def _sure_though_disputed(candidates: Sequence[Weighed]) -> Weighed | None:
    """Return what surely supports a statement that a text with another figure surely denies."""
    best = max(candidates, key=lambda w: w.judgement.carried)
    is_disputed = any(w.differing and w.judgement.denied >= BOTH_SURE for w in candidates)
    is_sure = best.judgement.carried >= BOTH_SURE and not best.missing
    return best if is_sure and is_disputed else None


def decisive(candidates: Sequence[Weighed]) -> Weighed:
    """Return the clearest judgement, the first of equals."""
    return max(candidates, key=lambda w: w.surely, default=NOTHING_SAID)


def word_for_word(case: Case) -> Iterator[Weighed]:
    """Yield a judgement for each sentence that begins with the statement or differs in a figure."""
    if len(case.statement.split()) < FEWEST_WORDS:
        return
    sure, rest = WORD_FOR_WORD, 1 - WORD_FOR_WORD
    for n, text in enumerate(case.texts):
        for i, sentence in enumerate(text.sentences):
            says = _says(sentence, case.statement)
            if says or _differ_in_a_figure(case.statement, sentence):
                judgement = Judgement(sure * says, sure * (not says), rest, ())
                yield Weighed(judgement, judgement, ((n, i),), case.steps([(n, i)]))


def least(reader: Reader, case: Case, weighed: Weighed) -> Weighed:
    """Replace the quotes with the fewest that speak for the same verdict about as surely.

    Tries each quote alone, then more and more of the best ones.
    """
    quotes = weighed.quotes
    if len(quotes) < 2:
        return weighed
    tried = [*((place,) for place in quotes), *(quotes[:n] for n in range(2, len(quotes) + 1))]
    texts = [case.only(places) for places in tried]
    judged = reader.judge(case.statement, texts, case.question)
    is_support = weighed.judgement.carried >= weighed.judgement.denied
    speaking = [j.carried if is_support else j.denied for j in judged]
    for places, probability in zip(tried, speaking, strict=True):
        fewer = replace(weighed, quotes=places, steps=case.steps(places))
        no_more_missing = len(fewer.missing) <= len(weighed.missing)
        same_difference = (fewer.differing is None) == (weighed.differing is None)
        if no_more_missing and same_difference and probability >= AS_SURELY * speaking[-1]:
            return fewer
    return weighed


def _says(sentence: str, statement: str) -> bool:
    """Return whether a statement is a sentence, or its beginning up to a mere addition."""
    text, claim = _plain(sentence), _plain(statement)
    return text == claim or (text.startswith(claim) and _ADDING.match(text, len(claim)) is not None)


def _differ_in_a_figure(one: str, other: str) -> bool:
    """Return whether two sentences differ only in a figure with a unit, currency or percent sign.

    A plain number may be a name ("Room 12"), and what holds in one year need not hold in the next.
    """
    figures, other_figures = _measured(one), _measured(other)
    if len(figures) != len(other_figures) or _plain(without(one, figures, "#")) != _plain(
        without(other, other_figures, "#")
    ):
        return False
    return any(not a.agrees(b) for a, b in zip(figures, other_figures, strict=True))


def _measured(text: str) -> list[Amount]:
    amounts = (a for a in values(text).amounts if a.dimension and a.kind is not FigureKind.YEAR)
    return sorted(amounts, key=lambda a: a.span.start)


def _plain(text: str) -> str:
    return " ".join(fold(text).split()).rstrip(".!")
