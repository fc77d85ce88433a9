"""What a language model is given: passages, best first, and the whole document where that fits.

Each stands under its headings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.guard.verdict import Exhibit, exhibits_of
from mehealth_rag.language.orders import gives_orders, silenced
from mehealth_rag.llm import Asked, EvidenceItem, LanguageModel, Message, answer_messages, fitting
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Hit

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex

MOST_TOKENS = 24_000
"""Tokens of a prompt at the most, however large the context is: more costs time and money."""

LEAST_TOKENS = 12
"""Tokens of a passage at the least, by its title and page alone."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a model is told, and the passages in it by their numbers, from 1."""

    prompt: tuple[Message, ...]
    exhibits: tuple[Exhibit, ...]


def prompt_tokens(model: LanguageModel, answer_tokens: int) -> int:
    """How many tokens a prompt may have that leaves room for an answer."""
    return min(model.context_tokens - answer_tokens, MOST_TOKENS)


def given(asked: Asked, ranked: Sequence[Evidence], index: OpenIndex, tokens: int) -> Given:
    """The passages that fit, best first, and what else the best one's document has, if all fits.

    What may not be evidence is not told.
    """
    best = exhibits_of(ranked, index.page)
    exhibits = [*best, *_rest(best, index, tokens)]
    items = [_item(e) for e in exhibits]
    kept = len(fitting(asked, items, tokens))
    kept = kept if kept == len(items) else min(kept, len(best))
    prompt = answer_messages(asked, items[:kept], tokens)
    return Given(prompt, tuple(exhibits[:kept]))


def _rest(best: Sequence[Exhibit], index: OpenIndex, tokens: int) -> tuple[Exhibit, ...]:
    """The other passages of the best one's document; none where they are surely too many."""
    ordinals = index.document_ordinals([e.passage.document for e in best[:1]])
    if len(ordinals) > tokens // LEAST_TOKENS:
        return ()
    known = {e.passage.id for e in best}
    whole = index.passages(ordinals.tolist())
    others = (Evidence(Hit(p, 0.0), silenced(p)) for p in whole if p.id not in known)
    return exhibits_of(others, index.page)


def _item(exhibit: Exhibit) -> EvidenceItem:
    """A passage as the model sees it."""
    passage = exhibit.passage
    text = "\n".join(exhibit.text.sentences)
    above = exhibit.text.context.removeprefix(passage.title).split(" > ")
    told = [part for part in above if part and part not in text and not gives_orders(part)]
    return EvidenceItem(passage.title, passage.page_label, "\n".join([" > ".join(told), text]))
