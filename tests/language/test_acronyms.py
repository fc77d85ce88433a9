from __future__ import annotations

import pytest

from mehealth_rag.language.acronyms import expand, learn_acronyms


@pytest.mark.parametrize(
    ("text", "learnt"),
    [
        (
            "the National Rehabilitation Centre (NRC) opens",
            {"nrc": "national rehabilitation centre"},
        ),
        (
            "Small Business Research Initiative (“SBRI”)",
            {"sbri": "small business research initiative"},
        ),
        ("magnetic resonance imaging (MRI)", {"mri": "magnetic resonance imaging"}),
        ("Department of Health (DoH)", {"doh": "department of health"}),
        ("contract research organisations (CROs)", {"cro": "contract research organisations"}),
        ("a pier (OLD) without reason", {}),
        ("the pier (Built in 1871)", {}),
        ("the Pier (P)", {}),
        ("the harbour of (Harbour)", {}),
        ("no acronym at all", {}),
        ("", {}),
    ],
)
def test_explained_in_brackets(text: str, learnt: dict[str, str]) -> None:
    assert learn_acronyms([text]) == learnt


def test_explained_apart_by_a_name_whose_initials_spell_it() -> None:
    texts = ["The HDP runs the docks.", "The Harbour Development Partnership was founded."]
    assert learn_acronyms(texts) == {"hdp": "harbour development partnership"}


def test_two_names_with_the_same_initials_explain_nothing() -> None:
    texts = ["The HDP runs.", "Harbour Development Partnership", "Health Data Programme"]
    assert learn_acronyms(texts) == {}


def test_a_name_alone_is_no_acronym() -> None:
    assert learn_acronyms(["The Harbour Development Partnership was founded."]) == {}


def test_the_first_explanation_counts() -> None:
    texts = ["Clinical Trials Unit (CTU)", "Central Test Unit (CTU)"]
    assert learn_acronyms(texts) == {"ctu": "clinical trials unit"}


KNOWN = {"nrc": "national rehabilitation centre", "mri": "magnetic resonance imaging"}


@pytest.mark.parametrize(
    ("question", "added"),
    [
        ("Where is the NRC?", "national rehabilitation centre"),
        ("Where is the National Rehabilitation Centre?", "nrc"),
        ("the NRC, the National Rehabilitation Centre", "national rehabilitation centre"),
        ("Where is the rehabilitation?", ""),
        ("What is an enrcode?", ""),
        ("MRI at the NRC?", "national rehabilitation centre magnetic resonance imaging"),
    ],
)
def test_a_question_is_widened_both_ways(question: str, added: str) -> None:
    assert expand(question, KNOWN) == added


def test_what_is_also_a_word_is_no_acronym_that_initials_explain() -> None:
    name = "The Norfolk Energy Works was founded."
    assert learn_acronyms(["NEW ships", name]) == {"new": "norfolk energy works"}
    assert learn_acronyms(["NEW ships", name, "a new ship"]) == {}


def test_letters_set_apart_are_no_name() -> None:
    assert learn_acronyms(["THE PIER", "T H E  P I E R", "N E W", "NEW"]) == {}


@pytest.mark.parametrize(
    ("question", "added"),
    [
        ("who runs it?", ""),
        ("Who runs the WHO?", "world health organisation"),
        ("WHO", "world health organisation"),
    ],
)
def test_an_acronym_that_is_a_function_word_counts_in_capitals(question: str, added: str) -> None:
    assert expand(question, {"who": "world health organisation"}) == added
