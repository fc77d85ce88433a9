"""What "differ" means: which figures of two texts dispute each other."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.conflicts import TextInContext, alike, disputed

TOWER = "The lighthouse on the North Pier is {} metres tall."


def figures(one: TextInContext, other: TextInContext) -> list[tuple[str, str]]:
    """The figures in dispute as they are written; the other way round they are the same."""
    pairs = disputed(one, other)
    assert {(b, a) for a, b in disputed(other, one)} == set(pairs)
    return [(a.span.of(one.text), b.span.of(other.text)) for a, b in pairs]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (TOWER.format(42), TOWER.format(45), ("42 metres", "45 metres")),
        ("Some 41,000 jobs depend on the ports.", "The ports now support 43,500 jobs.",
         ("41,000", "43,500")),
        ("Our 612 volunteers gave their time.", "More than 640 volunteers help us.",
         ("612", "640")),
        ("A ticket to the island costs £12.", "The island ticket is £14.", ("£12", "£14")),
        ("Yacht\t£300\t12", "Yacht\t£320\t12", ("£300", "£320")),
        ("The North ward has 30 beds and 12 nurses.", "The North ward has 33 beds and 12 nurses.",
         ("30", "33")),
    ],
)  # fmt: skip
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
        ("139 companies in membership", "Staff: 132"),
        ("Brindle refused 90% of all grasps.", "At both sites it succeeded in 92% of its picks."),
    ],
)
def test_what_disputes_nothing(one: str, other: str) -> None:
    assert figures(TextInContext(one), TextInContext(other)) == []


REPORT_2019 = TextInContext("The harbour had 40 berths.", above="Report of 2019")
ANY_YEAR = TextInContext("The harbour had 40 berths.")
OTHER = "The harbour had 45 berths."
OF_2023 = TextInContext("The airport had 3.1 million guests in 2023.")
BEFORE = "The airport had 3.4 million guests in 2023."


@pytest.mark.parametrize(
    ("one", "other", "dispute"),
    [
        # The year of a sentence counts before that of the sentence before it.
        (OF_2023, TextInContext("It expects 4.5 million guests in 2030.", BEFORE), False),
        (OF_2023, TextInContext("It had 3.3 million guests at last.", BEFORE), True),
        # Years above a text hold if it gives none; a text without any may be of any year.
        (REPORT_2019, TextInContext(OTHER, above="Report of 2020"), False),
        (REPORT_2019, TextInContext(OTHER, above="The harbour"), True),
        (REPORT_2019, TextInContext(f"In 2019 {OTHER}"), True),
        (REPORT_2019, TextInContext(f"In 2020 {OTHER}"), False),
        (ANY_YEAR, TextInContext(f"In 2019 {OTHER}"), True),
        (ANY_YEAR, TextInContext("Berths\t45\t50", heads="2020\t2021"), False),
        (TextInContext("Berths\t40\t45", heads="2019\t2020"),
         TextInContext("Berths\t45\t50", heads="2020\t2021"), False),
    ],
)  # fmt: skip
def test_figures_of_other_years_are_not_in_dispute(
    one: TextInContext, other: TextInContext, *, dispute: bool
) -> None:
    assert bool(figures(one, other)) is dispute


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (TextInContext(TOWER.format(42)), TextInContext(TOWER.format(45)), True),
        (TextInContext(TOWER.format(42)),
         TextInContext("The North Pier lighthouse is 45 metres tall."), False),
        (TextInContext("Patients with type 2: 40"), TextInContext("Patients of type 1: 45"), False),
        (TextInContext("Total\t40"), TextInContext("Total\t45"), False),  # of what?
        (TextInContext("Total\t40", "Berths for yachts"),
         TextInContext("Total\t45", "Berths for yachts"), True),
        (TextInContext("Total\t40", "Berths for yachts"),
         TextInContext("Total\t45", "Berths for boats"), False),
    ],
)  # fmt: skip
def test_alike_but_for_the_figure(
    one: TextInContext, other: TextInContext, *, expected: bool
) -> None:
    assert alike(one, other) is expected


def test_fewer_words_show_that_texts_are_about_one_thing_where_both_answer_a_question() -> None:
    one = TextInContext("Kelmore is a town where 52,000 people live.")
    other = TextInContext("Around 55,000 inhabitants of Kelmore were counted.")
    assert not disputed(one, other)
    assert disputed(one, other, 1)
