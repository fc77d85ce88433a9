"""Lists that a document makes of its headings: what stands under one."""

from __future__ import annotations

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import Block, BlockKind, Page, Span

_FEWEST = 2


def headings_under(question: Question, best: Candidate, page: Page) -> tuple[Span, ...]:
    """The headings right below the heading that a list question names, on its page."""
    if question.wanted is not Wanted.LIST or best.sentence.kind is not BlockKind.HEADING:
        return ()
    blocks = page.blocks
    place = next((i for i, b in enumerate(blocks) if b.span == best.sentence.span), None)
    if place is None:
        return ()
    level = blocks[place].level
    below: list[Block] = []
    for block in blocks[place + 1 :]:
        if block.kind is BlockKind.HEADING:
            if block.level <= level:
                break
            below.append(block)
    top = min((b.level for b in below), default=0)
    chosen = tuple(b.span for b in below if b.level == top)
    return chosen if len(chosen) >= _FEWEST else ()
