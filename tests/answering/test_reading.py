"""How sentences that the reader chose become statements: given probabilities, real passages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.answering.drafting import ReadHit, allowed, drafted, nearest
from mehealth_rag.answering.questions import analyse
from mehealth_rag.passages.splitting import split
from mehealth_rag.reader.model import Limits, PassageReading
from mehealth_rag.reader.rows import passage_text, readable
from mehealth_rag.reading import read_document
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Hit, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mehealth_rag.answering.drafting import Draft
    from mehealth_rag.types import Page

GUIDE = """\
# The harbour

## Ferries

The ferry carries:

- walkers
- bicycles
- dogs on a lead

It leaves every hour.

## Dues

| Boat | Per year | Per day |
|------|----------|---------|
| Yacht | £300 | £9 |
| Punt | £40 | £2 |

Dues are paid in May.
"""
REPORT = """\
# Report

The harbour has 52 berths.

Dues are paid in May.
"""
KEEPERS = """\
# Keepers

The tower stands on the mole. It was lit in 1890. She who kept it was Ann Bloom. Its lamp burns oil.

A boat lies there. It leaks. It sinks. It has no oars.

{long} It was sold.

The same man rows it.
""".format(long=f"The log tells of {'wind and ' * 40}rain.")
YEARBOOK = "The harbour has 55 berths.\n"
FAR = 0.001
"""How likely a sentence answers that does not: a reader never says 0, which is of what may not."""

LIMITS = Limits(answer=0.3, sentence=0.2, near=0.3, by_rank=0.0)


class Shelf:
    """Documents of made texts; what is said of each sentence is given."""

    def __init__(self, folder: Path, texts: Mapping[str, str]) -> None:
        self._pages: dict[str, tuple[Page, ...]] = {}
        self._hits: list[Hit] = []
        for name, text in texts.items():
            path = folder / f"{name}.md"
            path.write_text(text, encoding="utf-8")
            document = read_document(Source(name, name, "report", "md", path=path))
            self._pages[name] = document.pages
            self._hits += [Hit(passage, 1.0) for passage in split(document)]

    def page(self, document: str, number: int) -> Page:
        """One page, counted from 1."""
        return self._pages[document][number - 1]

    def read(self, **answering: float) -> tuple[ReadHit, ...]:
        """Every passage; a sentence answers as the first word of `answering` in it says, or not."""
        hits = []
        for hit in self._hits:
            text = passage_text(hit.passage, self.page(hit.passage.document, 1).text)
            chances = [
                next((p for word, p in answering.items() if word in s), FAR) for s in text.sentences
            ]
            hits.append(ReadHit(hit, text, PassageReading(max(chances), tuple(chances))))
        return tuple(hits)

    def draft(self, question: str, **answering: float) -> Draft:
        """The answer to a question."""
        return drafted(analyse(question), self.read(**answering), LIMITS, self.page)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("shelf")
    return Shelf(folder, {"guide": GUIDE, "report": REPORT, "yearbook": YEARBOOK})


def quotes_of(draft: Draft) -> list[list[str]]:
    return [[quote.text for quote in point.quotes] for point in draft.points]


ITEMS = ["walkers", "bicycles", "dogs on a lead"]


@pytest.mark.parametrize(
    ("chances", "introduced", "shown"),
    [
        ({"bicycles": 0.9, "walkers": 0.8}, True, ITEMS),  # two of three bring the third
        ({"carries": 0.9}, True, ITEMS),
        ({"carries": 0.9, "bicycles": 0.8}, True, ITEMS),
        ({"carries": 0.8, "bicycles": 0.9}, False, ["The ferry carries:", "bicycles"]),
        ({"carries": 0.9, "bicycles": 0.0}, True, ["walkers", "dogs on a lead"]),  # not allowed
    ],
)
def test_items_are_shown_under_their_introduction(
    shelf: Shelf, chances: dict[str, float], *, introduced: bool, shown: list[str]
) -> None:
    draft = shelf.draft("Who may go aboard?", **chances)
    assert (draft.introduction is not None) is introduced
    assert not introduced or draft.introduction.text == "The ferry carries:"
    assert [quotes[0].lstrip("•- ") for quotes in quotes_of(draft)] == shown


@pytest.fixture(scope="module")
def keepers(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("keepers"), {"keepers": KEEPERS})


def led(draft: Draft) -> list[list[str]]:
    """What is told before each statement, and its own first quote."""
    return [[quotes[0].text for quotes in (*p.before, p.quotes)] for p in draft.points]


TOWER, LIT = "The tower stands on the mole.", "It was lit in 1890."
KEPT, LAMP = "She who kept it was Ann Bloom.", "Its lamp burns oil."


@pytest.mark.parametrize(
    ("chances", "told"),
    [
        ({"lit": 0.9}, [[TOWER, LIT]]),
        ({"She": 0.9}, [[TOWER, LIT, KEPT]]),
        ({"tower": 0.8, "lit": 0.9}, [[TOWER], [LIT]]),
        ({"lit": 0.9, "She": 0.8}, [[TOWER, LIT], [KEPT]]),
        ({"lit": 0.9, "tower": 0.0}, [[LIT]]),  # what may not be told
        ({"lamp": 0.9}, [[LAMP]]),  # three sentences back
        ({"sinks": 0.9}, [["A boat lies there.", "It leaks.", "It sinks."]]),
        ({"sold": 0.9}, [["It was sold."]]),  # too long
        ({"same": 0.9}, [["The same man rows it."]]),  # the paragraph before is another
    ],
)
def test_what_a_sentence_leans_on_is_told_before_it(
    keepers: Shelf, chances: dict[str, float], told: list[list[str]]
) -> None:
    assert led(keepers.draft("What is told?", **chances)) == told


def test_what_stands_twice_with_what_it_leans_on_is_told_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, {name: f"# {name}\n\n{TOWER} {LIT}\n" for name in ("one", "two")})
    draft = shelf.draft("When?", lit=0.9)
    assert led(draft) == [[TOWER, LIT]]
    (point,) = draft.points
    assert [len(quotes) for quotes in (*point.before, point.quotes)] == [2, 2]
    assert led(shelf.draft("When?", tower=0.8, lit=0.9)) == [[TOWER], [LIT]]


def test_a_row_comes_with_the_heads_of_its_columns(shelf: Shelf) -> None:
    ((row, *heads),) = quotes_of(shelf.draft("What does it cost?", Yacht=0.9))
    assert "£300" in row
    assert any("Per year" in head for head in heads)


PARTS = "# Parts\n\n| Part | Bin |\n|---|---|\n| {} | F33 |\n| {} | D17 |\n"
CODES, TYPES = PARTS.format("KT-20418", "KT-20419"), PARTS.format("Pad, type A", "Pad, type B")
RETURNS = """\
| Year | Drawn | Return |
|------|-------|--------|
| 2023 | 118 | 3.1% |
| 2024 | 233 | 4.9% |
| 2025 (forecast) | 371 | 5.6% |
"""
BOTH = {"Yacht": 0.9, "Punt": 0.6}


@pytest.mark.parametrize(
    ("text", "question", "chances", "labels"),
    [
        # Rows with most words of the question, unless they are far less likely.
        (GUIDE, "What does a punt cost?", BOTH, ["Punt"]),
        (GUIDE, "What does a punt or a yacht cost?", BOTH, ["Yacht", "Punt"]),
        (GUIDE, "What does a boat cost?", BOTH, ["Yacht", "Punt"]),
        (GUIDE, "What does a punt cost?", {"Yacht": 0.9, "Punt": 0.02}, ["Yacht"]),
        (GUIDE, "Which costs £40?", BOTH, ["Punt"]),
        (TYPES, "Where is the pad of type B?", {"A": 0.9, "B": 0.7}, ["Pad, type B"]),
        # Rows of the code asked for, and any if it is a code of another kind.
        (CODES, "Where is kt-20418?", {"KT": 0.9}, ["KT-20418"]),
        (CODES, "Where are KT-20418 and KT-20419?", {"KT": 0.9}, ["KT-20418", "KT-20419"]),
        (CODES, "Where is KT-20999?", {"KT": 0.9}, []),
        (CODES, "Where is what QX-111 needs?", {"KT": 0.9}, ["KT-20418", "KT-20419"]),
        # Rows of the years asked for, if there are any.
        (RETURNS, "What was the return in 2024?", {"%": 0.9}, ["2024"]),
        (RETURNS, "How did it change from 2023 to 2024?", {"%": 0.9}, ["2023", "2024"]),
        (RETURNS, "What were the returns?", {"%": 0.9}, ["2023", "2024", "2025 (forecast)"]),
        (RETURNS, "And the return in 2019?", {"%": 0.9}, ["2023", "2024", "2025 (forecast)"]),
    ],
)
def test_of_a_table_the_rows_that_are_meant_are_shown(
    tmp_path: Path, text: str, question: str, chances: dict[str, float], labels: list[str]
) -> None:
    draft = Shelf(tmp_path, {"table": text}).draft(question, **chances)
    assert [row.split("\t")[0] for row, *_ in quotes_of(draft)] == labels


def test_a_heading_that_names_what_is_asked_about_is_told(shelf: Shelf) -> None:
    draft = shelf.draft("When do the ferries leave?", leaves=0.9)
    assert [point.heading for point in draft.points] == ["Ferries"]
    assert quotes_of(draft) == [["It leaves every hour.", "Ferries"]]
    (point,) = shelf.draft("When does it go?", leaves=0.9).points
    assert point.heading == ""


def test_pages_with_different_figures_are_both_told(shelf: Shelf) -> None:
    question = "How many berths has the harbour?"
    draft = shelf.draft(question, has=0.9)
    assert draft.disagree
    assert [quotes[0].split()[3] for quotes in quotes_of(draft)] == ["52", "55"]
    assert not shelf.draft("What is the harbour like?", has=0.9).disagree


def test_nothing_is_said_below_the_limit(shelf: Shelf) -> None:
    hits = shelf.read(leaves=0.2, walkers=0.1)
    assert drafted(analyse("When?"), hits, LIMITS, shelf.page).points == ()
    assert nearest(hits)[0].text == "It leaves every hour."


def test_a_passage_of_sentences_that_may_not_be_told_is_not_near(shelf: Shelf) -> None:
    hits = shelf.read(leaves=0.1)
    barred = [
        replace(h, reading=PassageReading(0.9, (0.0,) * len(h.reading.sentences))) for h in hits
    ]
    assert nearest(barred) == ()
    (quote,) = nearest([*barred[1:], next(h for h in hits if h.likeliest > FAR)])
    assert quote.text == "It leaves every hour."


def test_what_may_not_be_evidence_answers_nothing(shelf: Shelf) -> None:
    hit = next(h for h in shelf.read(leaves=0.9) if h.likeliest > FAR)
    passage = hit.hit.passage
    spans = (s.span for s in passage.sentences)
    evidence = Evidence(hit.hit, frozenset(s for s in spans if "leaves" in passage.words(s)))
    readings = allowed(hit.reading, evidence).sentences
    assert set(readings) == {0.0, FAR}
    assert len(readings) == len(readable(passage))
    assert allowed(hit.reading, replace(evidence, silenced=frozenset())) == hit.reading


PARTNERS = """\
# The harbour trust

## Partners in research

- Institute of engines
- University of Edge
- College of ropes
- Centre for coatings

## The board

Dame Orla Hallow

The board meets in the old customs house on the quay.
"""


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("trust"), {"trust": PARTNERS})


def test_a_line_that_is_no_sentence_has_its_heading(trust: Shelf) -> None:
    (name,) = trust.draft("Who leads it?", Orla=0.9).points
    assert name.heading == "The board"
    (sentence,) = trust.draft("Where do they meet?", meets=0.9).points
    assert sentence.heading == ""
