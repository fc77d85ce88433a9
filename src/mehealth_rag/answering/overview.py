"""Questions about a whole document or one of its parts, answered from its guide or its opening."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from mehealth_rag.answering.asked import SURE, Aspect, aspect_of
from mehealth_rag.answering.compose import answered, statement_text
from mehealth_rag.answering.continuing import statements_of
from mehealth_rag.answering.drafting import Draft, Point
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.questions import analyse
from mehealth_rag.guide.main_sentences import OF_OPENING, OPENING, beginning, opening
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.injection import silenced
from mehealth_rag.language.words import DEMONSTRATIVES, POINTING, content_stems, stem, words
from mehealth_rag.retrieval.retriever import Evidence, Retriever
from mehealth_rag.types import LIKELY_FROM, Answer, Hit, Passage, Quote, Source, Status, Turn

MOST_STATEMENTS, MOST_DOCUMENTS = 8, 10
"""Statements in an answer and documents covered, at most; each document has at least one
statement."""

MOST_OF_A_PART = 4
"""Sentences of a part in an answer, at most."""

CONFIDENCE = 0.7
"""Confidence of such an answer, set and not measured: the quotes come from the right document but
may not be its most important ones."""

_OPENING_PASSAGES = 8
"""Passages in which a document's opening is looked for."""

_TURN_PASSAGES, _LEAST_QUOTE = 2, 20
_NEARLY = 0.75
"""Share of their joint words that a requested part and a heading must have in common."""

_PART = re.compile(
    r"\W*(?:please |can you |could you |would you |i want to )*"
    r"(?:tell me (?:more |something )?about|know (?:more )?about|summari[sz]e|describe"
    r"|what(?: is|'s| does \w+(?: \w+)?) sa(?:id|y) (?:about|on|under|in)"
    r"|(?:give (?:me )?an? |an? )?(?:summary|overview|outline) of)\s+(?P<part>.+)",
    re.IGNORECASE,
)
_REFERRING = POINTING - DEMONSTRATIVES
"""Words that refer back; "this" mostly means the document itself."""

