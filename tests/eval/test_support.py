"""The second opinion on what is shown: numbers, dates and names against the quotes, as strings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from eval_helpers import answered, item, quoted, record

import mehealth_eval.support
from mehealth_eval.figures import summarise, unsupported_in
from mehealth_eval.records import Reply, ReplyStatement
from mehealth_eval.sets import Format
from mehealth_eval.support import repetition, unsupported

TALL = "The lighthouse on the North Pier, 42 metres tall, was lit in 1871."
FLEET = "The North Pier Lighthouse cost £1.6 billion and three ships, says the United Kingdom."


@pytest.mark.parametrize(
    ("sentence", "quotes"),
    [
        ("The lighthouse is **42** metres tall [1]", [TALL]),
        ("It was lit in 1871", [TALL]),
        ("Write to Fox Road, NG2 6BJ", ["Our address: Fox Road, NG2 6BJ."]),
        ("The NPL cost £1.6bn", [FLEET]),
        ("The Lighthouse cost 1.60 billion", [FLEET]),
        ("It cost 3 ships", [FLEET]),
        ("The UK has a lighthouse", [FLEET]),
        ("The pier’s light is 42 metres up", [TALL]),
        ("The North Pier Lighthouse is old", ["The NPL is old."]),
    ],
)
def test_what_stands_in_the_quotes(sentence: str, quotes: list[str]) -> None:
    assert unsupported(sentence, quotes) == ()


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The lighthouse is 24 metres tall", ("24",)),
        ("It was lit in 1872", ("1872",)),
        ("It was lit in May 1871", ("May",)),
        ("The lighthouse on the South Pier is 42 metres tall", ("South",)),
        ("It is 42 million metres tall", ("42 million",)),
        ("It is 42% done", ("42%",)),
        ("Mary Anning lit it in 1871", ("Mary", "Anning")),
        ("It was lit for the BBC", ("BBC",)),
        ("The Pier North is tall", ("Pier North",)),
    ],
)
def test_what_does_not(sentence: str, found: tuple[str, ...]) -> None:
    assert unsupported(sentence, [TALL]) == found


def test_repetition() -> None:
    assert repetition("one two three four five") == 0
    assert repetition("a b c a b c a b c") > 0.5


def test_it_shares_no_code_with_the_engine() -> None:
    tree = ast.parse(Path(mehealth_eval.support.__file__).read_text(encoding="utf-8"))
    names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    names += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    assert not [n for n in names if n.startswith("mehealth_rag")]


def written(*statements: str, quote: str = TALL, **more: object) -> Reply:
    told = tuple(ReplyStatement(s, (1,)) for s in statements)
    changes = {"engine": "generative", "statements": told, "tokens": 20} | more
    return answered(" ".join(statements), quoted(quote), **changes)


def test_the_figures_of_a_language_models_answers() -> None:
    true, false = "It is 42 metres tall", "It is 24 metres tall"
    records = [
        record(item("a"), written(true, false, dropped=1, first_words=100.0)),
        record(item("b"), written(true, engine="extractive", notice="it failed", dropped=2)),
        record(item("c"), answered("42 metres", quoted(TALL))),
    ]
    found = summarise("dev", "development half", records, Format.OWN).figures
    assert unsupported_in(records[0].reply) == ((), ("24",))
    assert (found["generated.asked"].value, found["generated.asked"].n) == (2, 2)
    assert found["generated.spoken"].value == found["generated.fallbacks"].value == 0.5
    assert (found["generated.unsupported"].hits, found["generated.unsupported"].n) == (1, 2)
    assert (found["generated.dropped"].hits, found["generated.dropped"].n) == (3, 5)
    assert found["generated.first_words.p50"].value == 100
    assert found["generated.tokens"].value == 20
    spared = summarise("dev", "", [records[2]], Format.OWN).figures
    assert {f.value for name, f in spared.items() if name.startswith("generated.")} == {None}
