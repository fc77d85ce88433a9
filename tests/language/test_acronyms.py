from __future__ import annotations

import pytest

from mehealth_rag.language.acronyms import expand, learn_acronyms

WORKS = "The Norfolk Energy Works was founded."
LEARNT: list[tuple[list[str], dict[str, str]]] = [
    (["the National Rehabilitation Centre (NRC) opens"], {"nrc": "national rehabilitation centre"}),
    (["Small Business Research Initiative (“SBRI”)"],
     {"sbri": "small business research initiative"}),
    (["magnetic resonance imaging (MRI)"], {"mri": "magnetic resonance imaging"}),
    (["Department of Health (DoH)"], {"doh": "department of health"}),
    (["contract research organisations (CROs)"], {"cro": "contract research organisations"}),
    (["a pier (OLD) without reason"], {}),
    (["the pier (Built in 1871)"], {}),
    (["the Pier (P)"], {}),
    (["the harbour of (Harbour)"], {}),
    (["no acronym at all"], {}),
    ([""], {}),
    # Explained apart, by the only name whose initials spell it.
    (["The HDP runs the docks.", "The Harbour Development Partnership was founded."],
     {"hdp": "harbour development partnership"}),
    (["The HDP runs.", "Harbour Development Partnership", "Health Data Programme"], {}),
    (["The Harbour Development Partnership was founded."], {}),
    (["NEW ships", WORKS], {"new": "norfolk energy works"}),
    (["NEW ships", WORKS, "a new ship"], {}),
    (["THE PIER", "T H E  P I E R", "N E W", "NEW"], {}),
    # The first explanation counts.
    (["Clinical Trials Unit (CTU)", "Central Test Unit (CTU)"], {"ctu": "clinical trials unit"}),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "learnt"), LEARNT)
def test_what_texts_explain(texts: list[str], learnt: dict[str, str]) -> None:
    assert learn_acronyms(texts) == learnt


KNOWN = {
    "nrc": "national rehabilitation centre",
    "mri": "magnetic resonance imaging",
    "who": "world health organisation",
}


@pytest.mark.parametrize(
    ("question", "added"),
    [
        ("Where is the NRC?", "national rehabilitation centre"),
        ("Where is the National Rehabilitation Centre?", "nrc"),
        ("the NRC, the National Rehabilitation Centre", "national rehabilitation centre"),
        ("Where is the rehabilitation?", ""),
        ("What is an enrcode?", ""),
        ("MRI at the NRC?", "national rehabilitation centre magnetic resonance imaging"),
        ("who runs it?", ""),  # what is a word of asking as well counts in capitals
        ("Who runs the WHO?", "world health organisation"),
        ("WHO", "world health organisation"),
    ],
)
def test_a_question_is_widened_both_ways(question: str, added: str) -> None:
    assert expand(question, KNOWN) == added
