"""Facts that phrases tell beside what a sentence is about: found, asked, stated, put wrong."""

from __future__ import annotations

import random

from training.facts import Fact, changed, crossed, facts_of, missing, question_of, statement_of


def told(sentence: str) -> list[tuple[str, str, str]]:
    return [(f.kind, f.thing, f.value) for f in facts_of(sentence)]


def test_counts_take_the_words_as_far_as_the_last_plural() -> None:
    assert told("It has two deep water quays, as well as 1,200 marine engineering firms.") == [
        ("count", "deep water quays", "two"),
        ("count", "marine engineering firms", "1,200"),
    ]


def test_years_measures_and_sums_are_no_counts() -> None:
    assert told("In 2019 trains ran for 40 minutes and cost £3 tickets.") == []


def test_prices_stand_before_their_thing_or_behind_a_noun() -> None:
    assert told("The new £300 million Harbour Rehabilitation Centre is open.") == [
        ("price", "Harbour Rehabilitation Centre", "£300 million")
    ]
    assert told("It lives on a yearly grant of €1.2m.") == [("price", "yearly grant", "€1.2m")]


def test_a_short_form_has_the_words_whose_capitals_spell_it() -> None:
    assert told("We work with the Quarry Health Data Bridge (HDB) and others (GPs).") == [
        ("acronym", "HDB", "Health Data Bridge")
    ]
    assert told("Ferries to Port Ellan (FTPE)") == []


def test_roles_places_and_years() -> None:
    assert told("“It works,” says Una Brack, head of sales.") == [
        ("role", "head of sales", "Una Brack")
    ]
    assert told("They train at the Lower School in Mill Lane.") == [
        ("place", "Lower School", "Mill Lane")
    ]
    assert told("The ferry was built in 1994.") == [("year", "the ferry", "1994")]
    assert told("We met the Youth Council in September.") == []


def test_a_fact_is_asked_by_its_thing_and_never_by_its_value() -> None:
    fact = Fact("count", "deep water quays", "17")
    asked = {question_of(fact, random.Random(n)) for n in range(60)}
    assert len(asked) > 20
    assert all("quays" in text.lower() and "17" not in text for text in asked)


def test_a_wrong_statement_differs_from_the_right_one_in_its_value() -> None:
    chance = random.Random(3)
    for fact in [Fact("count", "quays", "two"), Fact("price", "grant", "£300 million"),
                 Fact("count", "jobs", "33,000"), Fact("year", "the ferry", "1994", "built"),
                 Fact("count", "homes", "two million")]:  # fmt: skip
        wrong = changed(fact, [], chance)
        assert wrong
        assert wrong.value != fact.value
        assert wrong.value in statement_of(wrong, chance)
        assert fact.thing in statement_of(fact, chance).replace("The ferry", "the ferry")


def test_another_role_holder_is_wrong_and_without_one_nothing_is() -> None:
    boss = Fact("role", "head of sales", "Una Brack")
    other = Fact("role", "chair", "Lars Meek")
    assert changed(boss, [other], random.Random(1)) == Fact("role", "head of sales", "Lars Meek")
    assert changed(boss, [], random.Random(1)) is None


def test_a_thing_without_the_fact_is_asked_for_too() -> None:
    price = Fact("price", "Harbour Centre", "£3m")
    found = missing("The £3m Harbour Centre works with Port Ellan College.", price)
    assert found == Fact("price", "Port Ellan College")
    quays, firms = Fact("count", "deep water quays", "two"), Fact("count", "engineering firms", "9")
    assert crossed(quays, firms) == Fact("count", "deep water firms")
    assert crossed(Fact("count", "quays", "two"), firms) is None
