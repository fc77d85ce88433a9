"""Questions for an address or a number: which sentence gives it, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.answering.contacts import gives_contact, is_of_another
from mehealth_rag.assistant import Assistant
from mehealth_rag.questions import Wanted, analyse
from mehealth_rag.types import Status
from tests.answering.made_pages import candidate_with
from tests.made_corpus import assistant_over

LIDO = """\
The lido of Farrow Bay

The lido has three pools and was opened in 1934. Swimmers may rent a locker or bring a lock of
their own.

The season card is a plastic card that is good for all pools. Grown-ups pay £40 for it and children
half of that, however often they come. More can be learnt at
https://www.farrowlido.example/season.

The water is measured every morning by the pool master, and its temperature is shown at
https://www.farrowlido.example/water for everybody.

Whom to ask

Swimming school       01632 960 555
Café                  01632 960 556
"""


@pytest.fixture(scope="module")
def lido(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"lido.txt": LIDO}
    with assistant_over(tmp_path_factory.mktemp("lido"), files) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "address"),
    [
        ("Which web page tells who may buy a season card?", "farrowlido.example/season"),
        ("Where on the internet is the season card to be had?", "farrowlido.example/season"),
        ("url for the water temperature", "farrowlido.example/water"),
    ],
)
def test_the_sentence_with_the_address_is_told(
    lido: Assistant, question: str, address: str
) -> None:
    answer = lido.ask(question)
    assert answer.status is Status.ANSWERED
    assert address in answer.answer


def test_a_number_is_told_of_whom_it_is(lido: Assistant) -> None:
    assert "960 555" in lido.ask("What is the phone number of the swimming school?").answer
    answer = lido.ask("What is the phone number of the pool master?")
    assert answer.status is Status.NOT_FOUND


@pytest.mark.parametrize(
    "question",
    [
        "Where on the web are the tide tables?",
        "Where can the tide tables be seen online?",
        "Give me the address of the online tide tables",
    ],
)
def test_a_place_on_the_web_is_a_link(question: str) -> None:
    assert analyse(question).wanted is Wanted.LINK


def test_a_telephone_number_is_no_count() -> None:
    assert analyse("What is the phone number of the café?").wanted is Wanted.GENERAL


def test_whose_number_it_is_stands_beside_it() -> None:
    school = candidate_with("960 555", LIDO, "lido")
    ours = analyse("What is the telephone number of the swimming school?")
    others = analyse("What is the telephone number of the harbour police?")
    assert gives_contact(ours, school)
    assert not is_of_another(ours, school)
    assert is_of_another(others, school)
