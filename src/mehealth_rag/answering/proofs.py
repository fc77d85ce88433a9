"""Proofs: the sentences of the evidence that speak of a written one, each held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from mehealth_rag.grounding.judge import carries
from mehealth_rag.grounding.values import Ground, Judgement, Outcome
from mehealth_rag.language.words import stems
from mehealth_rag.retrieval import Evidence, Retriever
from mehealth_rag.tables import quoted_columns
from mehealth_rag.types import BlockKind, PageOf, Passage, Quote, Sentence

SENTENCES_HELD = 14
"""How many sentences are held against one that a language model wrote."""

NOTHING_ADDED = 0.03
"""A second quote that brings no more of the sentence's words is left out."""

_LEANS = re.compile(
    r"^\W*(?:\w+\W+){0,5}?(?:the|this|that|these|those|such|he|she|it|they|his|her|its|their|"
    r"both|we|our)\b",
    re.IGNORECASE,
)
"""A sentence that may take its subject from the one before."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Quotes of one page, and what they do with a sentence."""

    quotes: tuple[Quote, ...]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Finding:
    """The best proof of each kind for one sentence, None where there is none."""

    carried: Proof | None
    denied: Proof | None
    nearest: Proof | None


def best_of(found: Sequence[Proof]) -> Finding:
    """The best of some proofs of one sentence, for and against it."""
    best = (_best(found, outcome) for outcome in (Outcome.CARRIED, Outcome.DENIED, None))
    return Finding(*best)


def proofs(
    sentence: str, topic: str, evidence: Sequence[Evidence], retriever: Retriever, page_of: PageOf
) -> list[Proof]:
    """The sentences nearest to a sentence held against it, alone and with what they lean on."""
    return [
        Proof(c.quotes, carries(sentence, c.grounds, c.similarity, retriever.acronyms))
        for c in _nearest_first(f"{topic} {sentence}", evidence, page_of)
    ]


def outweighs(carried: Proof | None, denied: Proof | None) -> TypeGuard[Proof]:
    """Whether what carries a sentence speaks more surely of it than what denies it.

    The sentence nearest to the claim decides: another may well hold its words by chance.
    """
    if carried is None:
        return False
    return denied is None or carried.judgement.closeness >= denied.judgement.closeness


@dataclass(frozen=True, slots=True)
class _Candidate:
    quotes: tuple[Quote, ...]
    grounds: tuple[Ground, ...]
    similarity: float


def _best(proofs: Sequence[Proof], outcome: Outcome | None) -> Proof | None:
    """The closest proof; with one quote instead of two where the second adds nothing."""
    fitting = [p for p in proofs if outcome is None or p.judgement.outcome is outcome]
    best = max(fitting, key=lambda p: (p.judgement.closeness, -len(p.quotes)), default=None)
    if best is None or len(best.quotes) == 1:
        return best
    alone = [p for p in fitting if p.quotes[0] in best.quotes and len(p.quotes) == 1]
    least = best.judgement.signals.get("coverage", 0.0) - NOTHING_ADDED
    enough = [p for p in alone if p.judgement.signals.get("coverage", 0.0) >= least]
    return max(enough, key=lambda p: p.judgement.closeness, default=best)


def _nearest_first(
    sentence: str, evidence: Sequence[Evidence], page_of: PageOf
) -> Iterator[_Candidate]:
    """The sentences nearest to the claim, each also together with the one that it leans on."""
    asked = set(stems(sentence))
    scored = []
    for rank, item in enumerate(evidence):
        for place in range(len(item.hit.passage.sentences)):
            if item.allowed and not item.allowed[place]:
                continue
            similarity = float(item.sentence_similarities[place])
            own = set(stems(item.hit.passage.sentence_text(place)))
            share = len(asked & own) / max(len(asked), 1)
            scored.append((-(similarity + share), rank, place))
    for _, rank, place in sorted(scored)[:SENTENCES_HELD]:
        yield from _candidates(evidence[rank], place, page_of)


def _candidates(item: Evidence, place: int, page_of: PageOf) -> Iterator[_Candidate]:
    """A sentence alone, and with the one that it leans on or the lead of its list."""
    passage = item.hit.passage
    similarity = float(item.sentence_similarities[place])
    quote, above = _quote(passage, place), _above(passage, place)
    ground = Ground(quote.text, above)
    yield _Candidate((quote,), (ground,), similarity)
    sentence = passage.sentences[place]
    if sentence.columns:
        yield _under_columns(passage, place, similarity, page_of)
    elif sentence.lead is not None:
        text = sentence.lead.of(page_of(passage.document, passage.page).text)
        lead = Quote(passage.document, passage.page, sentence.lead, text)
        yield _Candidate((lead, quote), (Ground(text, above), ground), similarity)
    elif place and _leans(sentence, quote.text) and (not item.allowed or item.allowed[place - 1]):
        near = max(similarity, float(item.sentence_similarities[place - 1]))
        before = _quote(passage, place - 1)
        yield _Candidate((before, quote), (Ground(before.text, above), ground), near)


def _under_columns(passage: Passage, place: int, similarity: float, page_of: PageOf) -> _Candidate:
    """A table's row together with the headings of its columns and its group's label."""
    sentence = passage.sentences[place]
    page = page_of(passage.document, passage.page)
    spans = [*quoted_columns(sentence, page.text), *filter(None, [sentence.lead])]
    above = _above(passage, place)
    quotes = [
        *(Quote.of_page(passage.document, page, span) for span in spans),
        _quote(passage, place),
    ]
    grounds = tuple(Ground(quote.text, above) for quote in quotes)
    return _Candidate(tuple(quotes), grounds, similarity)


def _leans(sentence: Sentence, text: str) -> bool:
    """Whether a sentence may take its subject from the one before; a list's lead is no sentence."""
    running = sentence.kind is BlockKind.PARAGRAPH and not text.rstrip().endswith(":")
    return running and _LEANS.search(text) is not None


def _above(passage: Passage, place: int) -> str:
    """The title and the headings above a sentence."""
    above = [passage.title, *passage.headings]
    if place and passage.sentences[0].kind is BlockKind.HEADING:
        above.append(passage.sentence_text(0))
    return "\n".join(dict.fromkeys(above))


def _quote(passage: Passage, place: int) -> Quote:
    return passage.quote(passage.sentences[place].span)
