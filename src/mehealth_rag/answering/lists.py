"""Lists as a page has them: an introduction and its items, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import Block, BlockKind, Page, Span

MAX_ITEMS = 20
_WHOLE_LIST = frozenset({Wanted.LIST, Wanted.NAME, Wanted.GENERAL, Wanted.MANNER, Wanted.REASON})


@dataclass(frozen=True, slots=True)
class PageList:
    """A list of one page: the sentence that announces it, if one does, and its items."""

    introduction: Span | None
    items: tuple[Span, ...]


def wants_list(question: Question, best: Candidate) -> bool:
    """Whether the list that the best evidence stands in is the answer, and not one item of it.

    An introduction ("We collaborate on:") is never an answer without its items. An item stands
    for its list only where a list is asked for, and the question speaks of what introduces it
    rather than of the item.
    """
    if best.text.rstrip().endswith(":"):
        return True
    if best.sentence.kind is not BlockKind.ITEM or question.wanted not in _WHOLE_LIST:
        return False
    asked = set(question.subject)
    announced = set(stem_all(content_words(" ".join((_lead_text(best), best.passage.heading)))))
    own = set(stem_all(content_words(best.text)))
    if question.wanted is Wanted.LIST:
        return len(asked & announced) >= len(asked & (own - announced))
    return len(asked & announced) > len(asked & (own - announced)) and bool(asked & announced)


def list_around(page: Page, best: Candidate) -> PageList | None:
    """The list that a sentence introduces or belongs to, None where there is none."""
    place = _block_at(page.blocks, best.sentence.span.start)
    if place is None:
        return None
    first = place
    if page.blocks[place].kind is BlockKind.ITEM:
        while first > 0 and page.blocks[first - 1].kind is BlockKind.ITEM:
            first -= 1
    else:
        first += 1
    items = []
    for block in page.blocks[first : first + MAX_ITEMS]:
        if block.kind is not BlockKind.ITEM:
            break
        items.append(block.span)
    if not items:
        return None
    return PageList(_introduction(page, first, best), tuple(items))


def _introduction(page: Page, first: int, best: Candidate) -> Span | None:
    if best.sentence.lead is not None:
        return best.sentence.lead
    if best.text.rstrip().endswith(":"):
        return best.sentence.span
    before = page.blocks[first - 1] if first > 0 else None
    return before.span if before is not None and before.kind is BlockKind.HEADING else None


def _lead_text(best: Candidate) -> str:
    """The introduction's words, where it stands in the same passage or right before it."""
    lead = best.sentence.lead
    if lead is None:
        return ""
    passage = best.passage
    return passage.text[max(0, lead.start - passage.span.start) : lead.end - passage.span.start]


def _block_at(blocks: Sequence[Block], place: int) -> int | None:
    return next((i for i, b in enumerate(blocks) if b.span.start <= place < b.span.end), None)
