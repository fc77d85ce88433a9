"""Escaping: nothing of a document or a question becomes markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_ui.markup import Html, escape, link, rich, tag, web_address


def test_text_is_escaped_and_markup_is_not() -> None:
    made = tag("p", "<b>&", tag("i", "x"), title='"><script>')
    assert made == '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;<i>x</i></p>'


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    assert tag("input", hidden=True, value=None, checked=False, data_act="a", class_="b") == (
        '<input hidden data-act="a" class="b">'
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "ftp://example.org/x",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "//example.org",
        "file:///etc/passwd",
        "http:",
        "https://[",
        "",
        None,
    ],
)
def test_only_web_addresses_are_links(address: str | None) -> None:
    assert web_address(address) is None
    assert link(address, "words") == "words"


def test_a_web_address_is_a_link_that_opens_apart() -> None:
    made = link("https://example.org/?b=1&c=2", "x")
    assert made == (
        '<a href="https://example.org/?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">x</a>'
    )


def test_bold_chips_and_addresses_of_an_answer() -> None:
    chips = {1: Html("<button>1</button>")}
    markup = rich("**42** <i> [1][2] https://example.org.", chips)
    assert markup.startswith("<strong>42</strong> &lt;i&gt; <button>1</button>[2] <a href=")
    assert markup.endswith(">https://example.org</a>.")


@given(st.text(alphabet="<>&\"'*[]1()javascript: hp/\n", max_size=60))
def test_whatever_the_text_no_markup_but_ours_comes_out(text: str) -> None:
    markup = rich(text, {})
    for ours in ("<strong>", "</strong>", "</a>"):
        markup = Html(markup.replace(ours, ""))
    assert "<script" not in markup
    assert "<" not in markup.replace("<a href=&quot;", "") or '<a href="http' in markup
    assert 'href="j' not in markup


def test_escaping_twice_is_escaping_once() -> None:
    assert escape(escape("<")) == "&lt;"
