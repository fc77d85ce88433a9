"""An answer's words: each thing once, and table rows as tables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.answering.compose import DISAGREE
from mehealth_rag.types import (
    Answer,
    Citation,
    Conflict,
    ConflictValue,
    Dropped,
    Related,
    Statement,
    Status,
)
from mehealth_ui.page import turns
from mehealth_ui.page.answers import answer_markup, quoted, text, untold

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk

HEAD = "Berth\tOwner\tDepth"
ROWS = {"Marrow": "Marrow\tBrandreth\t15 m", "Kessing": "Kessing\tHalloran\t9 m"}


def citation(number: int, quote: str, page: int = 1) -> Citation:
    return Citation(number, "d", "Guide", page, str(page), quote)


def answer(words: str, *statements: Statement, quotes: tuple[str, ...], **more: object) -> Answer:
    cited = tuple(citation(n, q) for n, q in enumerate(quotes, start=1))
    made = Answer("q", "q", Status.ANSWERED, words, statements, cited, confidence=0.9)
    return replace(made, **more)  # type: ignore[arg-type]


def shown(given: Answer) -> str:
    return turns.turn(turns.TurnView("t", given))


def row(name: str, *numbers: int) -> Statement:
    label, owner, depth = ROWS[name].split("\t")
    return Statement(f"{label} – Owner: {owner}; Depth: {depth}", numbers)


def test_a_row_stands_upright_with_its_bold_words_and_numbers() -> None:
    statement = row("Kessing", 1, 2)
    marked = statement.text.replace("9 m", "**9 m**")
    made = answer_markup(
        answer(
            f"Berths: {marked} [1][2]. More [3].", statement, quotes=(ROWS["Kessing"], HEAD, "More")
        ),
        {},
    )
    assert made == (
        '<p>Berths:</p><div class="rows" tabindex="0" role="group" aria-label="Table"><table>'
        "<caption>Kessing [1][2]</caption><tbody>"
        '<tr><th scope="row">Owner</th><td>Halloran</td></tr>'
        '<tr><th scope="row">Depth</th><td><strong>9 m</strong></td></tr>'
        "</tbody></table></div><p>More [3].</p>"
    )


def test_a_bold_cell_makes_no_cell_bold_whose_text_it_holds() -> None:
    counted = Statement("Pad – Level: 5; Counted: 15/05/2025", (1, 2))
    marked = counted.text.replace("15/05/2025", "**15/05/2025**")
    quotes = ("Pad\t5\t15/05/2025", "Part\tLevel\tCounted")
    made = answer_markup(answer(f"{marked} [1][2].", counted, quotes=quotes), {})
    assert "<td>5</td>" in made
    assert "<strong>15/05/2025</strong>" in made


def test_rows_of_the_same_columns_share_a_table() -> None:
    first, second = row("Marrow", 1, 2), row("Kessing", 3, 4)
    words = f"The berths:\n\n- {first.text} [1][2]\n- {second.text} [3][4]\n- a quay [5]"
    made = answer_markup(
        answer(words, first, second, quotes=(ROWS["Marrow"], HEAD, ROWS["Kessing"], HEAD, "quay")),
        {},
    )
    assert made.count("<table>") == 1
    assert '<th scope="col">Owner</th><th scope="col">Depth</th>' in made
    assert '<th scope="row">Marrow [1][2]</th><td>Brandreth</td><td>15 m</td>' in made
    assert '<th scope="row">Kessing [3][4]</th><td>Halloran</td><td>9 m</td>' in made
    assert made.endswith("<ul><li>a quay [5]</li></ul>")
    assert made.startswith("<p>The berths:</p>")


def test_what_only_looks_like_a_row_stays_a_sentence() -> None:
    statement = Statement("Kessing – Depth: 9 m", (1,))
    made = answer_markup(
        answer(f"{statement.text} [1].", statement, quotes=("Kessing – Depth: 9 m",)), {}
    )
    assert made == "<p>Kessing – Depth: 9 m [1].</p>"


def test_markup_in_a_row_is_text() -> None:
    statement = Statement("<b> – <i>: <u>", (1, 2))
    made = answer_markup(
        answer("<b> – <i>: <u> [1][2]", statement, quotes=("<b>\t<u>", "x\t<i>")), {}
    )
    assert "<table>" in made
    assert not re.search(r"<[biu]>", made)


def test_an_indexed_table_is_told_as_one(desk: Desk) -> None:
    html = shown(desk.edition.assistant.ask("How deep is the berth at Kessing?"))
    assert '<th scope="row">Depth</th><td>9 m</td>' in html
    assert "Depth: 9 m" not in html
    assert "Row of the table" in html


def test_a_conflict_that_the_words_tell_is_told_once() -> None:
    complete = conflicting(f"It is **42 metres** tall [1]. It measures **45 <b>** [2].{DISAGREE}")
    html = shown(complete)
    assert html.count("45 &lt;b&gt;") == 1
    assert html.count("The pages disagree") == 1
    assert DISAGREE.strip() not in html
    assert not untold(complete.conflicts[0], complete)


@pytest.mark.parametrize(
    ("quote", "told"),
    [
        ("a word", "“a word”"),
        ("“a  word”", "“a word”"),
        ('"a word"', '"a word"'),
        ("“a” and “b”", "““a” and “b””"),
        ("“", "““”"),
        ("", "“”"),
    ],
)
def test_a_quote_has_one_pair_of_quotation_marks(quote: str, told: str) -> None:
    assert quoted(quote) == told


def test_a_place_that_is_cited_twice_is_quoted_once() -> None:
    html = shown(answer("Yes [1][2].", quotes=("The pier is open.", "The pier is open.")))
    assert html.count("“The pier is open.”") == 1
    assert '<span class="number">1, 2</span>' in html


def test_nearest_passages_are_short_and_folded() -> None:
    long = "A passage that goes on " + "and on " * 60
    missing = Answer(
        "q", "q", Status.NOT_FOUND, "No.", nearest=(citation(1, long), citation(2, "b"))
    )
    html = shown(missing)
    assert (
        '<details class="nearest"><summary>The 2 nearest passages. They do not answer it.' in html
    )
    (words,) = re.findall(r'class="words">“(A passage[^<]*)', html)
    assert len(words) <= 123
    assert "The nearest passage. It does not" in shown(
        replace(missing, nearest=missing.nearest[:1])
    )


def test_what_a_models_words_lost_is_folded_under_them() -> None:
    dropped = (Dropped("It was built by Norway.", ("no page says so",)),)
    html = shown(answer("Yes [1].", quotes=("Yes.",), engine="generative", dropped=dropped))
    _, folded = html.split("<details><summary")
    assert "“It was built by Norway.” no page says so" in folded


def conflicting(words: str) -> Answer:
    values = (ConflictValue("42 metres", (1,)), ConflictValue("45 <b>", (2,)))
    quotes = ("It is 42 metres tall.", "It measures 45 <b>.")
    return answer(words, quotes=quotes, conflicts=(Conflict("height", values),))


@pytest.mark.parametrize("words", ["It is 42 metres tall [1].", "42 metres or 45 <b> [1]."])
def test_a_value_or_page_that_the_words_leave_out_is_told(words: str) -> None:
    html = shown(conflicting(words))
    conflict = html[html.index("conflict") : html.index('class="said"')]
    assert "The pages disagree: height" in conflict
    assert '<strong>45 &lt;b&gt;</strong> <button type="button" class="chip"' in conflict
    assert conflict.count('data-act="cite"') == 2
    assert text(conflicting(words)) == words


def test_not_found_names_the_source_that_may_hold_it() -> None:
    related = (Related("m", "Map", "https://example.org/m", indexed=False),)
    missing = Answer("q", "q", Status.NOT_FOUND, "No.", nearest=(citation(1, "a"),))
    html = shown(replace(missing, related=related))
    for part in (
        "Not in the documents",
        "It does not answer it",
        'href="https://example.org/m"',
        "linked, not in the index",
    ):
        assert part in html
    assert "card answered" not in html


@pytest.mark.parametrize(("confidence", "name"), [(0.9, "sure"), (0.6, "likely"), (0.2, "unsure")])
def test_each_word_for_how_sure_an_answer_is_has_its_own_sign(confidence: float, name: str) -> None:
    made = answer("Yes [1].", quotes=("Yes.",), confidence=confidence)
    html = shown(made)
    assert f'class="sure" data-sure="{name}"' in html
    assert f">{name}</span>" in html
    assert f"<p>Of the answers given at {confidence:.0%}, about that share is right.</p>" in html
    assert ("card answered unsure" in html) == (name == "unsure")
    for unsure in (html, turns.turn(turns.TurnView("t", made, growing=True))):
        head = unsure[: unsure.index("Yes")]
        assert (">Unsure: check the page</p>" in head) == (name == "unsure")


def test_the_rewritten_question_is_shown_only_when_it_differs() -> None:
    same = Answer("How tall?", "how tall", Status.NOT_FOUND, "No.")
    assert "Understood as" not in shown(same)
    assert "Understood as" in shown(replace(same, standalone_question="How tall is it?"))
