"""Questions for a contact: the kind that is asked for is shown, or what is given in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mehealth_rag.answering.contact_search import wish_of
from mehealth_rag.assistant import Assistant
from mehealth_rag.language.contact_forms import ContactKind
from mehealth_rag.types import Status
from tests.answering.told import told
from tests.made_corpus import assistant_over

OFFICE = """\
# The harbour of Northby

The harbour has two piers and a fish market. The lighthouse is 42 metres tall.

## How to write to us

Our mailing address is: Harbour Office, 3 Quay Street, Northby.

Ferry tickets: Ann Lee, ann.lee@northby.example Berths: Tom Roe, tom.roe@northby.example
"""

LINES = "# Telephones\n\nThe office had its first telephone in 1902.\n\n" + "\n\n".join(
    f"## Telephone {n}\n\nTelephone number {n} of the museum is made of brass and cannot be rung."
    for n in range(1, 21)
)
DESK = "# The desk\n\nAnn Lee, 01632 960 274.\n"

PAGE = "# Welcome\n\nThe harbour is old. [Write to us](https://northby.example/contact-form).\n"
MAIL = "# Welcome\n\nThe harbour is old. [Write to Ann](mailto:ann@northby.example).\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant_over(tmp_path_factory.mktemp("office"), {"guide.md": OFFICE}) as assistant:
        yield assistant


@pytest.mark.parametrize("words", [(), ("mailing address",), ("Ann Lee", "mailing address")])
def test_a_telephone_number_that_is_not_there_is_not_answered_with_an_address(
    office: Assistant, words: tuple[str, ...]
) -> None:
    answer = told(office, *words).ask("What is the phone number of the office?")
    assert answer.status is Status.NOT_FOUND
    assert answer.answer.startswith("The documents give no telephone number. They give: “")
    assert "3 Quay Street" in answer.answer
    assert any("3 Quay Street" in c.quote for c in answer.nearest)
    assert not answer.citations


def test_the_kind_that_is_asked_for_is_shown(office: Assistant) -> None:
    answer = told(office, "mailing address", "Ann Lee").ask("What is the e-mail for tickets?")
    assert answer.status is Status.ANSWERED
    assert [s.text for s in answer.statements] == [
        "Ferry tickets: Ann Lee, ann.lee@northby.example"
    ]


def test_any_contact_answers_an_open_question(office: Assistant) -> None:
    answer = told(office, "mailing address").ask("How do I reach them?")
    assert answer.status is Status.ANSWERED
    assert "3 Quay Street" in answer.answer


def test_a_contact_is_sought_beyond_what_the_search_brings(tmp_path: Path) -> None:
    with assistant_over(tmp_path, {"lines.md": LINES, "desk.md": DESK}) as assistant:
        read = [e.hit.passage.document for e in assistant.passages("What is the phone number?")]
        assert "desk" not in read
        answer = told(assistant, "01632").ask("What is the phone number?")
        assert "01632 960 274" in answer.answer
        assert told(assistant).ask("What is the phone number?").status is Status.NOT_FOUND


@pytest.mark.parametrize(
    ("text", "question", "address"),
    [
        (PAGE, "How do I contact them?", "https://northby.example/contact-form"),
        (MAIL, "What is the e-mail address?", "ann@northby.example"),
    ],
)
def test_a_link_gives_a_contact_that_its_words_do_not(
    tmp_path: Path, text: str, question: str, address: str
) -> None:
    with assistant_over(tmp_path, {"page.md": text}) as assistant:
        answer = told(assistant).ask(question)
    assert answer.status is Status.ANSWERED
    assert answer.answer.endswith(f": {address} [1]")


def test_a_wish_for_advice_about_a_contact_is_none(office: Assistant) -> None:
    answer = told(office).ask("e-mail for questions on my own pension?")
    assert "advice" not in answer.answer


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("e-mail?", {ContactKind.EMAIL}),
        ("who do I email about the article", {ContactKind.EMAIL}),
        ("phone no. of the clerk", {ContactKind.PHONE}),
        ("who do i ring about an invoice", {ContactKind.PHONE}),
        ("the clerk's number", {ContactKind.PHONE}),
        ("postal address for complaints", {ContactKind.POST}),
        ("where are you", {ContactKind.POST}),
        ("web address for reporting a fault", {ContactKind.WEB}),
        ("how do I reach them", set(ContactKind)),
        ("who do I talk to about ferries?", set(ContactKind)),
        ("how late can I ring on a Thursday", set()),
        ("how do I apply for a berth", set()),
        ("may I email my bid", set()),
        ("What number of berths is there?", set()),
        ("why do you keep my email?", set()),
        ("fax number for orders", set()),
        ("Does our phone number change with the move?", set()),
    ],
)
def test_the_kind_asked_for_is_recognised_by_the_words(
    question: str, kinds: set[ContactKind]
) -> None:
    wish = wish_of(question)
    assert (wish.kinds if wish else set()) == kinds
