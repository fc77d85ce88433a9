"""Questions for a contact: which kind is asked for, and the sentences that give one of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag.answering import reading
from mehealth_rag.answering.links import FoundLink
from mehealth_rag.language.contacts import ContactKind, contacts_in
from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import content_words, fold, stem, stem_all
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mehealth_rag.answering.questions import Question
    from mehealth_rag.answering.reading import Draft, ReadHit
    from mehealth_rag.guide.values import Contact
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Limits, PassageReading
    from mehealth_rag.types import Quote

FAINT = 1e-4
"""What is left of a sentence without such a contact: 0 is said of what may not be told."""

AS_LIKELY = 0.5
"""How likely a sentence with the kind of contact is, of the likeliest one, to be preferred."""

LINKED = 0.75
"""How sure an answer is that a link gives."""

MOST_READ = 4
"""Passages with a contact that the search did not bring, of which so many are read."""

ANY = frozenset(ContactKind)
_OF_CONTACTS = frozenset(
    stem(w)
    for w in "contact contacts reach touch get hold email mail phone telephone number address talk "
    "speak write send go form person".split()
)
"""Words for a contact itself, which say nothing of whose it is."""

_OTHERWISE = re.compile(
    r"\b(?:why|when|until|how (?!(?:do|can|could|should|might|would|to|best)\b)\w+)\b"
    r"|^(?:(?:is|are|was|were)(?! there)|do(?:es)?(?! (?:you|they) have)|did|may|would|will|has|had"
    r"|have|should|must)\b"
)
"""What asks for a reason, a time, an amount, a yes or a no, whatever contact it speaks of."""

_I = r"(?:do|can|could|should|must|might|may|would|shall|to)\b(?: (?:i|we|you|one))?(?: \w+)?"
_REACHING = r"(?:contact|reach|get (?:in touch|hold|through))"
_CALLING = r"(?:ring|call|phone|telephone|dial)"
_ASKED: tuple[tuple[ContactKind | None, bool, str], ...] = (
    (ContactKind.EMAIL, True, r"\be-?mail address|(?<!\ban )(?<!\bmy )(?<!\bby )\be-?mails?\b"),
    (
        ContactKind.PHONE,
        True,
        rf"\b(?:tele)?phone (?:number|no)\b|\b(?:number|no) (?:{_I} )?{_CALLING}\b|\btel\b"
        r"|^\W*(?:tele)?phone\W*$|\b(?:\w+s|her|his|their|your|office|home) (?:tele)?phone\W*$",
    ),
    (ContactKind.POST, True, r"\b(?:postal|mailing) address\b|\bpost ?code\b"),
    (
        ContactKind.PHONE,
        False,
        rf"\b(?:who|whom|where) {_I} {_CALLING}\b|\b(?:helpline|hotline|mobile) number\b"
        r"|(?<!\bfax )\b(?:number|phone|telephone) (?:to|for)\b|'s (?:phone|number)\b",
    ),
    (ContactKind.WEB, False, r"\b(?:url|links?|web ?(?:address|site|page))\b"),
    (
        ContactKind.POST,
        False,
        r"\bwhere(?:abouts)? (?:are (?:you|they)|is (?:the|your|their) (?:\w+ )?"
        r"(?:office|headquarters|hq))(?: (?:based|located))?\W*$",
    ),
    (
        None,
        False,
        rf"\b(?:who|whom|where) {_I} (?:talk|speak|write|turn|complain|report|send|{_REACHING})\b"
        rf"|\b(?:who|whom) {_I} (?:ask|see|go)\b|\bhow {_I} {_REACHING}\b|^\W*contacts?\b"
        r"|\bcontact (?:details?|person|point|address|form)\b|\baddress (?:of|for|to)\b"
        r"|\b(?:what|which|the|your|their)(?: \w+)? address\b|^\W*address\b",
    ),
)
"""The kind that a question asks for, None for any; whether nothing else will do; its forms."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The kinds of contact that a question asks for; `only`: nothing else answers it."""

    kinds: frozenset[ContactKind]
    only: bool

    @property
    def name(self) -> str:
        """What is asked for."""
        return " or ".join(sorted(kind.noun for kind in self.kinds))


@dataclass(frozen=True, slots=True)
class Sought:
    """What was found for a question for a contact: sentences or a link.

    `absent`: what the documents do not give, if that is so; `nearest` are contacts that they give.
    """

    draft: Draft
    link: FoundLink | None = None
    absent: str = ""
    nearest: tuple[Quote, ...] = ()


def wish_of(question: str) -> Wish | None:
    """What a question for a contact asks for; None where it asks for something else."""
    asked = " ".join(fold(question).split())
    if _OTHERWISE.search(asked):
        return None
    for kind, only, form in _ASKED:
        if re.search(form, asked):
            return Wish(frozenset({kind}) if kind else ANY, only)
    return None


