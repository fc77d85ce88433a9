"""Plain text: hard-wrapped lines, headings, lists, tables and pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mehealth_rag.reading.text import read_text
from mehealth_rag.types import BlockKind, Page
from tests.reading.reading_helpers import check_invariants, of_kind

HERE = Path("made.txt")

PROSPECTUS = """\
Championing Midlands health and life sciences

Midlands Engine Health has a vital role to play
in championing and amplifying our region’s
unique sector strengths to UK Government and
international investors.
Together, we will capitalise on opportunities of
scale, boost innovation and further accelerate the
economic impact of this key sector, which generates

£26 billion each year for the economy. Health and
life sciences already contribute to our economy.

Our aims
We collaborate with a Board comprising UK and
regional leaders on the following matters:
• Accelerating SME-led economic impact of

health and life sciences across the Midlands
• Actively promoting regional capability and

Midlands opportunities at scale
• Rapid acceleration of data

https://www.example.org/wp-content/ME-Health.pdf
https://www.example.org/wp-content/Case-Study.pdf
"""


def _page(text: str) -> Page:
    ((page,), _) = read_text(HERE, text.encode())
    check_invariants(page)
    return page


def _blocks(page: Page) -> list[str]:
    return [f"{block.kind.value}: {block.span.of(page.text)}" for block in page.blocks]


def test_hard_wrapped_lines_and_gaps_are_joined() -> None:
    assert _blocks(_page(PROSPECTUS)) == [
        "heading: Championing Midlands health and life sciences",
        "paragraph: Midlands Engine Health has a vital role to play in championing and amplifying "
        "our region’s unique sector strengths to UK Government and international investors.",
        "paragraph: Together, we will capitalise on opportunities of scale, boost innovation and "
        "further accelerate the economic impact of this key sector, which generates £26 billion "
        "each year for the economy. Health and life sciences already contribute to our economy.",
        "heading: Our aims",
        "paragraph: We collaborate with a Board comprising UK and regional leaders on the "
        "following matters:",
        "item: • Accelerating SME-led economic impact of health and life sciences across the "
        "Midlands",
        "item: • Actively promoting regional capability and Midlands opportunities at scale",
        "item: • Rapid acceleration of data",
        "furniture: https://www.example.org/wp-content/ME-Health.pdf",
        "furniture: https://www.example.org/wp-content/Case-Study.pdf",
    ]


LONG = "The harbour is deep and wide and has been so for as long as anyone can tell. " * 3
LAMP = "The lamp was lit by hand until the year in which the cable came to the pier."
HOURS = """\
Opening hours

Depot     Monday    Tuesday   Cost
North     9 to 5    10 to 4   1,200
South               21        300
East      8 to 2              90

