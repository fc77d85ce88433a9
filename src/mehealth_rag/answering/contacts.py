"""Questions for a contact: which kind is asked for, and the sentences that give one of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mehealth_rag.answering.links import FoundLink
from mehealth_rag.language.contacts import Contact, contacts_in
from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import content_words, fold, stem, stem_all
from mehealth_rag.passages.places import words_at
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mehealth_rag.answering.questions import Question
    from mehealth_rag.answering.reading import Draft, ReadHit
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.types import Page, Quote, Span

FAINT = 1e-4
"""What is left of a sentence without such a contact: 0 is said of what may not be told."""

AS_LIKELY = 0.5
"""How likely a sentence with the kind of contact is, of the likeliest one, to be preferred."""

LINKED = 0.75
"""How sure an answer is that a link gives."""

MOST_LOOKED_AT, MOST_READ = 3_000, 4
"""Passages of which those are sought that give a contact, and so many of those are read."""

ANY = frozenset(Contact)
_OF_CONTACTS = frozenset(
    stem(w)
    for w in "contact contacts reach touch get hold email mail phone telephone number address talk "
    "speak write send go form person".split()
)
"""Words for a contact itself, which say nothing of whose it is."""

_SCHEMES = {"mailto": Contact.EMAIL, "tel": Contact.PHONE}

_OTHERWISE = re.compile(
    r"\b(?:why|when|until|how (?!(?:do|can|could|should|might|would|to|best)\b)\w+)\b"
    r"|^(?:(?:is|are|was|were)(?! there)|do(?:es)?(?! (?:you|they) have)|did|may|would|will|has|had"
    r"|have|should|must)\b"
)
"""What asks for a reason, a time, an amount, a yes or a no, whatever contact it speaks of."""

_I = r"(?:do|can|could|should|must|might|may|would|shall|to)\b(?: (?:i|we|you|one))?(?: \w+)?"
_REACHING = r"(?:contact|reach|get (?:in touch|hold|through))"
_CALLING = r"(?:ring|call|phone|telephone|dial)"
_ASKED: tuple[tuple[str, frozenset[Contact], bool], ...] = (
    (
        r"\be-?mail address|(?<!\ban )(?<!\bmy )(?<!\bby )\be-?mails?\b",
        frozenset({Contact.EMAIL}),
        True,
    ),
    (
        rf"\b(?:tele)?phone (?:number|no)\b|\b(?:number|no) (?:{_I} )?{_CALLING}\b|\btel\b"
        r"|^\W*(?:tele)?phone\W*$|\b(?:\w+s|her|his|their|your|office|home) (?:tele)?phone\W*$",
        frozenset({Contact.PHONE}),
        True,
    ),
    (r"\b(?:postal|mailing) address\b|\bpost ?code\b", frozenset({Contact.POST}), True),
    (
        rf"\b(?:who|whom|where) {_I} {_CALLING}\b"
        r"|(?<!\bfax )\b(?:number|phone|telephone) (?:to|for)\b|'s (?:phone|number)\b"
        r"|\b(?:helpline|hotline|mobile) number\b",
        frozenset({Contact.PHONE}),
        False,
    ),
    (r"\b(?:url|links?|web ?(?:address|site|page))\b", frozenset({Contact.WEB}), False),
    (
        r"\bwhere(?:abouts)? (?:are (?:you|they)|is (?:the|your|their) (?:\w+ )?"
        r"(?:office|headquarters|hq))(?: (?:based|located))?\W*$",
        frozenset({Contact.POST}),
        False,
    ),
    (
        rf"\b(?:who|whom|where) {_I} (?:talk|speak|write|turn|complain|report|send|{_REACHING})\b"
        rf"|\b(?:who|whom) {_I} (?:ask|see|go)\b|\bhow {_I} {_REACHING}\b|^\W*contacts?\b"
        r"|\bcontact (?:details?|person|point|address|form)\b|\baddress (?:of|for|to)\b"
        r"|\b(?:what|which|the|your|their)(?: \w+)? address\b|^\W*address\b",
        ANY,
        False,
    ),
)
"""Forms of a question for a contact, its kinds, and whether nothing else will do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The kinds of contact that a question asks for; `only`: nothing else answers it."""

    kinds: frozenset[Contact]
    only: bool

    @property
    def name(self) -> str:
        """What is asked for."""
        return " or ".join(sorted(kind.value for kind in self.kinds))


@dataclass(frozen=True, slots=True)
class Sought:
    """What was found for a question for a contact: sentences or a link.

    `absent`: the documents give no contact of the kind; `nearest` are those that they give.
    """

    draft: Draft
    link: FoundLink | None = None
    absent: bool = False
    nearest: tuple[Quote, ...] = ()


def wish_of(question: str) -> Wish | None:
    """What a question for a contact asks for; None where it asks for something else."""
    asked = " ".join(fold(question).split())
    if _OTHERWISE.search(asked):
        return None
    found = ((kinds, only) for form, kinds, only in _ASKED if re.search(form, asked))
    first = next(found, None)
    return Wish(*first) if first else None


def preferred(wish: Wish, given: Draft, draft: Draft) -> bool:
    """Whether what is given of the kind wished for answers, and not the likeliest sentences."""
    return bool(given.statements) and (
        wish.only or given.confidence >= AS_LIKELY * draft.confidence
    )


def gives(hits: Sequence[ReadHit], kinds: frozenset[Contact]) -> bool:
    """Whether any sentence that was read has such a contact."""
    return any(contacts_in(text) & kinds for hit in hits for text in hit.text.sentences)


def giving(hits: Sequence[ReadHit], kinds: frozenset[Contact]) -> list[ReadHit]:
    """The passages as read, all sentences held not to answer but those with such contacts."""
    return [_giving(hit, kinds) for hit in hits]


def _giving(hit: ReadHit, kinds: frozenset[Contact]) -> ReadHit:
    pairs = zip(hit.text.sentences, hit.reading.sentences, strict=True)
    chances = tuple(
        chance if contacts_in(text) & kinds else chance * FAINT for text, chance in pairs
    )
    return replace(hit, reading=replace(hit.reading, sentences=chances))


def others(
    index: OpenIndex, wish: Wish, read: Sequence[ReadHit], documents: Sequence[str]
) -> list[Evidence] | None:
    """The passages with contacts that were not read, those with one wished for first.

    None where there are too many passages to look at.
    """
    ordinals = index.document_ordinals([d.source.id for d in index.described(documents)])
    if len(ordinals) > MOST_LOOKED_AT:
        return None
    known = {hit.hit.passage.id for hit in read}
    found = [p for p in index.passages(ordinals.tolist()) if contacts_in(p.text)]
    found.sort(key=lambda p: not contacts_in(p.text) & wish.kinds)
    return [Evidence(Hit(p, 0.0), silenced(p)) for p in found if p.id not in known]


def linked(wish: Wish, question: Question, pages: Iterable[tuple[str, Page]]) -> FoundLink | None:
    """The first link that gives what is wished for behind words that do not say it.

    Where the question says of what or whom, the link's block speaks of that, too.
    """
    about = {s for s in question.subject if s not in _OF_CONTACTS}
    for document, page in pages:
        for link in page.links:
            span, parts = words_at(page, link), urlsplit(link.url)
            form = parts.scheme not in _SCHEMES and "contact" in link.url.casefold()
            fits = _SCHEMES.get(parts.scheme) in wish.kinds or (form and wish.kinds == ANY)
            if span and fits and (not about or about & _said_around(page, span)):
                address = link.url if form else unquote(parts.path)
                return FoundLink(span.of(page.text), address, document, page.number, span, LINKED)
    return None


def _said_around(page: Page, span: Span) -> set[str]:
    blocks = (b.span for b in page.blocks if b.span.start <= span.start < b.span.end)
    return {s for block in blocks for s in stem_all(content_words(block.of(page.text)))}