@dataclass(frozen=True, slots=True)
class Seeker:
    """Seeks a contact of the kinds wished for, in what was read and in the guides.

    `read` has the reader read more passages; `documents` are those that were searched.
    """

    index: OpenIndex
    wish: Wish
    question: Question
    documents: Sequence[str]
    limits: Limits
    read: Callable[[Sequence[Evidence]], tuple[ReadHit, ...]]

    def sought(self, hits: Sequence[ReadHit], draft: Draft) -> Sought:
        """What answers: of the kind wished for before all else."""
        found = self._given(hits, self.wish.kinds)
        if self._is_preferred(found, draft):
            return Sought(found)
        if not self.wish.only and draft.statements:
            return Sought(draft)
        told = self._told()
        hits = (*self.read(self._passages(told, hits)), *hits)
        found = self._given(hits, self.wish.kinds)
        if self._is_preferred(found, draft):
            return Sought(found)
        here = gives(hits, self.wish.kinds) or any(c.kind in self.wish.kinds for c in told)
        return Sought(
            found if self.wish.only else draft,
            self._linked(told),
            self.wish.name if self.wish.only and not here else "",
            reading.nearest(_giving([h for h in hits if gives([h], ANY)], ANY)),
        )

    def _given(self, hits: Sequence[ReadHit], kinds: frozenset[ContactKind]) -> Draft:
        return reading.drafted(self.question, _giving(hits, kinds), self.limits, self.index.page)

    def _is_preferred(self, found: Draft, draft: Draft) -> bool:
        """Whether what is given of the kinds answers, and not the likeliest sentences."""
        likely = found.confidence >= AS_LIKELY * draft.confidence
        return bool(found.statements) and (self.wish.only or likely)

    def _told(self) -> list[Contact[Quote]]:
        """The contacts in the guides to the documents, those wished for first."""
        guides = (self.index.guide(d.source.id) for d in self.index.described(self.documents))
        return sorted(
            (c for guide in guides for c in guide.contacts),
            key=lambda c: c.kind not in self.wish.kinds,
        )

    def _passages(self, told: Sequence[Contact[Quote]], read: Sequence[ReadHit]) -> list[Evidence]:
        """The passages that hold contacts and were not read, a few."""
        known = {hit.hit.passage.id for hit in read}
        found: dict[str, Evidence] = {}
        for contact in told:
            passage = self.index.passage_of(contact.citation)
            if passage is not None and passage.id not in known:
                found[passage.id] = Evidence(Hit(passage, 0.0), silenced(passage))
            if len(found) == MOST_READ:
                break
        return list(found.values())

    def _linked(self, told: Sequence[Contact[Quote]]) -> FoundLink | None:
        """The first contact that a link gives behind words that do not say it.

        Where the question says of what or whom, the link's block speaks of that, too.
        """
        about = {s for s in self.question.subject if s not in _OF_CONTACTS}
        for kind, value, quote in ((c.kind, c.value, c.citation) for c in told):
            hidden = value.casefold() not in " ".join(quote.text.split()).casefold()
            form = "contact" in value.casefold() and self.wish.kinds == ANY
            fits = form if kind is ContactKind.WEB else kind in self.wish.kinds
            if fits and hidden and (not about or about & self._said_around(quote)):
                return FoundLink(quote.text, value, quote.document, quote.page, quote.span, LINKED)
        return None

    def _said_around(self, quote: Quote) -> set[str]:
        page = self.index.page(quote.document, quote.page)
        spans = (b.span for b in page.blocks)
        blocks = (s.of(page.text) for s in spans if s.start <= quote.span.start < s.end)
        return {s for block in blocks for s in stem_all(content_words(block))}


def gives(hits: Sequence[ReadHit], kinds: frozenset[ContactKind]) -> bool:
    """Whether any sentence that was read has such a contact."""
    return any(contacts_in(text) & kinds for hit in hits for text in hit.text.sentences)


def _giving(hits: Sequence[ReadHit], kinds: frozenset[ContactKind]) -> list[ReadHit]:
    """The passages as read, all sentences held not to answer but those with such contacts."""
    return [replace(hit, reading=_faint(hit, kinds)) for hit in hits]


def _faint(hit: ReadHit, kinds: frozenset[ContactKind]) -> PassageReading:
    pairs = zip(hit.text.sentences, hit.reading.sentences, strict=True)
    chances = tuple(
        chance if contacts_in(text) & kinds else chance * FAINT for text, chance in pairs
    )
    return replace(hit.reading, sentences=chances)