They are closed on Sundays.
"""
KINDS = {
    "an address ends a sentence": [
        (f"The tide is measured, and {ahead}\nhttps://example.org/tide.\n\nThe end is here.",
         [f"paragraph: The tide is measured, and {ahead} https://example.org/tide.",
          "paragraph: The end is here."])
        for ahead in ("it is shown at", "it is shown here:", "see")
    ],
    "an address follows a colon in a short line": [
        ("The tide is measured every hour by the warden of the pier\nhere:\nhttps://x.org/tide",
         ["paragraph: The tide is measured every hour by the warden of the pier here: "
          "https://x.org/tide"]),
    ],
    "a sentence goes on after an address": [
        ("The form can be had at\nhttps://example.org/form, which\nasks for a name.",
         ["paragraph: The form can be had at https://example.org/form, which asks for a name."]),
    ],
    "a subtitle after a dash is no item": [
        ("Regulatory Science\n- Internationally leading\n\nThe framework has been at the front.",
         ["heading: Regulatory Science - Internationally leading",
          "paragraph: The framework has been at the front."]),
        ("We need:\n- ropes\n- sails and a\n  mast\n\nThat is all of it.",
         ["paragraph: We need:", "item: - ropes", "item: - sails and a mast",
          "paragraph: That is all of it."]),
    ],
    "long lines are paragraphs": [(f"{LONG}\n{LONG}\n", [f"paragraph: {LONG.strip()}"] * 2)],
    "a title page is not lost": [
        ("A guide\nto the harbour\n\nSecond edition\n\n1921",
         ["heading: A guide to the harbour", "paragraph: Second edition 1921"]),
    ],
    "a numbered title that stands free is a heading": [
        ("3. The crew\n\nNine people look after the light.\n\n1. a boat\n2. a lamp\n",
         ["heading: 3. The crew", "paragraph: Nine people look after the light.",
          "item: 1. a boat", "item: 2. a lamp"]),
    ],
    "lines that give values to names are items": [
        ("Times\n\nOpening: 3 June\nClosing of the gate: 9 May\nKeeper: Ann Ray\n\nEnd.\n",
         ["heading: Times", "item: Opening: 3 June", "item: Closing of the gate: 9 May",
          "item: Keeper: Ann Ray", "paragraph: End."]),
    ],
    "a title may end as if it went on": [
        (f"{LAMP}\n\nA lamp to be proud of\n\nThe lamp of 1871 burns oil.\n",
         [f"paragraph: {LAMP}", "heading: A lamp to be proud of",
          "paragraph: The lamp of 1871 burns oil."]),
    ],
    "rows of a table, whose cells keep their columns": [
        ("Sales of the year\n\nNet sales    280    232\nNet income   11     (10)\n",
         ["heading: Sales of the year", "row: Net sales\t280\t232", "row: Net income\t11\t(10)"]),
        (HOURS,
         ["heading: Opening hours", "row: Depot\tMonday\tTuesday\tCost",
          "row: North\t9 to 5\t10 to 4\t1,200", "row: South\t\t21\t300",
          "row: East\t8 to 2\t\t90", "paragraph: They are closed on Sundays."]),
        ("Depot\tMon\tTue\nNorth\t9\t10\nSouth\t\t21\nEast\t4\t5\n",
         ["row: Depot\tMon\tTue", "row: North\t9\t10", "row: South\t\t21", "row: East\t4\t5"]),
        ("Depot\t\tMon\tTue\nNorth\t\t9\t10\nSouthernmost\t4\t21\n",  # tabs only align
         ["row: Depot\tMon\tTue", "row: North\t9\t10", "row: Southernmost\t4\t21"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_kinds_of_blocks(name: str) -> None:
    for text, blocks in KINDS[name]:
        assert _blocks(_page(text)) == blocks


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("The board is committed to building and to\nleading and", "Midlands firms gain.", True),
        ("• Promoting the role that it can play in the Industrial", "Strategy of the region", True),
        ("The board has its seat in the town hall of the harbour", "Strategy is its task.", False),
        ("The board has its seat in the town hall of the place.", "and more.", False),
        ("The board has\nits seat in the town hall and it generates", "£26 billion a year.", True),
        ("The board has its seat in the town hall.\n\nA short line", "12 more of it", False),
    ],
)
def test_what_a_gap_broke_in_two(above: str, below: str, joined: bool) -> None:
    page = _page(f"{above}\n\n{below}\n")
    assert (page.text.split("\n")[-1] != below) is joined


def test_addresses_alone_on_a_line_are_links() -> None:
    page = _page(PROSPECTUS)
    assert [link.url for link in page.links] == [
        "https://www.example.org/wp-content/ME-Health.pdf",
        "https://www.example.org/wp-content/Case-Study.pdf",
    ]
    assert all(link.span and link.span.of(page.text) == link.url for link in page.links)
    assert _page("See https://example.org/ for more.").links == ()
    (link,) = _page("The tide is measured, see\nhttps://example.org/tide.\n\nThe end.").links
    assert link.url == "https://example.org/tide"  # without the full stop


def test_lines_are_spans_of_the_text() -> None:
    page = _page("The harbour has an inter-\nnational name and a long pier.")
    assert page.text == "The harbour has an international name and a long pier."
    assert [line.span.of(page.text) for line in page.lines] == [
        "The harbour has an inter",
        "national name and a long pier.",
    ]
    assert {line.box for line in page.lines} == {None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", ["one"]),
        ("one\ftwo", ["one", "two"]),
        ("\fone\ftwo", ["one", "two"]),
        ("one\ftwo\f", ["one", "two"]),
        ("one\f\fthree", ["one", "", "three"]),
        ("", [""]),
        ("one\r\f\r\ntwo", ["one", "two"]),
    ],
)
def test_form_feeds_separate_pages(text: str, expected: list[str]) -> None:
    pages, _ = read_text(HERE, text.encode())
    assert [(page.number, page.label, page.text) for page in pages] == [
        (number, str(number), words) for number, words in enumerate(expected, 1)
    ]
    assert [bool(page.problem) for page in pages] == [not words for words in expected]


def test_running_lines_of_three_pages_are_furniture() -> None:
    text = "\f".join(f"Harbour guide {n}\n\nText that only page {n} has." for n in (1, 2, 3))
    pages, _ = read_text(HERE, text.encode())
    running = [of_kind(page, BlockKind.FURNITURE) for page in pages]
    assert running == [[f"Harbour guide {n}"] for n in (1, 2, 3)]


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab A1£.,:-•\n\t()–\u00ad\ufb01 \u00a0")))
def test_plain_text_keeps_its_characters(text: str) -> None:
    pages, _ = read_text(HERE, text.encode())
    for page in pages:
        check_invariants(page)
    whole = "".join(page.text for page in pages)
    drop = str.maketrans("", "", " \n\t\u00a0-\u00ad")
    assert whole.translate(drop) == text.replace("\ufb01", "fi").translate(drop)


def test_text_is_read_without_the_pdf_libraries(tmp_path: Path) -> None:
    path = tmp_path / "guide.txt"
    path.write_text("The harbour is deep.")
    code = (
        "import sys; from pathlib import Path; from mehealth_rag.reading import read_document;"
        "from mehealth_rag.types import Source;"
        f"read_document(Source('g', 'g', 'report', 'txt', path=Path({str(path)!r})));"
        "sys.exit(any(name.startswith('pypdf') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0
