"""The limits of a packaged reader are those under which its answers are right."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mehealth_rag.reader.model import Limits, PassageReading
from training.examples import GOLD, HARMLESS, OTHER, Example, Reading
from training.package import best_limits


def test_limits_are_found_that_part_what_answers_from_what_does_not() -> None:
    chance = Random(1)
    questions, read = [], []
    for number in range(40):
        is_answerable = number % 4 != 0
        readings = [
            Reading(0, [GOLD] if is_answerable else [OTHER], 0),  # what no search brought
            *(Reading(rank, [OTHER, HARMLESS, OTHER], rank) for rank in (1, 2, 3)),
        ]
        readings[1 + number % 3].labels[1] = GOLD if is_answerable else OTHER
        readings[0].labels[0] = OTHER
        surely = {GOLD: 0.6, HARMLESS: 0.1, OTHER: 0.02}
        read.append(
            [
                PassageReading(0.5, tuple(surely[x] + chance.random() / 50 for x in r.labels))
                for r in readings
                if r.rank
            ]
        )
        questions.append(Example("q:made", "d", "md", "?", readings, answerable=is_answerable))
    limits, figures = best_limits(questions, read)
    assert figures == {"evidence": 1.0, "best_right": 1.0, "abstention_f1": 1.0}
    assert limits != Limits(answer=0.0, by_rank=limits.by_rank)
    alike = [replace(q, answerable=n == 1) for n, q in enumerate(questions)]
    _, worse = best_limits(alike, read)
    assert worse["evidence"] < 1
