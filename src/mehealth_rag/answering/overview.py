"""Questions for a document as a whole, or for one of its parts: answered from its guide.

A question all of whose words are words for documents, for summaries and for asking has no subject
of its own, so it asks for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mehealth_rag.answering.compose import SOURCE, answered, statement_text
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.questions import analyse
from mehealth_rag.answering.reading import Draft
from mehealth_rag.guide.candidates import is_running
from mehealth_rag.guide.telling import telling
from mehealth_rag.language.words import REQUEST_WORDS, content_words, stem, stem_all, words
from mehealth_rag.types import Answer, Passage, Quote, Source, Turn

if TYPE_CHECKING:
    from mehealth_rag.guide.values import Guide
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.retrieval.retriever import Evidence, Retriever

MOST_STATEMENTS, MOST_DOCUMENTS = 8, 10
"""What an answer holds at the most; a document has one statement at least."""

CONFIDENCE = 0.7
"""How sure such an answer is: its quotes are of the document, but may not say the most of it."""

_TURN_CHARACTERS, _TURN_PASSAGES, _LEAST_QUOTE = 400, 6, 20
_NEARLY = 0.75
"""The share of its words and a heading's that a part of a document has to have in common."""

_DOCUMENTS = frozenset(
    "document documents report reports paper papers prospectus file files text texts article "
    "articles brochure leaflet guide book publication pdf website site source sources".split()
)
_SUMMARIES = frozenset(
    stem(word)
    for word in "summary summarise overview outline gist synopsis abstract point message topic "
    "theme subject takeaway fact content essence".split()
)
_FIGURES = frozenset("figures numbers statistics stats".split())
_PEOPLE = frozenset("people persons".split())
_SAYS = frozenset("say says contain contains cover covers discuss describe explain".split())
_IT = frozenset("it this these they them here".split())
_GENERAL = frozenset(
    stem(word)
    for word in "key main important essential central core short general brief whole entire "
    "overall big biggest top headline deal talk involved".split()
).union(map(stem, _FIGURES | _PEOPLE | _SAYS))
_PART = re.compile(
    r"\W*(?:please |can you |could you |would you |i want to )*"
    r"(?:tell me (?:more |something )?about|know (?:more )?about|summari[sz]e|describe"
    r"|what(?: is|'s| does \w+(?: \w+)?) sa(?:id|y) (?:about|on|under|in)"
    r"|(?:give (?:me )?an? |an? )?(?:summary|overview|outline) of)\s+(?P<part>.+)",
    re.IGNORECASE,
)
_OF_PARTS = frozenset(map(stem, "section chapter part paragraph heading".split()))
_MARKS = re.compile(r"\[\d+\]|\*\*")


class Aspect(StrEnum):
    """What of a whole document is asked for."""

    SENTENCES = "sentences"
    FIGURES = "figures"
    PEOPLE = "people"


def aspect_of(question: str, *, follows: bool = False, named: bool = False) -> Aspect | None:
    """What a question asks of a document as a whole; None where it has a subject of its own.

    `follows`: turns stand before it, of which "it" may be the subject. `named`: it named a document
    with words that were taken out of it.
    """
    said = words(question)
    own = set(said)
    if not said or any(map(_is_subject, content_words(question))) or said[1:2] == ["about"]:
        return None
    told = named or not own.isdisjoint(_DOCUMENTS)
    if own & _FIGURES and "how" not in own:
        return Aspect.FIGURES
    if own & _PEOPLE or "who" in own:
        asked = own & _PEOPLE.union(_DOCUMENTS, "named mentioned involved in".split())
        return Aspect.PEOPLE if asked and "how" not in own else None
    ends = said[-1] == "about" and said[0] in {"what", "tell"} and len(said) > 2
    if ends or not _SUMMARIES.isdisjoint(stem_all(own)):
        return Aspect.SENTENCES
    it = not follows and own & _IT
    tells = own & _SAYS.union({"about", "in"}) or not told
    asks = own & _SAYS.union({"what", "tell"})
    return Aspect.SENTENCES if (told or it) and tells and asks else None


