"""A reader's judgement held to exact values, and the quotes that carry it: told probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from mehealth_rag.guard.case import Case
from mehealth_rag.guard.opposite import opposites
from mehealth_rag.guard.readings import Readings, Weighed, deciding, held_to
from mehealth_rag.guard.signals import signals
from mehealth_rag.guard.verdict import least, weigh, word_for_word
from mehealth_rag.reader.model import Judgement, Limits, Reader
from mehealth_rag.reader.regression import VerdictRegression
from mehealth_rag.reader.rows import PassageText
from tests.answering.told import ToldReader

if TYPE_CHECKING:
    from collections.abc import Sequence

FARES = PassageText(
    "The ferry", ("A return ticket costs £12.", "The ferry carries bicycles.", "It is blue.")
)
STAFF = PassageText("Ballynorra > Staff", ("The cluster employs 33,000 people.", "It grows."))
TEAMS = PassageText("Teams", ("52 people work at sea.", "On land work 94 people."))
TOWERS = PassageText("Towers", ("Anne built it in 1871 and Bea in 1902.", "Both are tall."))
LIMITS = Limits()


def reader(*words: str, denied: tuple[str, ...] = ()) -> Reader:
    return cast("Reader", ToldReader(words, denied))


def weighed(
    statement: str, *words: str, texts: tuple[PassageText, ...] = (FARES, STAFF)
) -> Weighed:
    return weigh(reader(*words), Case(statement, texts))


def judged(*evidence: tuple[float, ...]) -> list[Judgement]:
    return [Judgement(0.9, 0.0, 0.1, own) for own in evidence]


def verdict(statement: str, *words: str) -> str:
    return LIMITS.verdict(weighed(statement, *words).judgement)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("The ticket costs £12.", "supported"),
        ("The ticket costs 12 pounds.", "supported"),
        ("The ticket costs £21.", "contradicted"),  # £12 stands in its place
        ("The ticket costs 21%.", "not_found"),  # nothing does
        ("The ticket costs more than £10.", "supported"),
        ("The ticket costs less than £10.", "contradicted"),
        ("The ticket costs about £20.", "contradicted"),
        ("The ticket costs 12 feet.", "not_found"),
        ("The ticket cost £12 on 4 May.", "not_found"),
        ("The ticket costs twelve pounds and takes nine minutes.", "not_found"),
        ("The ticket of Tobermoyle costs £12.", "not_found"),
    ],
)
def test_what_a_sure_reader_carries_is_held_to_exact_values(statement: str, expected: str) -> None:
    assert verdict(statement, "ticket") == expected


@pytest.mark.parametrize("carried", [0.4, 0.7, 1.0])
def test_a_figure_that_neither_stands_nor_follows_is_never_supported(carried: float) -> None:
    sources = Case("It employs 40,000 people and nine dogs.", [STAFF])
    missing = [s for s in sources.steps([(0, 0)]) if s.how == "missing"]
    assert [s.kind for s in missing] == ["figure", "word"]
    held = held_to(Judgement(carried, 0.0, 1 - carried, ()), missing)
    assert held.carried == 0
    assert held.carried + held.denied + held.untold == pytest.approx(1)
    assert held.denied == (carried if carried > 0.5 else 0)  # 33,000 stands there


def test_what_differs_is_told_of_the_best_quote_first() -> None:
    found = weighed("The cluster employs 40,000 people.", "cluster")
    assert found.differing is not None
    assert (found.differing.text, found.differing.of[0]) == ("40,000", "33,000")


def test_headings_the_question_and_what_a_sentence_is_bound_to_give_values() -> None:
    statement = "In 2019 the cluster of Ballynorra employed 33,000 for the HCF."
    bare = Case(statement, [STAFF])
    assert [s.text for s in weigh(reader("cluster"), bare).missing] == ["2019", "HCF"]
    bound = {(0, 0): ["Year | 2019"]}
    whole = Case(statement, [STAFF], "What of the HCF?", bound)
    assert weigh(reader("cluster"), whole).missing == ()


def test_a_sentence_that_alone_has_a_value_is_quoted_too() -> None:
    text = PassageText("", ("The tower was built by Anne.", "That was in 1871."))
    found = weighed("The tower was built in 1871.", "tower", texts=(text,))
    assert found.quotes == ((0, 0), (0, 1))
    assert LIMITS.verdict(found.judgement) == "supported"


def test_only_the_quotes_that_carry_it_are_left() -> None:
    case = Case("The ferry and a ticket for £12.", [FARES])
    read = reader("ferry", "ticket")
    found = weigh(read, case)
    assert set(found.quotes) == {(0, 0), (0, 1)}
    fewer = least(read, case, found)
    assert fewer.quotes == ((0, 0),)  # the other one alone lacks the figure
    assert fewer.judgement == found.judgement
    assert least(read, case, fewer) is fewer


def test_several_quotes_stay_where_no_one_of_them_is_enough() -> None:
    case = Case("At sea and on land work 146 people.", [TEAMS])
    read = reader("work")
    found = weigh(read, case)
    (step,) = found.steps
    assert (step.how, step.of) == ("sum", ("52", "94"))
    assert least(read, case, found).quotes == ((0, 0), (0, 1))


def test_passages_are_weighed_one_by_one_and_together() -> None:
    case = Case("The ferry serves the cluster.", [FARES, STAFF])
    one, other, both = Readings.of(reader("ferry", "cluster"), case).candidates
    assert (one.quotes, other.quotes) == (((0, 1),), ((1, 0),))
    assert both.quotes == ((0, 1), (1, 0))
    assert len(Readings.of(reader("ferry"), case).candidates) == 2


def test_evidence_of_several_passages_is_gathered_in_order() -> None:
    places = deciding(judged((0.0, 0.9, 0.0), (0.8, 0.1)))
    assert places == [(0, 1), (1, 0)]  # the likeliest first
    text = Case("", [FARES, STAFF]).only(places)
    assert text.sentences == (FARES.sentences[1], STAFF.sentences[0])
    assert text.context == "The ferry > Ballynorra > Staff"
    assert deciding(judged((0.1, 0.05), (0.0,))) == [(0, 0)]
    assert deciding([]) == []


@pytest.mark.parametrize(
    ("statement", "question", "expected"),
    [
        ("The ferry carries bicycles.", "", "supported"),
        ("the ferry carries bicycles", "", "supported"),
        ("The ferry carries bicycles.", "What of the other ferry?", "contradicted"),
        ("It is blue.", "", "contradicted"),  # who knows what
    ],
)
def test_a_sentence_carries_itself_whatever_the_reader_says(
    statement: str, question: str, expected: str
) -> None:
    case = Case(statement, [FARES], question)
    found = weigh(reader(denied=("carries", "blue")), case)
    assert LIMITS.verdict(found.judgement) == expected


@pytest.mark.parametrize(
    ("statement", "sentence", "expected"),
    [
        ("A return ticket costs £21.", "A return ticket costs £12.", "contradicted"),
        ("A return ticket costs £21 each way.", "A return ticket costs £12.", "not_found"),
        ("Bus number 12 stops here.", "Bus number 13 stops here.", "not_found"),
        ("It was founded in 1702.", "It was founded in 1712.", "not_found"),
        ("An adult pays £5, a child £12.", "An adult pays £12, a child £5.", "contradicted"),
    ],
)
def test_a_sentence_denies_itself_with_another_figure(
    statement: str, sentence: str, expected: str
) -> None:
    found = weigh(reader(), Case(statement, [PassageText("", (sentence,))]))
    assert LIMITS.verdict(found.judgement) == expected


def test_nothing_is_said_by_nothing() -> None:
    found = weigh(reader("ferry"), Case("The ferry is blue.", []))
    assert LIMITS.verdict(found.judgement) == "not_found"
    assert found.quotes == ()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("The centre in Hallbeck has nine beds.", True),
        ("The centre in Hallbeck has nine beds, and two of them are for children.", True),
        ("The clinic opens at noon every day.", False),
        ("The garden is open to visitors.", False),
    ],
)
def test_a_sentence_says_its_beginning_where_the_rest_only_adds_to_it(
    statement: str, said: bool
) -> None:
    text = PassageText(
        "Hallbeck",
        (
            "The centre in Hallbeck has nine beds, and two of them are for children.",
            "The clinic opens at noon every day, if a doctor can be found.",
            "The garden is open to visitors in wheelchairs, including their helpers.",
        ),
    )
    found = list(word_for_word(Case(statement, (text,))))
    assert [w.judgement.carried > 0.9 for w in found] == ([True] if said else [])


TRUSTING = VerdictRegression(carried={"leaning": 1.0}, denied={"bias": 1.0}, untold={"bias": 0.0})
"""Support by how much more the reader leans towards a statement than towards its opposites."""


@dataclass(frozen=True, slots=True)
class Doubter(ToldReader):
    """Denies a statement, and its opposite as surely as it is told."""

    opposed: float = 0.0
    verdicts: VerdictRegression = field(default_factory=lambda: TRUSTING)

    def judge(
        self, statement: str, texts: Sequence[PassageText], _question: str = ""
    ) -> list[Judgement]:
        denied = self.opposed if " not " in statement else 0.58
        judgement = Judgement(0.98 - denied, denied, 0.02, ())
        return [replace(judgement, evidence=(0.9,) * len(t.sentences)) for t in texts]


@pytest.mark.parametrize(
    ("statement", "opposed", "expected"),
    [
        ("Bicycles go by the ferry.", 0.95, "supported"),
        ("Bicycles go by the ferry.", 0.5, "contradicted"),
        ("40 bicycles go by the ferry.", 0.95, "contradicted"),  # no figure of the text is 40
    ],
)
def test_the_regression_weighs_what_the_reader_says(
    statement: str, opposed: float, expected: str
) -> None:
    doubter = cast("Reader", Doubter((), opposed=opposed))
    assert LIMITS.verdict(weigh(doubter, Case(statement, [FARES])).judgement) == expected


def test_signals_tell_what_is_shared_missing_and_exchanged() -> None:
    case = Case("Anne built it in 1871 and Bea in 1902.", [TOWERS])
    exchanged = replace(case, statement="Anne built it in 1902 and Bea in 1871.")
    denying = replace(case, statement="Anne did not build it in 1899.")
    by_case = [signals(r) for r in (Readings.of(reader("built"), c)
               for c in (case, exchanged, denying))]  # fmt: skip
    assert [s["in_order"] for s in by_case] == [1.0, 0.0, 1.0]
    assert [s["lacks_value"] for s in by_case] == [False, False, True]
    assert [s["negated"] for s in by_case] == [False, False, True]
    assert by_case[0]["covered"] == 1.0 > by_case[2]["covered"]


def test_the_opposites_of_a_statement() -> None:
    assert opposites("The ferry is blue.") == (
        "It is not true that the ferry is blue.", "The ferry is not blue.",
    )  # fmt: skip
    assert opposites("The ferry is not blue.")[1] == "The ferry is blue."
    assert opposites("NHS trusts run it.") == ("It is not true that NHS trusts run it.",)
