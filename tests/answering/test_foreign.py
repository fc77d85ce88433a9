"""Questions in other languages: recognised, told so, and answered where words are shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.answering.foreign import IN_ENGLISH, NO_PASSAGE, NOTICES, UNSURE
from mehealth_rag.assistant import Assistant
from mehealth_rag.language.detection import language_of
from mehealth_rag.types import Status
from tests.answering.told import told
from tests.made_corpus import assistant_over

CITY = """\
# The city of Otterby

Otterby has three universities and two hospitals. The MRI centre opened in 2019.
"""

ASKED = {
    "de": "Wie viele Menschen leben in der Region?",
    "fr": "Qui est le président du conseil ?",
    "it": "Quante università ci sono?",
    "es": "¿Cuántas universidades hay en la región?",
    "pl": "Kto jest prezesem?",
    "ro": "Câte universități sunt în regiune?",
    "nl": "Hoeveel mensen wonen er in de regio?",
    "pt": "Quantas universidades existem na região?",
    "ru": "Сколько университетов в регионе?",
    "uk": "Скільки університетів у регіоні?",
    "tr": "Bölgede kaç üniversite var?",
    "zh": "该地区有多少所大学？",
    "ar": "كم عدد الجامعات في المنطقة؟",
    "hi": "क्षेत्र में कितने विश्वविद्यालय हैं?",
}
ENGLISH = """
how many universitys are ther in Oterby
MRI?
café opening times
Who is Zsófia Kovács-Nagy?
hw many hosptials
NRC funding FY22?
expand DSAEK
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant_over(tmp_path_factory.mktemp("city"), {"city.md": CITY}) as assistant:
        yield assistant


@pytest.mark.parametrize("question", ENGLISH.strip().splitlines())
def test_typing_errors_and_names_are_no_other_language(city: Assistant, question: str) -> None:
    assert language_of(question, city.speller.knows) == "en"


@pytest.mark.parametrize("code", [*ASKED, "la"])
def test_the_answer_says_in_that_language_that_it_is_english(city: Assistant, code: str) -> None:
    answer = told(city).ask(ASKED.get(code, "Quot universitates sunt in civitate nostra?"))
    assert answer.answer.startswith(f"{NOTICES.get(code, IN_ENGLISH)}\n\n{NO_PASSAGE}")
    assert answer.status is Status.NOT_FOUND


def test_what_shares_a_word_answers_unsurely_and_what_shares_none_does_not(city: Assistant) -> None:
    reader = told(city, "universities")
    answer = reader.ask("¿Cuántas universidades hay en la región?")
    assert answer.status is Status.ANSWERED
    assert answer.answer.startswith(NOTICES["es"])
    assert answer.citations[0].quote == "Otterby has three universities and two hospitals."
    assert answer.confidence <= UNSURE
    none = reader.ask("Wie viele Menschen leben dort?")
    assert none.status is Status.NOT_FOUND
    assert NO_PASSAGE in none.answer


def test_figures_and_names_are_shared(city: Assistant) -> None:
    answer = told(city, "MRI").ask("Wann wurde das MRI Zentrum eröffnet?")
    assert answer.citations[0].quote == "The MRI centre opened in 2019."
