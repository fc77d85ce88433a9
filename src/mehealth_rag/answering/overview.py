"""Questions about a whole document or one of its parts, answered from its guide.

If every word of a question is about documents, summaries or asking, it has no subject of its own
and asks for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mehealth_rag.answering.compose import SOURCE, answered, statement_text
from mehealth_rag.answering.drafting import Draft, Point
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.questions import analyse
from mehealth_rag.guide.main_sentences import beginning, opening
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import (
    REQUEST_WORDS,
    content_stems,
    content_words,
    stem,
    stem_all,
    words,
)
from mehealth_rag.retrieval.retriever import Evidence, Retriever
from mehealth_rag.types import Answer, Passage, Quote, Source, Turn

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

_TURN_CHARACTERS, _TURN_PASSAGES, _LEAST_QUOTE = 400, 6, 20
_NEARLY = 0.75
"""Share of their joint words that a requested part and a heading must have in common."""

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
    """What a question about a whole document asks for: what it is about, or what it says most."""

    OPENING = "opening"
    SENTENCES = "sentences"
    FIGURES = "figures"
    PEOPLE = "people"


def aspect_of(question: str, *, follows: bool = False, named: bool = False) -> Aspect | None:
    """Return what a question asks of a whole document; None if it has a subject of its own.

    `follows`: there are earlier turns that "it" may refer to. `named`: the question named a
    document in words already removed from it.
    """
    asked = words(question)
    terms = set(asked)
    if not asked or any(map(_is_subject, content_words(question))) or asked[1:2] == ["about"]:
        return None
    names_document = named or not terms.isdisjoint(_DOCUMENTS)
    if terms & _FIGURES and "how" not in terms:
        return Aspect.FIGURES
    if terms & _PEOPLE or "who" in terms:
        about_people = terms & _PEOPLE.union(_DOCUMENTS, "named mentioned involved in".split())
        return Aspect.PEOPLE if about_people and "how" not in terms else None
    if not _SUMMARIES.isdisjoint(stem_all(terms)):
        return Aspect.SENTENCES
    if asked[-1] == "about" and asked[0] in {"what", "tell"} and len(asked) > 2:
        return Aspect.OPENING
    has_it = not follows and terms & _IT
    has_about = terms & _SAYS.union({"about", "in"}) or not names_document
    has_asking = terms & _SAYS.union({"what", "tell"})
    return Aspect.OPENING if (names_document or has_it) and has_about and has_asking else None


def _is_subject(word: str) -> bool:
    """Return whether a word belongs to a subject rather than to documents or asking."""
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
        """Return the answer to a question about whole documents; None for any other question."""
        naming = self.retriever.register.named(question, documents)
        rest = naming.bare if naming.named else question
        aspect = aspect_of(rest, follows=bool(history), named=bool(naming.named))
        if aspect is None:
            return None
        chosen = sorted(naming.documents) or documents or self._last_quoted(history)
        return self._answered(question, self._draft(self._names(chosen), aspect))

    def part(self, question: str, evidence: Sequence[Evidence]) -> Answer | None:
        """Return the answer to a question about what a heading covers; None if no heading matches.

        Only headings of the retrieved passages (`evidence`) are considered.
        """
        match = _PART.match(question.replace("’", "'"))
        wanted = _part_stems(match["part"]) if match else frozenset()
        for passage in (e.hit.passage for e in evidence):
            for heading in passage.headings if wanted else ():
                if _is_near(wanted, _part_stems(heading)):
                    points = _one_each(self._under(heading, passage))
                    lead = statement_text(heading).rstrip(" :")
                    draft = Draft(points, 1.0, CONFIDENCE, lead=lead)
                    return self._answered(question, draft)
        return None

    def _answered(self, question: str, draft: Draft) -> Answer | None:
        if not draft.points:
            return None
        return answered(analyse(question), draft, Library.of(self.index, self.sources))

    def _names(self, documents: Sequence[str]) -> list[str]:
        """Return the present names of documents, in order; those of all if none are given."""
        names = dict.fromkeys(self.index.other_names.get(d, d) for d in documents)
        return [*names] or [d.source.id for d in self.index.documents()]

    def _draft(self, names: Sequence[str], aspect: Aspect) -> Draft:
        by_document = [quotes for name in names if (quotes := self._quotes(name, aspect))]
        shown = by_document[:MOST_DOCUMENTS]
        share = MOST_STATEMENTS if len(shown) < 2 else max(1, MOST_STATEMENTS // len(shown))
        points = [p for quotes in shown for p in _one_each(_in_order(quotes[:share]))]
        left = len(by_document) - len(shown)
        lead = f"{len(shown)} of {len(by_document)} documents" if left else ""
        return Draft(tuple(points), 1.0, CONFIDENCE, lead=lead)

    def _quotes(self, name: str, aspect: Aspect) -> tuple[Quote, ...]:
        """Return a document's quotes for an aspect, best first, without repeats."""
        if aspect is Aspect.OPENING:
            document = self.index.described([name])[0]
            count = min(document.passages, _OPENING_PASSAGES)
            return opening(self.index.passages(range(document.first, document.first + count)))
        guide = self.index.guide(name)
        quotes = {
            Aspect.SENTENCES: guide.sentences,
            Aspect.FIGURES: tuple(f.citation for f in guide.figures),
            Aspect.PEOPLE: tuple(p.citation for p in guide.people),
        }[aspect]
        return tuple(dict.fromkeys(quotes))

    def _last_quoted(self, history: Sequence[Turn]) -> Sequence[str]:
        """Return the document the last answer quotes, found by its text; empty if not one."""
        answer = history[-1][1].partition(SOURCE)[0] if history else ""
        plain = " ".join(_MARKS.sub("", answer).split())
        hits = self.retriever.retrieve(plain[:_TURN_CHARACTERS], _TURN_PASSAGES) if plain else None
        passages = [e.hit.passage for e in hits.evidence] if hits else []
        quoted = {p.document for p in passages if any(s in plain for s in _statements(p))}
        return tuple(quoted) if len(quoted) == 1 else ()

    def _under(self, heading: str, passage: Passage) -> tuple[Quote, ...]:
        """Return how the section under a heading of the passage begins."""
        document = self.index.described([passage.document])[0]
        passages = self.index.passages(range(document.first, document.first + document.passages))
        path = passage.headings[: passage.headings.index(heading) + 1]
        return beginning([p for p in passages if p.headings[: len(path)] == path], MOST_OF_A_PART)


def _in_order(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Return quotes of one document in document order."""
    return tuple(sorted(quotes, key=lambda q: (q.page, q.span.start)))


def _one_each(quotes: Sequence[Quote]) -> tuple[Point, ...]:
    return tuple(Point((quote,)) for quote in quotes)


def _statements(passage: Passage) -> Iterator[str]:
    """Yield a passage's sentences as answers show them, if long enough to identify it."""
    texts = (statement_text(passage.words(s.span)) for s in passage.sentences)
    return (text for text in texts if len(text) >= _LEAST_QUOTE)


def _part_stems(text: str) -> frozenset[str]:
    """Return the stems of a text's words, without words like "section" and "chapter"."""
    return content_stems(text) - _OF_PARTS


def _is_near(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) and len(one & other) >= _NEARLY * len(one | other)
