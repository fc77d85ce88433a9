"""Exact values: which figures, dates, times and names stand in quotes or follow from them."""

from __future__ import annotations

import time

import pytest

from mehealth_rag.guard.exact import MOST_CLAIMED, Sources, Step, steps
from mehealth_rag.guard.values import values


def not_had(statement: str, sources: Sources) -> tuple[Step, ...]:
    return tuple(s for s in steps(statement, sources) if s.how == "missing")


def step(statement: str, *quotes: str, above: str = "", question: str = "") -> Step:
    """The one step of a statement with one value."""
    (found,) = steps(statement, Sources(quotes, above, question))
    return found


@pytest.mark.parametrize(
    ("statement", "quote", "how"),
    [
        ("it employs 33,000 people", "The cluster has 33,000 staff.", "stands"),
        ("it cost £1,600,000", "It will cost £1.6 million.", "stands"),
        ("it cost twenty-two thousand pounds", "It cost £22,000.", "stands"),
        ("it has seven hubs", "There are 7 hubs.", "stands"),
        ("the notice is two weeks", "Give fourteen days' notice.", "stands"),
        ("the notice is a fortnight", "Give two weeks' notice.", "stands"),
        ("it takes half an hour", "The walk takes 30 minutes.", "stands"),
        ("it takes a quarter of an hour", "It is 15 minutes on foot.", "stands"),
        ("a fifth of them stay", "20% of the students stay.", "stands"),
        ("two in five use it", "Two fifths of the passengers use it.", "stands"),
        ("it is as large as 20 hectares", "It covers 0.2 square kilometres.", "stands"),
        ("the rent is £96,400", "Rent | 96.4 (£000)", "stands"),
        ("the rent is £104.2m", "Adult care | 96.4 | 104.2 (£m)", "stands"),
        ("some 33,000 people work there", "It has 32,870 staff.", "rounding"),
        ("there are three of them", "They are oak, ash and elm.", "count"),
        ("in all there are 183 firms", "Ellery has 52 firms, Staneby 94 and Drummel 37.", "sum"),
        ("the fall was 141 hours", "It was 611 hours, and 470 the year before.", "difference"),
        ("the rest, £400,000, is its own", "Of £1,450,000 the fund pays £870,000, the county "
         "£180,000.", "difference"),
        ("it fell by a third", "It fell from 12 to 8.", "share"),
        ("it is six times as long", "It lasts 19 weeks here and 3 there.", "share"),
        ("more than ten came", "12 of them came.", "comparison"),
        ("less than half came", "40% of them came.", "comparison"),
        ("over half of them came", "Of 60 people 45 came.", "comparison"),
        ("it rose by £7.2m", "It rose from £41.0 million to £48.2 million.", "difference"),
        ("20% have none", "Four in five of them have one.", "difference"),
        ("it rose by 17.6%", "It rose from £41.0 million to £48.2 million.", "share"),
        ("over two million came", "It had 2.4 million guests and 310,000 cars.", "comparison"),
        ("there are four", "They are: oak, ash, elm and birch.", "count"),
        ("it has two dozen staff", "It has 24 staff.", "stands"),
        ("three in ten stay", "31.2% of the students stay.", "rounding"),
        ("it comes to £16,200", "It sold 8,100 tickets at £2.", "product"),
        ("it opened on 4 May 2021", "It was opened on the 4th of May, 2021.", "stands"),
        ("it opens at 5 p.m.", "The doors open at 17:00.", "stands"),
        ("it opens at 9 am", "The doors open at 9:00.", "stands"),
        ("it shuts at nine", "It must be shut by 21:00.", "stands"),
        ("it is two and a half kilometres off", "It is 2.5 km away.", "stands"),
        ("it ran for a year and a half", "It ended after eighteen months.", "stands"),
        ("come back within twelve months", "You must come back within a year.", "stands"),
        ("it costs 42 pence", "It costs £0.42 a metre.", "stands"),
        ("it costs 40 cents", "Each costs €0.40.", "stands"),
        ("it got 300 crowns a year", "They paid 300 crowns a year.", "stands"),
        ("it got 300 crowns a year", "They paid it 300 crowns.", "stands"),
        ("three in a hundred left", "3% of them left.", "stands"),
        ("two in five would go", "Two of her loads in five would go.", "stands"),
        ("six out of eight are free", "Six of the eight are free.", "share"),
        ("a third of them did not", "Two thirds of them did.", "difference"),
        ("it cost three times as much", "It cost $1,500, and $500 before.", "share"),
        ("it came two weeks later", "It began on 2 May 2026 and ended on 16 May.", "difference"),
        ("they work in Ballynorra", "The depot at Ballynorra has staff.", "stands"),
        ("it is run by the HCF", "The Heritage Crossings Fund runs it.", "stands"),
        ("4% fewer came", "Numbers fell by 4%.", "stands"),
        ("4% fewer came", "It changed by 4%.", "stands"),
        ("it rose by 4%", "It rose by 4%, and sales fell.", "stands"),
        ("12 or more came", "There were never fewer than 12.", "stands"),
    ],
)  # fmt: skip
def test_what_stands_or_follows(statement: str, quote: str, how: str) -> None:
    assert step(statement, quote).how == how


