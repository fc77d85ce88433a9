"""How several statements are put together, and which words are marked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.answering.compose import statement_of, table_row
from mehealth_rag.answering.marking import answer_spans
from mehealth_rag.answering.questions import analyse
from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Quote, Span
from tests.answering.told import told
from tests.made_corpus import assistant_over

TOWN = """\
# The town of Kelmore

Kelmore is the largest market town of the valley and a place where 52,000 people live.

## Roads and bridges

The ring road was finished in 1988. Three bridges cross the river. The oldest of them is of stone.

### The footbridge

The footbridge is closed in winter.

## Water and power

The town burns waste for heat. A solar park is planned.
"""

REPORT = """\
# Report on the valley

Around 55,000 inhabitants of Kelmore were counted by the council's own staff.

The mill of Kelmore makes paper from rags.

The mill of Orton makes paper from straw.

Two of the seven mills of the valley are driven by water.

The valley keeps:

- geese
- goats
- alpacas
- bees
"""

DUES = """\
# Dues

| Boat | Per year | Winter rest |
| --- | --- | --- |
| Yacht | £300 | ashore |
| Punt | £40 | afloat |

In 2024 the ferry had room for 45 cars.
"""

FERRY = """\
# The Orton ferry guide

The ferry takes dogs at no charge. The ferry has room for 40 cars.
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"town.md": TOWN, "report.md": REPORT, "ferry.md": FERRY, "dues.md": DUES}
    with assistant_over(tmp_path_factory.mktemp("town"), files) as assistant:
        yield assistant


def test_pages_that_count_in_other_words_are_both_shown(town: Assistant) -> None:
    answer = told(town, "52,000", "55,000").ask("How many people live in Kelmore?")
    assert "The pages give different figures." in answer.answer
    (conflict,) = answer.conflicts
    assert [v.value for v in conflict.values] == ["52,000", "Around 55,000"]


def test_a_page_that_gives_no_year_may_be_of_the_year_of_the_other(town: Assistant) -> None:
    both = told(town, "40 cars", "45 cars")
    answer = both.ask("How many cars has the ferry room for?")
    assert len(answer.conflicts) == 1
    assert (
        "The pages give different figures. One page gives no year for its figure." in answer.answer
    )
    assert both.ask("How many cars had the ferry room for in 2024?").conflicts == ()


def test_statements_of_several_documents_are_told_apart(town: Assistant) -> None:
    answer = told(town, "52,000", "from straw").ask("What is said of Kelmore and of Orton?")
    assert {c.document for c in answer.citations} == {"town", "report"}
    assert all(f"{c.title}: " in answer.answer for c in answer.citations)
    assert "Source:" not in answer.answer
    assert answer.conflicts == ()


def test_a_heading_that_is_the_title_is_told_once(town: Assistant) -> None:
    answer = told(town, "geese", "no charge").ask("What lives in the valley, and what rides?")
    assert "Report on the valley: geese" in answer.answer
    assert "valley: Report" not in answer.answer


def test_a_list_says_how_many_of_its_items_it_has(town: Assistant) -> None:
    some = told(town, "geese", "alpacas").ask("What does the valley keep?")
    assert some.answer.startswith("The valley keeps:\n\n- geese [1]\n- alpacas [2]")
    assert some.answer.endswith("\n\n2 of the 4 items of this list; see page 1.")
    every = told(town, "geese", "goats", "alpacas", "bees").ask("What does the valley keep?")
    assert len(every.statements) == 4
    assert "of the 4" not in every.answer


def test_a_row_of_column_headings_is_shown_with_its_rows_only(town: Assistant) -> None:
    dues = told(town, "Winter rest", "Punt").ask("Where does a punt rest in winter?")
    assert [s.text for s in dues.statements] == ["Punt – Per year: £40; Winter rest: afloat"]
    assert any("Winter rest" in c.quote for c in dues.citations)
    alone = told(town, "Winter rest").ask("Where does a punt rest in winter?")
    assert [s.text for s in alone.statements] == ["Punt – Per year: £40; Winter rest: afloat"]
    assert not any("Boat" in quote.quote for quote in told(town).ask("What rests?").nearest)


