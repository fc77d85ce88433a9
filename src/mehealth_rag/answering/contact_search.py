"""Questions for a contact: the kind requested, and the sentences that give it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mehealth_rag.answering import drafting
from mehealth_rag.answering.drafting import Draft, ReadHit
from mehealth_rag.answering.links import FoundLink
from mehealth_rag.answering.questions import Question
from mehealth_rag.guide.document_guide import Contact
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.contact_forms import ContactKind, contact_kinds
from mehealth_rag.language.injection import silenced
from mehealth_rag.language.words import content_stems, fold, stem
from mehealth_rag.reader.model import Limits
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Hit, Quote

FAINT = 1e-4
"""Factor for the probability of a sentence without the requested contact. It is not 0, which marks
sentences that must not be quoted."""

AS_LIKELY = 0.5
"""A sentence with the requested contact is preferred if its confidence is at least this share of
the likeliest sentence's."""

LINKED = 0.75
"""Confidence of an answer given by a link."""

MOST_READ = 4
"""Extra passages with a contact that are read when the retrieved ones give none."""

ANY = frozenset(ContactKind)
_OF_CONTACTS = frozenset(
    stem(w)
    for w in "contact contacts reach touch get hold email mail phone telephone number address talk "
    "speak write send go form person".split()
)
"""Words for the contact itself, which do not say whose it is."""

_OTHERWISE = re.compile(
    r"\b(?:why|when|until|how (?!(?:do|can|could|should|might|would|to|best)\b)\w+)\b"
    r"|^(?:(?:is|are|was|were)(?! there)|do(?:es)?(?! (?:you|they) have)|did|may|would|will|has|had"
    r"|have|should|must)\b"
)
"""Forms that ask for a reason, a time, an amount, or a yes or no, even if a contact is
mentioned."""

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
"""The kind of contact (None for any), whether only that kind will do, and the pattern that asks for
it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The kinds of contact a question asks for; with `only`, no other answer is accepted."""

    kinds: frozenset[ContactKind]
    only: bool

    @property
    def name(self) -> str:
        """The requested kinds as a noun."""
        return " or ".join(sorted(kind.noun for kind in self.kinds))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a search for a contact: sentences or a link.

    `absent` names the kind the documents do not give, if so; `nearest` are contacts they do give.
    """

    draft: Draft
    link: FoundLink | None = None
    absent: str = ""
    nearest: tuple[Quote, ...] = ()


def wish_of(question: str) -> Wish | None:
    """Return the contact a question asks for; None if it asks for something else."""
    folded = " ".join(fold(question).split())
    if _OTHERWISE.search(folded):
        return None
    for kind, only, pattern in _ASKED:
        if re.search(pattern, folded):
            return Wish(frozenset({kind}) if kind else ANY, only)
    return None


@dataclass(frozen=True, slots=True)
class ContactSearch:
    """Looks for a contact of the requested kinds in the passages read and in the guides.

    `read` runs the reader on more passages; `documents` are the ones searched.
    """

    index: OpenIndex
    wish: Wish
    question: Question
    documents: Sequence[str]
    limits: Limits
    read: Callable[[Sequence[Evidence]], tuple[ReadHit, ...]]

    def outcome(self, hits: Sequence[ReadHit], draft: Draft) -> Outcome:
        """Return the best answer, preferring sentences with a requested kind of contact."""
        contact_draft = self._contact_draft(hits)
        if self._is_preferred(contact_draft, draft):
            return Outcome(contact_draft)
        if not self.wish.only and draft.points:
            return Outcome(draft)
        contacts = self._guide_contacts()
        hits = (*self.read(self._unread_passages(contacts, hits)), *hits)
        contact_draft = self._contact_draft(hits)
        if self._is_preferred(contact_draft, draft):
            return Outcome(contact_draft)
        exists = gives(hits, self.wish.kinds) or any(c.kind in self.wish.kinds for c in contacts)
        return Outcome(
            contact_draft if self.wish.only else draft,
            self._linked(contacts),
            self.wish.name if self.wish.only and not exists else "",
            drafting.nearest(list(_limited_to((h for h in hits if gives([h], ANY)), ANY))),
        )

    def _contact_draft(self, hits: Sequence[ReadHit]) -> Draft:
        limited = list(_limited_to(hits, self.wish.kinds))
        return drafting.drafted(self.question, limited, self.limits, self.index.page)

    def _is_preferred(self, contact_draft: Draft, draft: Draft) -> bool:
        """Return whether the draft limited to contacts is used instead of the unrestricted one."""
        is_likely = contact_draft.confidence >= AS_LIKELY * draft.confidence
        return bool(contact_draft.points) and (self.wish.only or is_likely)

    def _guide_contacts(self) -> list[Contact[Quote]]:
        """Return the contacts in the documents' guides, the requested kinds first."""
        guides = (self.index.guide(d.source.id) for d in self.index.described(self.documents))
        return sorted(
            (c for guide in guides for c in guide.contacts),
            key=lambda c: c.kind not in self.wish.kinds,
        )

    def _unread_passages(
        self, contacts: Sequence[Contact[Quote]], hits: Sequence[ReadHit]
    ) -> list[Evidence]:
        """Return a few passages that hold contacts and have not been read."""
        read_ids = {hit.hit.passage.id for hit in hits}
        unread: dict[str, Evidence] = {}
        for contact in contacts:
            passage = self.index.passage_of(contact.citation)
            if passage is not None and passage.id not in read_ids:
                unread[passage.id] = Evidence(Hit(passage, 0.0), silenced(passage))
            if len(unread) == MOST_READ:
                break
        return list(unread.values())

    def _linked(self, contacts: Sequence[Contact[Quote]]) -> FoundLink | None:
        """Return the first contact hidden behind link text that does not show it.

        If the question says whose contact it wants, the block around the link must mention that
        too.
        """
        about = {s for s in self.question.subject if s not in _OF_CONTACTS}
        for contact in contacts:
            address, quote = contact.value, contact.citation
            hidden = address.casefold() not in " ".join(quote.text.split()).casefold()
            is_form = "contact" in address.casefold() and self.wish.kinds == ANY
            fits = is_form if contact.kind is ContactKind.WEB else contact.kind in self.wish.kinds
            if fits and hidden and (not about or about & self._stems_around(quote)):
                return FoundLink(quote.text, address, quote, LINKED)
        return None

    def _stems_around(self, quote: Quote) -> set[str]:
        page = self.index.page(quote.document, quote.page)
        spans = (b.span for b in page.blocks)
        blocks = (s.of(page.text) for s in spans if s.start <= quote.span.start < s.end)
        return {s for block in blocks for s in content_stems(block)}


def gives(hits: Sequence[ReadHit], kinds: frozenset[ContactKind]) -> bool:
    """Return whether any sentence read has a contact of these kinds."""
    return any(contact_kinds(text) & kinds for hit in hits for text in hit.text.sentences)


def _limited_to(hits: Iterable[ReadHit], kinds: frozenset[ContactKind]) -> Iterator[ReadHit]:
    """Yield the hits with only sentences that have such contacts left likely to answer."""
    for hit in hits:
        pairs = zip(hit.text.sentences, hit.reading.sentences, strict=True)
        likely = tuple(p * (1.0 if contact_kinds(text) & kinds else FAINT) for text, p in pairs)
        yield replace(hit, reading=replace(hit.reading, sentences=likely))
