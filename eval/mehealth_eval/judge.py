"""Judges a reply without a judge model: by facts, forbidden forms, length and quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from mehealth_eval.forms import Held, first_words, held, plain, word_count
from mehealth_eval.records import Outcome, Quoted, Reply, Verdict
from mehealth_eval.sets import Item, Judged
from mehealth_eval.verbatim import stands_on

PageText = Callable[[str, int], str | None]
"""Returns the text of a page by document and number; None if the index has no such page."""

DUMP_SHARE = 0.8
DUMP_WORDS = 60
"""An answer that repeats this share of a right page with more than `DUMP_WORDS` words is a dump of
the page, not an answer."""


def judge(item: Item, reply: Reply, page: PageText) -> Verdict:
    """Judge whether a reply is right, and why not, and check its quotes."""
    if reply.outcome is not Outcome.ANSWERED:
        return _judge_silence(item, reply)
    text = first_words(reply.text, item.max_words) if item.cut else reply.text
    match = held(text, item.facts, item.forbidden)
    words = word_count(reply.text)
    too_long = not item.cut and (words > item.max_words or _repeats_a_page(item, text, page))
    on_right_page = tuple(
        q.document == item.document and q.page in item.pages for q in reply.quotes
    )
    reason = _fault(item, match, too_long=too_long, page_hit=any(on_right_page))
    quotable = sum(_on_pages(item, page))
    return Verdict(
        right=not reason,
        reason=reason,
        facts_held=sum(match.facts),
        facts_quoted=min(_quoted(item, reply, on_right_page), item.needed),
        facts_quotable=min(quotable, item.needed),
        forbidden=match.forbidden,
        words=words,
        too_long=too_long,
        quotes_verbatim=tuple(_verbatim(q, page) for q in reply.quotes),
        quotes_on_right_page=on_right_page,
        first_statement=_any_fact(item, reply.statements[0].text if reply.statements else ""),
        first_quote=_any_fact(item, reply.quotes[0].quote if reply.quotes else ""),
    )


def _judge_silence(item: Item, reply: Reply) -> Verdict:
    """The verdict on a reply that is not an answer."""
    nearest = reply.nearest[0].quote if reply.nearest else ""
    verdict = partial(
        Verdict, first_statement=_any_fact(item, ""), first_quote=_any_fact(item, nearest)
    )
    match reply.outcome:
        case Outcome.MISSING:
            return verdict(right=False, reason="no answer was given to this question")
        case Outcome.ERROR:
            return verdict(right=False, reason=f"an error: {reply.problem}")
    if item.answerable:
        return verdict(right=False, reason="nothing found, though the documents answer it")
    return verdict(right=True)


def _fault(item: Item, match: Held, *, too_long: bool, page_hit: bool) -> str:
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


def _on_pages(item: Item, page: PageText) -> tuple[bool, ...]:
    """Which facts are in the pages' text: an address behind a link is not."""
    texts = (page(item.document or "", number) or "" for number in item.pages)
    return held("\n".join(texts), item.facts).facts


def _quoted(item: Item, reply: Reply, on_right_page: tuple[bool, ...]) -> int:
    right = [q.quote for q, is_right in zip(reply.quotes, on_right_page, strict=True) if is_right]
    return sum(held("\n".join(right), item.facts).facts)


def _verbatim(quoted: Quoted, page: PageText) -> bool:
    text = page(quoted.document, quoted.page)
    return text is not None and stands_on(quoted.quote, text)


def _any_fact(item: Item, text: str) -> bool | None:
    return any(held(text, item.facts).facts) if item.facts else None