@pytest.mark.parametrize(
    ("statement", "quote", "kind", "instead"),
    [
        ("it employs 40,000 people", "It has 33,000 staff.", "figure", ("33,000",)),
        ("the notice is 48 days", "Give 48 hours' notice.", "figure", ("48 hours",)),
        ("it cost €12", "It cost £12.", "figure", ()),
        ("it has nine hubs", "There are 7 hubs.", "word", ("7",)),
        ("it opened in May 2022", "It opened in May 2021.", "date", ("May 2021",)),
        ("it opened on 5 May", "It opened on 4 May.", "date", ("4 May",)),
        ("it opens at 6 p.m.", "The doors open at 17:00.", "time", ()),
        ("they work in Tobermoyle", "The depot at Ballynorra has staff.", "name", ()),
        ("it rose by 12%", "It has 12 staff.", "figure", ()),
        ("more than 40,000 work there", "It has 33,000 staff.", "figure", ("33,000",)),
        ("more than 100 work there", "It has 33,000 staff.", "figure", ("33,000",)),
        ("it cost £1.8 billion", "It cost £1.8 million.", "figure", ("£1.8 million",)),
        ("it cost £1.8", "It cost £1.8 million.", "figure", ("£1.8 million",)),
        ("it cost £1.8 billion", "It cost £1.8m (£000).", "figure", ("£1.8m",)),
        ("fuel was £11.9 thousand", "£ million | Fuel | 11.9", "figure", ()),
        ("fuel was $11.9 million", "£ million | Fuel | 11.9", "figure", ()),
        ("it has 3 users", "It has 3 million users.", "figure", ("3 million",)),
        ("it has 40 staff", "The Corvid P40 has staff.", "figure", ()),
        ("it has 1,300 staff", "It has 1,240 staff.", "figure", ("1,240",)),
        (
            "it has 1,300 staff",
            "It has 1,240 staff, 7 ships and 3 ports.",
            "figure",
            ("1,240", "7", "3"),
        ),
        ("it has 43,000 staff", "It has about 41,000 staff.", "figure", ("41,000",)),
        ("over 1,300 work there", "It has 1,240 staff.", "figure", ("1,240",)),
        ("over half of them came", "48% of them came.", "word", ("48%",)),
        (
            "it is done every 20 months",
            "It is done every 18 months by three.",
            "figure",
            ("18 months",),
        ),
        (
            "nine out of ten walk",
            "Eight out of ten walk after 12 weeks, some after six weeks.",
            "word",
            ("Eight out of ten",),
        ),
        ("four in five walk", "Nine out of ten walk.", "word", ("Nine out of ten",)),
        ("a third of them work", "It works from 10 to 45.", "word", ()),
        ("it fell by 0.2%", "It fell from 2019 to 2023.", "figure", ()),
        ("it has two wards", "It has three wards: Ashby, Northgate and Quay.", "word", ("three",)),
        ("there are two", "They are: oak, ash, elm and birch.", "word", ()),
        ("it opens at 9 am", "The doors open at 9 pm.", "time", ()),
        ("it opens at 12:00", "The doors open in the afternoon.", "time", ()),
        (
            "it takes 500 g",
            "Take 500 mg, and at most 4 g a day.",
            "figure",
            ("500 mg", "4 g a day"),
        ),
        ("it cost £30", "It cost £500 and then £40.", "figure", ("£40", "£500")),
        (
            "it got 300 crowns a month",
            "They paid 300 crowns a year.",
            "figure",
            ("300 crowns a year",),
        ),
        ("it needs ten litres an hour", "It needs 10 l/min.", "word", ("10 l/min",)),
        ("it saves £94", "It saves 94p.", "figure", ("94p",)),
        ("it is 92 inches high", "Size in cm | 92", "figure", ()),
        ("it has 30 gigabits", "It has 30 Mbit/s.", "figure", ("30 Mbit/s",)),
        ("it is five weeks", "Ring 01632 030 5 or wait five days.", "word", ("five days",)),
        ("it lasts six months", "3.1 It lasts three months.", "word", ("three months",)),
        ("it rose by 4%", "It rose by 3%.", "figure", ("3%",)),
    ],
)
def test_what_is_missing(statement: str, quote: str, kind: str, instead: tuple[str, ...]) -> None:
    assert step(statement, quote) == Step(statement_value(statement), kind, "missing", instead)