def _is_subject(word: str) -> bool:
    """Whether a word says something of a subject, and not of documents and of asking."""
    known = word in REQUEST_WORDS or word in _DOCUMENTS
    return not known and stem(word) not in _SUMMARIES | _GENERAL


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers from the guides of an index; `sources` are those of its corpus."""

    index: OpenIndex
    retriever: Retriever
    sources: Sequence[Source]

    def whole(
        self, question: str, history: Sequence[Turn], documents: Sequence[str]
    ) -> Answer | None:
        """The answer to a question for whole documents; None where it asks for something else."""
        naming = self.retriever.naming(question, documents)
        rest = naming.bare if naming.named else question
        aspect = aspect_of(rest, follows=bool(history), named=bool(naming.named))
        if aspect is None:
            return None
        chosen = sorted(naming.documents) or documents or self._spoken_of(history)
        return self._answered(question, self._draft(self._guides(chosen), aspect))

    def part(self, question: str, evidence: Sequence[Evidence]) -> Answer | None:
        """The answer to a question for what stands under a heading; None where there is none.

        `evidence` is what a search brought: the heading is one of theirs.
        """
        asked = _PART.match(question.replace("’", "'"))
        wanted = _named(asked["part"]) if asked else frozenset()
        for passage in (e.hit.passage for e in evidence):
            for heading in passage.headings if wanted else ():
                if _is_near(wanted, _named(heading)):
                    quotes = self._under(heading, passage)
                    return self._answered(question, Draft(_each(quotes), 1.0, CONFIDENCE))
        return None

    def _answered(self, question: str, draft: Draft) -> Answer | None:
        if not draft.statements:
            return None
        return answered(analyse(question), draft, Library.of(self.index, self.sources))

    def _guides(self, documents: Sequence[str]) -> list[Guide[Quote]]:
        names = dict.fromkeys(self.index.other_names.get(d, d) for d in documents)
        return [self.index.guide(n) for n in names or [d.source.id for d in self.index.documents()]]

    def _draft(self, guides: Sequence[Guide[Quote]], aspect: Aspect) -> Draft:
        telling_ones = [quotes for guide in guides if (quotes := _quotes(guide, aspect))]
        shown = telling_ones[:MOST_DOCUMENTS]
        each = MOST_STATEMENTS if len(shown) < 2 else max(1, MOST_STATEMENTS // len(shown))
        statements = [s for quotes in shown for s in _each(_in_order(quotes[:each]))]
        left = len(telling_ones) - len(shown)
        lead = f"{len(shown)} of {len(telling_ones)} documents" if left else ""
        return Draft(tuple(statements), 1.0, CONFIDENCE, lead=lead)

    def _spoken_of(self, history: Sequence[Turn]) -> Sequence[str]:
        """The one document that the last answer quotes, as its words tell; else none."""
        told = history[-1][1].partition(SOURCE)[0] if history else ""
        plain = " ".join(_MARKS.sub("", told).split())
        found = self.retriever.retrieve(plain[:_TURN_CHARACTERS], _TURN_PASSAGES) if plain else None
        passages = [e.hit.passage for e in found.evidence] if found else []
        quoted = {p.document for p in passages if any(s in plain for s in _statements(p))}
        return tuple(quoted) if len(quoted) == 1 else ()

    def _under(self, heading: str, passage: Passage) -> tuple[Quote, ...]:
        """The sentences that say the most of what stands under the heading of a passage."""
        document = self.index.described([passage.document])[0]
        places = range(document.first, document.first + document.passages)
        path = passage.headings[: passage.headings.index(heading) + 1]
        pairs = zip(places, self.index.passages(places), strict=True)
        own = [(n, p) for n, p in pairs if p.headings[: len(path)] == path]
        vectors = [self.index.sentence_vectors(n) for n, _ in own]
        return _in_order(telling([p for _, p in own], vectors, is_running))


def _quotes(guide: Guide[Quote], aspect: Aspect) -> tuple[Quote, ...]:
    """What a guide has of an aspect, each quote once."""
    found = {
        Aspect.SENTENCES: guide.sentences,
        Aspect.FIGURES: tuple(f.citation for f in guide.figures),
        Aspect.PEOPLE: tuple(p.citation for p in guide.people),
    }[aspect]
    return tuple(dict.fromkeys(found))


def _in_order(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Quotes of one document as they stand in it."""
    return tuple(sorted(quotes, key=lambda q: (q.page, q.span.start)))


def _each(quotes: Sequence[Quote]) -> tuple[tuple[Quote, ...], ...]:
    return tuple((quote,) for quote in quotes)


def _statements(passage: Passage) -> Iterator[str]:
    """The sentences of a passage as an answer puts them, those long enough to be told by."""
    texts = (statement_text(passage.words(s.span)) for s in passage.sentences)
    return (text for text in texts if len(text) >= _LEAST_QUOTE)


def _named(text: str) -> frozenset[str]:
    """The stems of a part's or a heading's words, the words for parts aside."""
    return frozenset(stem_all(content_words(text))) - _OF_PARTS


def _is_near(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) and len(one & other) >= _NEARLY * len(one | other)
