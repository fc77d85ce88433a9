"""Judges a reply without a judge model: by facts, forbidden forms, length and quotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from mehealth_eval.forms import FormMatch, first_words, match_forms, plain, word_count
from mehealth_eval.records import Outcome, Reply, Verdict
from mehealth_eval.sets import Item, Judged

PageText = Callable[[str, int], str | None]
"""Returns the text of a page by document and number; None if the index has no such page."""

DUMP_SHARE = 0.8
DUMP_WORDS = 60
"""An answer that repeats this share of a right page with more than `DUMP_WORDS` words is a dump of
the page, not an answer."""

_LINE_END = re.compile(r"(?<=\w)[-‐\u00ad][ \t]*\r?\n\s*(?=\w)")
_MARK = "\u00ad"
"""Stands for a hyphen that may be missing."""


def judge(item: Item, reply: Reply, page: PageText) -> Verdict:
    """Judge whether a reply is right, and why not, and check its quotes."""
    if reply.outcome is not Outcome.ANSWERED:
        reason = _fault_of_silence(item, reply)
        nearest = reply.nearest[0].quote if reply.nearest else ""
        return Verdict(
            right=not reason,
            reason=reason,
            first_statement=_any_fact(item, ""),
            first_quote=_any_fact(item, nearest),
        )
    text = first_words(reply.text, item.max_words) if item.cut else reply.text
    match = match_forms(text, item.facts, item.forbidden)
    words = word_count(reply.text)
    too_long = not item.cut and (words > item.max_words or _repeats_a_page(item, text, page))
    on_right_page = tuple(
        q.document == item.document and q.page in item.pages for q in reply.quotes
    )
    reason = _fault(item, match, too_long=too_long, page_hit=any(on_right_page))
    right_quotes = [
        q.quote for q, is_right in zip(reply.quotes, on_right_page, strict=True) if is_right
    ]
    # An address behind a link is in no page's text.
    pages = [page(item.document or "", number) or "" for number in item.pages]
    return Verdict(
        right=not reason,
        reason=reason,
        facts_held=sum(match.facts),
        facts_quoted=_facts_in(item, right_quotes),
        facts_quotable=_facts_in(item, pages),
        forbidden=match.forbidden,
        words=words,
        too_long=too_long,
        quotes_verbatim=tuple(
            stands_on(q.quote, page(q.document, q.page) or "") for q in reply.quotes
        ),
        quotes_on_right_page=on_right_page,
        first_statement=_any_fact(item, reply.statements[0].text if reply.statements else ""),
        first_quote=_any_fact(item, reply.quotes[0].quote if reply.quotes else ""),
    )


def stands_on(quote: str, page: str) -> bool:
    """Return whether `quote` is on `page` word for word; an empty quote is on no page.

    Any white space counts as one space, and a line-end hyphen may be missing on either side;
    nothing else may differ.
    """
    bare = " ".join(quote.split())
    if not bare:
        return False
    if bare in " ".join(page.split()):
        return True
    if not (_LINE_END.search(quote) or _LINE_END.search(page)):
        return False
    return re.search(_pattern(_marked(quote)), _marked(page)) is not None


def _fault_of_silence(item: Item, reply: Reply) -> str:
    """Why a reply that is not an answer is wrong; empty if it is right."""
    if reply.outcome is Outcome.MISSING:
        return "no answer was given to this question"
    if reply.outcome is Outcome.ERROR:
        return f"an error: {reply.problem}"
    return "nothing found, though the documents answer it" if item.answerable else ""


def _fault(item: Item, match: FormMatch, *, too_long: bool, page_hit: bool) -> str:
    """Why an answer is wrong; empty if it is right."""
    if not item.answerable:
        return "answered, though the documents do not say"
    if match.forbidden:
        return f"says what is false here: {', '.join(match.forbidden)}"
    if too_long:
        return "too long, or most of a page"
    if item.judged is Judged.PAGE:
        return "" if page_hit else "no cited page is right"
    if sum(match.facts) < item.needed:
        missing = [
            fact[0] for fact, present in zip(item.facts, match.facts, strict=True) if not present
        ]
        return f"holds {sum(match.facts)} of {item.needed} facts; missing: {'; '.join(missing)}"
    return ""


def _repeats_a_page(item: Item, text: str, page: PageText) -> bool:
    words = Counter(plain(text).split())
    for number in item.pages:
        whole = Counter(plain(page(item.document or "", number) or "").split())
        if whole.total() > DUMP_WORDS and (words & whole).total() >= DUMP_SHARE * whole.total():
            return True
    return False


def _facts_in(item: Item, texts: list[str]) -> int:
    """How many of the facts that are needed stand in some texts."""
    return min(sum(match_forms("\n".join(texts), item.facts).facts), item.needed)


def _any_fact(item: Item, text: str) -> bool | None:
    return any(match_forms(text, item.facts).facts) if item.facts else None


def _marked(text: str) -> str:
    """The text on one line, with marks for the hyphens at line ends."""
    return " ".join(_LINE_END.sub(_MARK, text).split())


def _pattern(quote: str) -> str:
    """The quote as a regex in which a mark matches a hyphen, a mark or nothing."""
    parts: list[str] = []
    for character in quote:
        if character == _MARK:
            parts.append(rf"[-‐{_MARK}]?")
        elif character in "-‐":
            parts.append(rf"[{character}{_MARK}]")
        else:
            parts.append(re.escape(character) + rf"{_MARK}?")
    return "".join(parts)
