"""What speaks for and against a statement, in numbers, for the regression that weighs it.

The reader alone takes closeness for a lie: most lies that it learnt from were close to their text.
How it judges the statement's passages, its best sentence and its opposites, and what the words and
exact values show, separate true statements from false ones far better together (docs/checking.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from mehealth_rag.guard.opposite import LEAST, leaning, log, support_odds
from mehealth_rag.guard.readings import LEAST_EVIDENCE, NOTHING_SAID, Readings
from mehealth_rag.guard.values import Amount, Date, Name, Values, values
from mehealth_rag.language.words import content_stems, words
from mehealth_rag.reader.model import Judgement

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|without|neither|nor|nobody|nothing|cannot|only|few|fewer|less)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)


def signals(readings: Readings) -> dict[str, float]:
    """Return log odds, log probabilities, shares and flags, by the names that weights refer to."""
    candidates = readings.candidates
    surest = max(candidates, key=lambda weighed: weighed.surely)
    fewest = min(candidates, key=lambda weighed: len(weighed.missing))
    alone = readings.alone or NOTHING_SAID.read
    together = readings.together or NOTHING_SAID.read
    every = readings.passages
    deciding = [p for judgement in every for p in judgement.evidence]
    return {
        "bias": 1.0,
        **_logs("surest", surest.judgement),
        **_logs("together", together),
        **_logs("alone", alone),
        "most_carried": max(_odds(w.judgement.carried) for w in candidates),
        "most_denied": max(_odds(w.judgement.denied) for w in candidates),
        "pooled": _pooled(every),
        "least_untold": min(_odds(judgement.untold) for judgement in every),
        "leaning": leaning(together, readings.opposed) if readings.opposed else 0.0,
        "deciding": _odds(max(deciding, default=0.0)),
        "deciding_sentences": sum(p > LEAST_EVIDENCE for p in deciding),
        "values": min(sum(step.kind != "name" for step in surest.steps), 4),
        "lacks_value": any(step.kind != "name" for step in surest.missing),
        "lacks_name": any(step.kind == "name" for step in surest.missing),
        "all_lack_value": any(step.kind != "name" for step in fewest.missing),
        "differs": surest.differing is not None,
        "derived": any(step.how not in {"stands", "missing"} for step in fewest.steps),
        **_wording(readings),
    }


def _wording(readings: Readings) -> dict[str, float]:
    """How much of the statement's wording its best sentence has."""
    statement = readings.case.statement
    sentence, context = readings.best_sentence
    claimed, quoted = content_stems(statement), content_stems(sentence)
    shared = len(claimed & quoted)
    return {
        "covered": shared / max(len(claimed), 1),
        "covered_with_heading": len(claimed & (quoted | content_stems(context)))
        / max(len(claimed), 1),
        "used": shared / max(len(quoted), 1),
        "in_order": in_order(statement, sentence),
        "negated": _NEGATION.search(statement) is not None,
    }


def in_order(statement: str, sentence: str) -> float:
    """Return the share of neighbouring values of a statement that a sentence has in this order.

    Two that were exchanged stand the other way round. 1.0 if the sentence has fewer than two.
    """
    quoted = values(sentence)
    places = [place for value in _placed(statement) if (place := _place(value, quoted)) is not None]
    pairs = list(pairwise(places))
    return sum(first < second for first, second in pairs) / len(pairs) if pairs else 1.0


def _placed(statement: str) -> list[Amount | Date | Name]:
    """Return the figures, dates and names of a text in its order."""
    claimed = values(statement)
    every: list[Amount | Date | Name] = [*claimed.amounts, *claimed.dates, *claimed.names]
    return sorted(every, key=lambda value: value.span.start)


def _place(value: Amount | Date | Name, quoted: Values) -> int | None:
    """Return where the first equal value begins among those of a sentence."""
    if isinstance(value, Amount):
        amounts = (*quoted.amounts, *quoted.years)
        equal = [a.span for a in amounts if value.equals(a) or value.rounds(a)]
    elif isinstance(value, Date):
        equal = [date.span for date in quoted.dates if value.within(date)]
    else:
        equal = [name.span for name in quoted.names if words(value.text) == words(name.text)]
    return min((span.start for span in equal), default=None)


def _logs(name: str, judgement: Judgement) -> dict[str, float]:
    return {
        f"{name}_carried": log(judgement.carried),
        f"{name}_denied": log(judgement.denied),
        f"{name}_untold": log(judgement.untold),
    }


def _pooled(judgements: Sequence[Judgement]) -> float:
    """Return the passages' mean log odds of support, each by how surely it decides."""
    weights = [max(j.evidence, default=0.0) * (1 - j.untold) + 1e-6 for j in judgements]
    odds = map(support_odds, judgements)
    return sum(w * x for w, x in zip(weights, odds, strict=True)) / sum(weights)


def _odds(probability: float) -> float:
    clamped = min(max(probability, LEAST), 1 - LEAST)
    return math.log(clamped / (1 - clamped))