@pytest.mark.parametrize(
    ("above", "names"),
    [
        (
            "Item\tBudget\t\tResult",
            ["Budget, Sum", "Budget, Share", "Result, Sum", "Result, Share"],
        ),
        ("Budget\t\tResult", ["Budget, Sum", "Budget, Share", "Result, Sum", "Result, Share"]),
        ("Budget\t\t\tResult", ["Sum", "Share", "Sum", "Share"]),  # does not tell them apart
        ("In pounds", ["Sum", "Share", "Sum", "Share"]),
    ],
)
def test_columns_of_one_name_are_told_apart_by_what_spans_them(
    above: str, names: list[str]
) -> None:
    heads = [above, "Item\tSum\tShare\tSum\tShare\tRise"]
    row = table_row("Fuel\t£14\t25%\t£15\t26%\t5%", heads)
    assert row is not None
    assert [name for name, _ in row[1]] == [*names, "Rise"]


def test_a_document_that_is_named_and_answers_nothing_is_told(town: Assistant) -> None:
    question = "Are dogs welcome in Kelmore town and by the Orton ferry guide?"
    one = told(town, "takes dogs").ask(question)
    assert "\n\nNothing in “The town of Kelmore” answers this." in one.answer
    both = told(town, "takes dogs", "burns waste").ask(question)
    assert "Nothing in" not in both.answer


@pytest.mark.parametrize(
    ("question", "text", "heads", "marked"),
    [
        ("How many mills are driven by water?", "Two of the seven mills of the valley are driven "
         "by water.", "", ["Two of the seven"]),
        ("How much does it cost?", "The ring road cost £3 million in 1988.", "", ["£3 million"]),
        ("When was it finished?", "The ring road was finished in 1988.", "", ["1988"]),
        ("Who built the mill?", "It was built by Mary Anning.", "", ["Mary Anning"]),
        ("Where is the mill?", "The mill stands in Orton.", "", ["Orton"]),
        ("Why is it closed?", "The footbridge is closed in winter.", "", []),
        ("Who runs the dock?", "Dry dock\tDavid Penn\t4", "Dock\tHead Manager\tDepth (m)",
         ["David Penn"]),
        ("How deep is it? What is its depth?", "Dock\tAl Fry\t4", "Dock\tManager\tDepth (m)",
         ["4"]),
        ("When is its next survey?", "Eel\t1998\t3 May 2026", "Ship\tBuilt\tNext survey",
         ["3 May 2026"]),
        ("Who supplies the Quay Road depot?", "Pad\tQuay Road\tGrey", "Part\tDepot\tSupplier",
         ["Grey"]),
        ("Which ships are there?", "Eel\tMV-1\t3 May\tAl Fry", "Ship\tNumber\tSurvey\tMaster", []),
        # What joins cells in the text may stand in a cell as well.
        ("What is its depth?", "Dock\topen; depth: 2 m at ebb\t4 m", "Dock\tHours\tDepth", ["4 m"]),
    ],
)  # fmt: skip
def test_the_decisive_words_are_marked(
    question: str, text: str, heads: str, marked: list[str]
) -> None:
    row, columns = (Quote("guide", 1, Span(0, len(t)), t) for t in (text, heads))
    statement = statement_of(row, columns)
    assert [
        span.of(statement.text) for span in answer_spans(analyse(question), statement)
    ] == marked


@pytest.mark.parametrize(
    ("question", "verdict", "lead"),
    [
        ("Is the footbridge closed in winter?", "carried", "Yes: The footbridge"),
        ("Can I use the footbridge in winter?", "denied", "No: The footbridge"),
        ("Is the footbridge closed in winter?", "", "The footbridge"),
        ("Is the footbridge open or closed in winter?", "carried", "The footbridge"),
        ("When is the footbridge closed in winter?", "carried", "The footbridge"),
    ],
)
def test_yes_or_no_is_said_first_where_the_guard_says_so(
    town: Assistant, question: str, verdict: str, lead: str
) -> None:
    judged = {verdict: ["footbridge"]} if verdict else {}
    answer = told(town, "footbridge is closed", **judged).ask(question)
    assert answer.answer.startswith(lead)
    assert [s.text for s in answer.statements] == ["The footbridge is closed in winter"]