@pytest.mark.parametrize(
    ("statement", "quote", "text", "instead"),
    [
        ("fares rose by 4%", "Fares fell by 4%.", "rose by 4%", "fell by 4%"),
        ("there was a 4% rise", "It had 4% fewer guests.", "4% rise", "4% fewer"),
        ("it is £200 dearer", "It was the cheaper by £200.", "£200 dearer", "cheaper by £200"),
        ("it is half a point more", "It is half a point less.", "half a point more",
         "half a point less"),
    ],
)  # fmt: skip
def test_a_figure_keeps_its_way(statement: str, quote: str, text: str, instead: str) -> None:
    (found,) = not_had(statement, Sources((quote,)))
    assert (found.text, found.of) == (text, (instead,))


def statement_value(statement: str) -> str:
    """The words of the one value of a statement."""
    found = values(statement)
    spans = [
        *(d.span for d in found.dates),
        *(span for _, span in found.times),
        *(n.span for n in found.names),
    ]
    (text,) = [*(a.written(statement) for a in found.amounts), *(s.of(statement) for s in spans)]
    return text


@pytest.mark.parametrize(
    "statement",
    [
        "Yes, it does.", "No. Although small, it grows.", "One of them left.", "They may stay.",
        "The one in use is new.", "According to its chair, it grows.",
        "One has a garden.", "At one point it grew.",
    ],
)  # fmt: skip
def test_words_that_are_no_values(statement: str) -> None:
    assert not_had(statement, Sources(("It grows.",))) == ()


def test_neighbours_share_their_unit_and_scale() -> None:
    quote = "Net gain is 12.4 per cent for habitats and 21.0 per cent for hedgerows."
    sources = Sources((quote, "Development cost 38 million crowns, of which 9 million is paid."))
    assert not_had("It is 12.4 per cent for habitats and 21.0 for hedgerows.", sources) == ()
    assert not_had("Nine of the 38 million crowns are paid.", sources) == ()
    assert [step.text for step in not_had("It has 21.0 hedgerows.", sources)] == ["21.0"]


def test_a_plain_number_beside_another_sentences_figure_is_no_remainder() -> None:
    sources = Sources(("It is 42 metres tall.", "The tower 1 is 88 metres tall."))
    assert [step.of for step in not_had("It is 45 metres tall.", sources)] == [
        ("42 metres", "88 metres")
    ]


def test_items_are_counted_and_not_sentences() -> None:
    assert step("it has two rules", "- No dogs", "- No bikes").how == "count"
    assert step("it has two dogs", "It grows.", "It is large.").how == "missing"


def test_headings_and_the_question_give_names_and_figures() -> None:
    told = Sources(("It has a staff of nine.",), above="Ballynorra, 2024", question="What of 3B?")
    assert not_had("In 2024 nine worked at Ballynorra in 3B.", told) == ()


def test_what_is_computed_is_shown() -> None:
    found = step("the fall was 141 hours", "It was 611 hours, and 470 the year before.")
    assert found == Step("141 hours", "figure", "difference", ("611 hours", "470"))


def test_a_name_with_full_stops_stands_where_it_is_written_so() -> None:
    assert step("it is sold in the U.S. too", "It sells in the U.S. and abroad.").how == "stands"


def test_no_figure_follows_from_one_of_the_question() -> None:
    sources = Sources(("It has 52 firms.",), question="And what of the 7 firms in the north?")
    assert [step.how for step in steps("It has 59 firms.", sources)] == ["missing"]
    assert [step.how for step in steps("There are 7 firms in the north.", sources)] == ["stands"]
    summed = Sources(("It has 52 firms.", "In the north are 7 firms."))
    assert [step.how for step in steps("It has 59 firms.", summed)] == ["sum"]


@pytest.mark.parametrize("stated", ["5 ", "{n} km ", "{n}% ", "£{n} ", "{n} May 1990, "])
@pytest.mark.parametrize("quoted", ["{n} ", "{n} m ", "{n}.5% ", "3 June 19{n}, "])
def test_a_statement_of_nothing_but_numbers_takes_no_minutes(stated: str, quoted: str) -> None:
    """Each was compared with each, and with the scales and the days of all, again for each."""
    numbers = range(10, 99)
    statement = "".join(stated.format(n=n) for n in (*numbers, *numbers, *numbers))[:2_000]
    quote = "".join(quoted.format(n=n) for n in numbers)
    start = time.process_time()
    found = steps(statement, Sources((quote,) * 4, quote))
    assert time.process_time() - start < 3
    assert len(found) == len([*values(statement).amounts, *values(statement).dates])
    assert [s.how for s in found if s.kind == "figure"][MOST_CLAIMED:].count("stands") == 0
