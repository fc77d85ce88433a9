"""Exhibits: the passages that a claim is held against, as the reader reads and we quote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag.guard.verdict import Case
from mehealth_rag.language.orders import gives_orders
from mehealth_rag.passages.tables import quoted_columns
from mehealth_rag.reader.rows import passage_text, readable
from mehealth_rag.types import Quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mehealth_rag.guard.verdict import Place
    from mehealth_rag.reader.rows import PassageText
    from mehealth_rag.retrieval.retriever import Evidence
    from mehealth_rag.types import Page, PageOf, Passage, Sentence


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A passage with those of its sentences that may be evidence; `text` has no others."""

    passage: Passage
    page: Page
    sentences: tuple[Sentence, ...]
    text: PassageText

    @classmethod
    def of(cls, evidence: Evidence, page: Page) -> Exhibit:
        """What a search brought; `page` is the page that it stands on."""
        passage = evidence.hit.passage
        text = passage_text(passage, page.text)
        allowed = evidence.allowed or (True,) * len(passage.sentences)
        may = {s.span for s, own in zip(passage.sentences, allowed, strict=True) if own}
        kept = [(s, t) for s, t in zip(readable(passage), text.sentences, strict=True)
                if s.span in may]  # fmt: skip
        said = replace(text, sentences=tuple(t for _, t in kept))
        return cls(passage, page, tuple(s for s, _ in kept), said)

    def quotes(self, place: int) -> tuple[Quote, ...]:
        """A sentence after what it is not understood without."""
        sentence = self.sentences[place]
        own = self.passage.quote(sentence.span)
        return (*self.bound(place), own)

    def bound(self, place: int) -> tuple[Quote, ...]:
        """The words that introduce a list's item or a row's group, and the heads of its columns."""
        sentence = self.sentences[place]
        spans = [*quoted_columns(sentence, self.page.text), *filter(None, [sentence.lead])]
        quotes = [Quote.of_page(self.passage.document, self.page, span) for span in spans]
        return tuple(q for q in quotes if not gives_orders(q.text))


def exhibits_of(found: Iterable[Evidence], page_of: PageOf) -> tuple[Exhibit, ...]:
    """The passages that a search brought, in its order, of which anything may be told."""
    exhibits = (Exhibit.of(e, page_of(e.hit.passage.document, e.hit.passage.page)) for e in found)
    return tuple(exhibit for exhibit in exhibits if exhibit.sentences)


def case_of(statement: str, question: str, exhibits: Sequence[Exhibit]) -> Case:
    """A statement with what it is held against; `question` is what it answers or speaks of."""
    bound = {
        (n, i): [quote.text for quote in exhibit.bound(i)]
        for n, exhibit in enumerate(exhibits)
        for i in range(len(exhibit.sentences))
    }
    return Case(statement, [e.text for e in exhibits], question, bound)


def quotes_of(exhibits: Sequence[Exhibit], places: Sequence[Place]) -> tuple[Quote, ...]:
    """The quotes of some sentences, the best passage first, each passage in reading order."""
    order = list(dict.fromkeys(n for n, _ in places))
    quotes: dict[Quote, None] = {}
    for n, i in sorted(places, key=lambda place: (order.index(place[0]), place[1])):
        quotes |= dict.fromkeys(exhibits[n].quotes(i))
    return tuple(quotes)
