"""Quotes: word for word, white space and a hyphen at a line's end aside."""

from __future__ import annotations

import pytest

from mehealth_eval.verbatim import stands_on

PAGE = "The collab-\noration is well-\nknown. It\n  is 42 metres - no more."


@pytest.mark.parametrize(
    "quote",
    [
        "The collaboration is", "The collab-\noration is", "is well-known. It is",
        "is well-\nknown. It is 42", "collaboration is well-known", "It   is\n42 metres - no",
    ],
)  # fmt: skip
def test_line_breaks_do_not_matter(quote: str) -> None:
    assert stands_on(quote, PAGE)


def test_a_quote_may_be_broken_where_the_page_is_not() -> None:
    assert stands_on("the collab-\noration", "the collaboration")
    assert stands_on("a well-\nknown one", "a well-known one")


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        *((quote, PAGE) for quote in ("", "  ", "the collaboration", "is 42 meters", "42metres")),
        *((quote, PAGE) for quote in ("42 metres no more", "is wellknown-")),
        ("wellknown", "a well-known one"),
        ("well-known", "a wellknown one"),
        ("well-known fact", "well-\nread. A wellknown fact"),
    ],
)
def test_nothing_else_may_differ(quote: str, page: str) -> None:
    assert not stands_on(quote, page)
