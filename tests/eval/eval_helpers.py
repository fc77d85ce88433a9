"""Questions, replies and records to score, each with only what a test is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mehealth_eval.judge import judge
from mehealth_eval.records import Outcome, Quoted, Record, Reply, ReplyStatement
from mehealth_eval.sets import Item

PAGES = {
    ("guide", 1): "The harbour of Northby lies on the east coast. It has two piers.",
    ("guide", 2): "The lighthouse on the North Pier is 42 metres tall. It was lit in 1871.",
    ("fees", 1): "A fishing boat pays £40 a year.\nA yacht pays £300 a year.",
}


def normalised(text: str) -> str:
    return " ".join(text.split())


def _prospectus() -> list[str]:
    """Its pages: each starts at a line with one space and another character."""
    path = Path(__file__).parents[2] / "corpus" / "prospectus.txt"
    return list(map(normalised, re.split(r"\n(?= \S)", path.read_text(encoding="utf-8"))))


PROSPECTUS = _prospectus()


def page(document: str, number: int) -> str | None:
    return PAGES.get((document, number))


def item(key: str = "q1", **changes: Any) -> Item:  # noqa: ANN401 - any field
    """A question about the lighthouse, answerable unless `answerable=False`."""
    given: dict[str, Any] = {
        "group": "dev",
        "kind": "figure",
        "question": "How tall is the lighthouse?",
        "answerable": True,
        "facts": (("42 metres", "42 m"),),
        "needed": 1,
        "document": "guide",
        "pages": (2,),
        "quote": "42 metres tall",
    }
    if not changes.get("answerable", True):
        given |= {"facts": (), "needed": 0, "document": None, "pages": (), "quote": None}
    return Item(id=key, **given | changes)


def quoted(quote: str, document: str = "guide", number: int = 2) -> Quoted:
    return Quoted(document, number, quote, str(number))


def answered(text: str, *quotes: Quoted, **changes: Any) -> Reply:  # noqa: ANN401 - any field
    given: dict[str, Any] = {
        "statements": (ReplyStatement(text, tuple(range(1, len(quotes) + 1))),),
        "quotes": quotes,
        "confidence": 0.9,
        "milliseconds": 10.0,
        "engine": "test",
    }
    return Reply(Outcome.ANSWERED, text, **given | changes)


def silent(**changes: Any) -> Reply:  # noqa: ANN401 - any field
    return Reply(Outcome.NOT_FOUND, "The documents do not say.", **{"confidence": 0.8} | changes)


def record(asked: Item, reply: Reply) -> Record:
    return Record(asked, reply, judge(asked, reply, page))
