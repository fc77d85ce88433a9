"""The verdict on a reply: facts, forbidden forms, length, pages, quotes, abstention."""

from __future__ import annotations

import pytest
from eval_helpers import PAGES, answered, item, page, quoted, silent

from mehealth_eval.judge import judge, stands_on
from mehealth_eval.records import Outcome, Reply
from mehealth_eval.sets import Item, Judged

PAGE = "The collab-\noration is well-\nknown. It\n  is 42 metres - no more."
GOOD = answered(
    "The lighthouse on the North Pier is **42 metres** tall [1].",
    quoted("The lighthouse on the North Pier is 42 metres tall."),
)


def test_a_right_answer_and_a_right_silence() -> None:
    assert judge(item(answerable=False), silent(), page).right
    verdict = judge(item(), GOOD, page)
    assert (verdict.right, verdict.reason) == (True, "")
    assert verdict.page_hit
    assert verdict.quotes_verbatim == (True,)
    assert (verdict.facts_held, verdict.facts_quoted, verdict.facts_quotable) == (1, 1, 1)
    assert verdict.words == 10


@pytest.mark.parametrize(
    ("asked", "reply", "reason"),
    [
        (item(), silent(), "nothing found, though the documents answer it"),
        (item(), answered("It was lit in 1871."), "holds 0 of 1 facts; missing: 42 metres"),
        (item(forbidden=("1871",)), answered("42 metres, 1871."), "says what is false here: 1871"),
        (item(), answered("42 metres " * 41), "too long, or most of a page"),
        (item(answerable=False), GOOD, "answered, though the documents do not say"),
        (item(), Reply(Outcome.MISSING), "no answer was given to this question"),
        (item(), Reply(Outcome.ERROR, problem="broken"), "an error: broken"),
        (item(answerable=False), Reply(Outcome.ERROR, problem="broken"), "an error: broken"),
    ],
)
def test_a_wrong_answer_has_a_reason(asked: Item, reply: Reply, reason: str) -> None:
    verdict = judge(asked, reply, page)
    assert (verdict.right, verdict.reason) == (False, reason)


def test_as_many_facts_as_are_needed() -> None:
    facts = (("42 metres",), ("1871",), ("east coast",))
    reply = answered("42 metres, lit in 1871")
    assert judge(item(facts=facts, needed=2), reply, page).right
    assert not judge(item(facts=facts, needed=3), reply, page).right


def test_a_page_poured_out_is_no_answer() -> None:
    words = " ".join(f"word{n}" for n in range(70)) + " 42 metres"
    asked = item(max_words=160)
    for text in (words, words.replace("word69", "")):
        verdict = judge(asked, answered(text), lambda *_: words)
        assert verdict.too_long
        assert not verdict.right
    half = " ".join(words.split()[-40:])
    assert judge(asked, answered(half), lambda *_: words).right
    assert judge(item(), answered(PAGES["guide", 2]), page).right  # a short page may be repeated


def test_quotes_are_checked_one_by_one() -> None:
    reply = answered(
        "42 metres",
        quoted("A yacht pays\n£300 a year.", "fees", 1),
        quoted("A yacht pays 300 a year.", "fees", 1),
        quoted("42 metres", "guide", 2),
        quoted("42 metres", "guide", 9),
    )
    verdict = judge(item(), reply, page)
    assert verdict.quotes_verbatim == (True, False, True, False)
    assert verdict.quotes_on_right_page == (False, False, True, False)


def test_only_quotes_of_a_right_page_prove_a_fact_that_a_page_says() -> None:
    for quote in (quoted("It was lit in 1871."), quoted("42 metres", "fees")):
        assert judge(item(), answered("42 metres", quote), page).facts_quoted == 0
    asked = item(facts=(("example.org/plan.pdf",),))
    assert judge(asked, answered("example.org/plan.pdf"), page).facts_quotable == 0


def test_words_after_the_limit_are_not_read_where_they_are_cut() -> None:
    asked = item(max_words=5, cut=True)
    assert judge(asked, answered("one two three 42 metres six seven"), page).right
    assert not judge(asked, answered("one two three four 42 metres"), page).right


def test_without_given_words_the_page_decides() -> None:
    asked = item(facts=(), needed=0, judged=Judged.PAGE)
    assert judge(asked, answered("Tall.", quoted("42 metres")), page).right
    wrong = judge(asked, answered("Tall.", quoted("two piers", "guide", 1)), page)
    assert (wrong.right, wrong.reason) == (False, "no cited page is right")
    assert wrong.first_statement is None


def test_where_the_words_stand_first() -> None:
    verdict = judge(item(), answered("Tall.", quoted("is 42 metres tall")), page)
    assert (verdict.first_statement, verdict.first_quote) == (False, True)
    near = judge(item(), silent(nearest=(quoted("is 42 metres tall"),)), page)
    assert (near.first_statement, near.first_quote) == (False, True)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("The collaboration is", PAGE),
        ("The collab-\noration is", PAGE),
        ("is well-known. It is", PAGE),
        ("is well-\nknown. It is 42", PAGE),
        ("collaboration is well-known", PAGE),
        ("It   is\n42 metres - no", PAGE),
        ("the collab-\noration", "the collaboration"),
        ("a well-\nknown one", "a well-known one"),
    ],
)
def test_line_breaks_do_not_matter(quote: str, text: str) -> None:
    assert stands_on(quote, text)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        *((quote, PAGE) for quote in ("", "  ", "the collaboration", "is 42 meters", "42metres")),
        *((quote, PAGE) for quote in ("42 metres no more", "is wellknown-")),
        ("wellknown", "a well-known one"),
        ("well-known", "a wellknown one"),
        ("well-known fact", "well-\nread. A wellknown fact"),
    ],
)
def test_nothing_else_in_a_quote_may_differ(quote: str, text: str) -> None:
    assert not stands_on(quote, text)
