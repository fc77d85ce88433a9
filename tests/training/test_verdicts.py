"""The regression over signals: its weights in a card give what was fitted."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from random import Random

import pytest

from mehealth_rag.encoder.shipped import CARD
from mehealth_rag.guard.case import Case
from mehealth_rag.guard.readings import Readings
from mehealth_rag.guard.signals import signals
from mehealth_rag.reader.model import FORMS, Limits, Reader
from mehealth_rag.reader.regression import VerdictRegression
from mehealth_rag.reader.rows import PassageText
from training.verdicts import VERDICTS, Sample, fitted, matrix, thresholds, weights


def made(count: int) -> list[Sample]:
    """Statements of four corpora whose first signal tells their verdict, mostly."""
    chance = Random(1)
    samples = []
    for number in range(count):
        verdict = number % 3
        values = {"told": verdict + chance.gauss(0, 0.3), "noise": chance.gauss(5, 2)}
        values |= {"bias": 1.0, "all_lack_value": 0.0}
        samples.append(Sample(values, VERDICTS[verdict], f"corpus {number % 4}"))
    return samples


def test_the_weights_of_a_card_give_the_fitted_probabilities() -> None:
    samples = made(90)
    regression = VerdictRegression(**weights(samples))
    expected = fitted(samples).predict_proba(matrix(samples))
    for sample, row in zip(samples, expected.tolist(), strict=True):
        assert regression.probabilities(sample.signals) == pytest.approx(row, abs=1e-3)


def test_thresholds_are_chosen_and_a_missing_value_is_never_supported() -> None:
    samples = made(120)
    limits, figures = thresholds(samples, Limits(answer=0.2))
    assert limits.answer == 0.2
    assert figures["verdicts"] > 0.85
    assert figures["false_support"] < 0.1
    lacking = [replace(s, signals=s.signals | {"all_lack_value": 1.0}) for s in samples]
    assert thresholds(lacking, Limits())[1]["false_support"] == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_packaged_reader_has_a_weight_for_every_signal(form: str) -> None:
    text = (files("mehealth_rag.reader") / form / CARD).read_text(encoding="utf-8")
    own = json.loads(text)["calibration"]["verdicts"]
    case = Case("The ferry is blue.", [PassageText("Ferry", ("The ferry is painted blue.",))])
    readings = Readings.of(Reader.load(form), case)
    for of_class in own.values():
        assert set(of_class) == set(signals(readings))
