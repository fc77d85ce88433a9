"""A statement with the passages that may decide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.guard.exact import Sources, Step, steps
from mehealth_rag.language.injection import gives_orders
from mehealth_rag.passages.tables import quoted_columns
from mehealth_rag.reader.rows import PassageText, gathered, passage_text, readable
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Page, PageOf, Passage, Quote, Sentence

Place = tuple[int, int]
"""A sentence: the index of its passage, and its own in the passage."""


@dataclass(frozen=True, slots=True)
class Case:
    """A statement, the question that it answers, if any, and the passages to judge it by.

    `bound` maps a sentence to the texts it needs to be understood: a list item's introduction, a
    table row's column headings.
    """

    statement: str
    texts: Sequence[PassageText]
    question: str = ""
    bound: Mapping[Place, Sequence[str]] = field(default_factory=dict)

    def only(self, places: Sequence[Place]) -> PassageText:
        """Join some sentences into one text, in reading order."""
        grouped: dict[int, list[int]] = {}
        for n, i in sorted(places):
            grouped.setdefault(n, []).append(i)
        return gathered([(self.texts[n], indices) for n, indices in grouped.items()])

    def steps(self, places: Sequence[Place]) -> tuple[Step, ...]:
        """Return how the statement's exact values follow from some sentences."""
        quotes = tuple(self.texts[n].sentences[i] for n, i in places)
        contexts = dict.fromkeys(self.texts[n].context for n, _ in places)
        bound = (text for place in places for text in self.bound.get(place, ()))
        return steps(self.statement, Sources(quotes, "\n".join((*contexts, *bound)), self.question))


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A passage and those of its sentences that may be evidence; `text` has only these."""

    passage: Passage
    page: Page
    sentences: tuple[Sentence, ...]
    text: PassageText

    @classmethod
    def of(cls, evidence: Evidence, page: Page) -> Exhibit:
        """Return retrieved evidence as an exhibit; `page` is the passage's page."""
        passage = evidence.hit.passage
        text = passage_text(passage, page.text)
        kept = [(s, t) for s, t in zip(readable(passage), text.sentences, strict=True)
                if s.span not in evidence.silenced]  # fmt: skip
        allowed = replace(text, sentences=tuple(t for _, t in kept))
        return cls(passage, page, tuple(s for s, _ in kept), allowed)

    def quotes(self, place: int) -> tuple[Quote, ...]:
        """Return a sentence as a quote, after the quotes it needs to be understood."""
        sentence = self.sentences[place]
        quote = self.passage.quote(sentence.span)
        return (*self.bound(place), quote)

    def bound(self, place: int) -> tuple[Quote, ...]:
        """Return a row's column headings, and the introduction of a list item or group of rows."""
        sentence = self.sentences[place]
        spans = [*quoted_columns(sentence, self.page.text), *filter(None, [sentence.lead])]
        quotes = [Quote.of_page(self.passage.document, self.page, span) for span in spans]
        return tuple(q for q in quotes if not gives_orders(q.text))


def exhibits_of(evidence: Iterable[Evidence], page_of: PageOf) -> tuple[Exhibit, ...]:
    """Return retrieved passages as exhibits, in order, dropping those without usable sentences."""
    exhibits = (
        Exhibit.of(e, page_of(e.hit.passage.document, e.hit.passage.page)) for e in evidence
    )
    return tuple(exhibit for exhibit in exhibits if exhibit.sentences)


def case_of(statement: str, question: str, exhibits: Sequence[Exhibit]) -> Case:
    """Build the case of a statement; `question` is what it answers or what it is about."""
    bound = {
        (n, i): [quote.text for quote in exhibit.bound(i)]
        for n, exhibit in enumerate(exhibits)
        for i in range(len(exhibit.sentences))
    }
    return Case(statement, [e.text for e in exhibits], question, bound)


def quotes_of(exhibits: Sequence[Exhibit], places: Sequence[Place]) -> tuple[Quote, ...]:
    """Return the quotes of some sentences, best passage first, in reading order within each."""
    order = list(dict.fromkeys(n for n, _ in places))
    quotes: dict[Quote, None] = {}
    for n, i in sorted(places, key=lambda place: (order.index(place[0]), place[1])):
        quotes |= dict.fromkeys(exhibits[n].quotes(i))
    return tuple(quotes)