_OF_PARTS = frozenset(map(stem, "section chapter part paragraph heading".split()))


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """What a question asks of whole documents, and of which; `sure`: it is about nothing else."""

    aspect: Aspect
    documents: tuple[str, ...]
    sure: bool

    @property
    def from_guide(self) -> bool:
        """True if the guide answers at once; the reader is better at one document's subject."""
        return self.sure and (self.aspect is not Aspect.OPENING or len(self.documents) > 1)

    def better_from_guide(self, answer: Answer) -> bool:
        """Return whether the guide should answer in place of the reader."""
        is_likely = answer.status is Status.ANSWERED and answer.confidence >= LIKELY_FROM
        return self.sure and not is_likely


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers from the guides of an index; `sources` are those of its corpus."""

    index: OpenIndex
    retriever: Retriever
    sources: Sequence[Source]

    def asked(
        self, question: str, history: Sequence[Turn], documents: Sequence[str]
    ) -> OverviewRequest | None:
        """Return what a question asks of whole documents; None for any other question."""
        naming = self.retriever.register.named(question, documents)
        likeliest = self._aspect(naming.with_it, history)
        if likeliest is None:
            return None
        aspect, probability = likeliest
        favoured = sorted(naming.leaning, key=lambda d: -naming.leaning[d])[:1]
        of_turn = favoured or self._last_quoted(history)
        chosen = sorted(naming.documents) or documents or of_turn
        return OverviewRequest(aspect, tuple(self._names(chosen)), probability >= SURE)

    def _aspect(self, question: str, history: Sequence[Turn]) -> tuple[Aspect, float] | None:
        """Return the aspect that a question asks for, and its probability.

        Asking what "it" is about counts only if the turn before was about a document as well.
        """
        likeliest = aspect_of(question, self.retriever.encoder)
        refers_back = bool(history) and not _REFERRING.isdisjoint(words(question))
        if likeliest is None or likeliest[0] is not Aspect.OPENING or not refers_back:
            return likeliest
        return likeliest if self._aspect(history[-1][0], history[:-1]) else None

    def whole(self, question: str, asked: OverviewRequest) -> Answer | None:
        """Return the guides' answer to what is asked; None if they have none."""
        names, aspect = asked.documents, asked.aspect
        share = max(1, MOST_STATEMENTS // max(1, min(len(names), MOST_DOCUMENTS)))
        if share < OF_OPENING and aspect is Aspect.SENTENCES:  # too few to say what matters most
            aspect = Aspect.OPENING
        by_document = [quotes for name in names if (quotes := self._quotes(name, aspect, share))]
        shown = by_document[:MOST_DOCUMENTS]
        in_order = (sorted(q[:share], key=lambda q: (q.page, q.span.start)) for q in shown)
        is_part = len(shown) < len(by_document)
        lead = f"{len(shown)} of {len(by_document)} documents" if is_part else ""
        return self._answered(question, chain.from_iterable(in_order), lead)

    def first(self, asked: OverviewRequest, retrieved: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Return the evidence with the passages that the document opens with in front.

        Of 84 general questions on training documents the reader answers 50 so, and 43 if it reads
        the passages as retrieved.
        """
        if len(asked.documents) != 1:
            return tuple(retrieved)
        passages = self._opening_passages(asked.documents[0])
        first_sentences = set(beginning(passages, OPENING))
        front = [p for p in passages if first_sentences & {p.quote(s.span) for s in p.sentences}]
        opening_evidence = {p.id: Evidence(Hit(p, 1.0), silenced(p)) for p in front}
        merged = opening_evidence | {e.hit.passage.id: e for e in retrieved}
        return tuple(merged.values())[: max(len(retrieved), len(front))]

    def part(self, question: str, evidence: Sequence[Evidence]) -> Answer | None:
        """Return the answer to a question about what a heading covers; None if no heading matches.

        Only headings of the retrieved passages (`evidence`) are considered.
        """
        match = _PART.match(question.replace("’", "'"))
        wanted = _part_stems(match["part"]) if match else frozenset()
        for passage in (e.hit.passage for e in evidence):
            for heading in passage.headings if wanted else ():
                if _is_near(wanted, _part_stems(heading)):
                    lead = statement_text(heading).rstrip(" :")
                    return self._answered(question, self._under(heading, passage), lead)
        return None

    def _answered(self, question: str, quotes: Iterable[Quote], lead: str) -> Answer | None:
        points = tuple(Point((quote,)) for quote in quotes)
        if not points:
            return None
        draft = Draft(points, 1.0, CONFIDENCE, lead=lead)
        return answered(analyse(question), draft, Library.of(self.index, self.sources))

    def _names(self, documents: Sequence[str]) -> list[str]:
        """Return the present names of documents, in order; those of all if none are given."""
        names = dict.fromkeys(self.index.other_names.get(d, d) for d in documents)
        return [*names] or [d.source.id for d in self.index.documents()]

    def _quotes(self, name: str, aspect: Aspect, most: int) -> tuple[Quote, ...]:
        """Return a document's quotes for an aspect, best first, without repeats."""
        if aspect is Aspect.OPENING:
            return opening(self._opening_passages(name), min(most, OF_OPENING))
        guide = self.index.guide(name)
        quotes = {
            Aspect.SENTENCES: guide.sentences,
            Aspect.FIGURES: tuple(f.citation for f in guide.figures),
            Aspect.PEOPLE: tuple(p.citation for p in guide.people),
        }[aspect]
        return tuple(dict.fromkeys(quotes))

    def _opening_passages(self, name: str) -> Sequence[Passage]:
        document = self.index.described([name])[0]
        count = min(document.passages, _OPENING_PASSAGES)
        return self.index.passages(range(document.first, document.first + count))

    def _last_quoted(self, history: Sequence[Turn]) -> Sequence[str]:
        """Return the document the last answer quotes, found by its text; empty if not one."""
        quoted = {
            evidence.hit.passage.document
            for statement in statements_of(history[-1][1] if history else "")
            for evidence in self.retriever.retrieve(statement, _TURN_PASSAGES).evidence
            if any(text in statement for text in _statements(evidence.hit.passage))
        }
        return tuple(quoted) if len(quoted) == 1 else ()

    def _under(self, heading: str, passage: Passage) -> tuple[Quote, ...]:
        """Return how the section under a heading of the passage begins."""
        document = self.index.described([passage.document])[0]
        passages = self.index.passages(range(document.first, document.first + document.passages))
        path = passage.headings[: passage.headings.index(heading) + 1]
        return beginning([p for p in passages if p.headings[: len(path)] == path], MOST_OF_A_PART)


def _statements(passage: Passage) -> Iterator[str]:
    """Yield a passage's sentences as answers show them, if long enough to identify it."""
    texts = (statement_text(passage.words(s.span)) for s in passage.sentences)
    return (text for text in texts if len(text) >= _LEAST_QUOTE)


def _part_stems(text: str) -> frozenset[str]:
    """Return the stems of a text's words, without words like "section" and "chapter"."""
    return content_stems(text) - _OF_PARTS


def _is_near(wanted: frozenset[str], heading: frozenset[str]) -> bool:
    shared = wanted & heading
    return bool(shared) and len(shared) >= _NEARLY * len(wanted | heading)
