"""What "differ" means: which figures of two texts dispute each other."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.conflicts import TextInContext, alike, disagreeing, disputed

TOWER = "The lighthouse on the North Pier is {} metres tall."


def figures(one: TextInContext, other: TextInContext) -> list[tuple[str, str]]:
    """The figures in dispute as they are written; the other way round they are the same."""
    found = disputed(one, other)
    assert {(b, a) for a, b in disputed(other, one)} == set(found)
    return [(a.span.of(one.text), b.span.of(other.text)) for a, b in found]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (TOWER.format(42), TOWER.format(45), ("42 metres", "45 metres")),
        (
            "Some 41,000 jobs depend on the ports.",
            "The ports now support 43,500 jobs.",
            ("41,000", "43,500"),
        ),
        (
            "Our 612 volunteers gave their time.",
            "More than 640 volunteers help us.",
            ("612", "640"),
        ),
        ("A ticket to the island costs £12.", "The island ticket is £14.", ("£12", "£14")),
        ("Yacht\t£300\t12", "Yacht\t£320\t12", ("£300", "£320")),
        (
            "The North ward has 30 beds and 12 nurses.",
            "The North ward has 33 beds and 12 nurses.",
            ("30", "33"),
        ),
    ],
)
def test_figures_in_dispute(one: str, other: str, expected: tuple[str, str]) -> None:
    assert figures(TextInContext(one), TextInContext(other)) == [expected]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In 2019 the harbour had 40 berths.", "In 2020 the harbour had 45 berths."),
        ("In March the harbour had 40 berths.", "In May the harbour had 45 berths."),
        ("The ferry carries about 5 million people.", "The ferry carries 4.98 million people."),
        ("The harbour has 40 berths.", "The harbour has 400 berths."),
        ("The harbour has 40 berths.", "The harbour has forty berths."),
        ("The harbour has 40 berths.", "The harbour employs 45 people."),
        ("The fee for a yacht is £40.", "The fee for a yacht is €45."),
        ("The fees are on page 4 of this guide.", "The fees are on page 5 of this guide."),
        ("On Ward 4 no visitors are let in.", "On Ward 5 no visitors are let in."),
        ("Call the harbour on 01632 960144.", "Call the harbour on 01632 960155."),
        ("4. The berths of the harbour", "5. The berths of the harbour"),
        ("The tower at Northby is 42 metres tall.", "The tower at Southby is 45 metres tall."),
    ],
)
def test_what_disputes_nothing(one: str, other: str) -> None:
    assert figures(TextInContext(one), TextInContext(other)) == []


def test_a_year_in_a_sentence_counts_before_that_of_the_sentence_before() -> None:
    told = TextInContext("The airport had 3.1 million guests in 2023.")
    before = "The airport had 3.4 million guests in 2023."
    assert figures(told, TextInContext("It expects 4.5 million guests in 2030.", before)) == []
    assert figures(told, TextInContext("It had 3.3 million guests at last.", before)) != []


def test_years_above_a_text() -> None:
    """They hold where the text tells none; one that tells of no year may be of any."""
    one, other = "The harbour had 40 berths.", "The harbour had 45 berths."
    assert (
        figures(
            TextInContext(one, above="Report of 2019"), TextInContext(other, above="Report of 2020")
        )
        == []
    )
    assert figures(
        TextInContext(one, above="Report of 2019"), TextInContext(other, above="The harbour")
    )
    assert figures(TextInContext(one, above="Report of 2019"), TextInContext(f"In 2019 {other}"))
    assert (
        figures(TextInContext(one, above="Report of 2020"), TextInContext(f"In 2019 {other}")) == []
    )
    assert figures(TextInContext(one), TextInContext(f"In 2019 {other}"))
    assert figures(TextInContext(one), TextInContext("Berths\t45\t50", heads="2020\t2021")) == []
    heads = (
        TextInContext("Berths\t40\t45", heads="2019\t2020"),
        TextInContext("Berths\t45\t50", heads="2020\t2021"),
    )
    assert figures(*heads) == []


@pytest.mark.parametrize(
    ("asked", "years", "above", "differ"),
    [
        ("How many berths has the harbour?", ("", ""), ("", ""), True),
        ("How many berths has the harbour?", ("", "In 2024 "), ("", ""), True),
        ("How many berths had the harbour in 2024?", ("", "In 2024 "), ("", ""), False),
        ("How many berths had the harbour in 2024?", ("", "In 2024 "), ("Report 2024", ""), True),
        ("How many berths has the harbour?", ("In 2023 ", "In 2024 "), ("", ""), False),
        ("How many berths has the harbour?", ("", ""), ("Report 2023", "Report 2024"), False),
    ],
)
def test_figures_of_an_answer_differ_for_one_time(
    asked: str, years: tuple[str, str], above: tuple[str, str], differ: bool
) -> None:
    one = TextInContext(f"{years[0]}the harbour has 52 berths.", above=above[0])
    other = TextInContext(f"{years[1]}the harbour has 55 berths.", above=above[1])
    assert bool(disagreeing(asked, one, other)) is differ


def test_alike_but_for_the_figure() -> None:
    assert alike(TextInContext(TOWER.format(42)), TextInContext(TOWER.format("45")))
    assert not alike(
        TextInContext(TOWER.format(42)),
        TextInContext("The North Pier lighthouse is 45 metres tall."),
    )
    assert not alike(
        TextInContext("Patients with type 2: 40"), TextInContext("Patients of type 1: 45")
    )
    assert not alike(TextInContext("Total\t40"), TextInContext("Total\t45"))  # of what?
    row, heads = "Total\t40", "Berths for yachts"
    assert alike(TextInContext(row, heads), TextInContext("Total\t45", heads))
    assert not alike(TextInContext(row, heads), TextInContext("Total\t45", "Berths for boats"))


def test_a_figure_of_which_no_word_is_asked_for_disputes_no_answer() -> None:
    members = TextInContext("139 companies in membership")
    question = "How many members are there?"
    assert disagreeing(question, members, TextInContext("Staff: 132")) == ()
    assert disagreeing(question, members, TextInContext("132 companies"))
