"""Checking a claim: sentence by sentence, each held against the passages that speak of it.

A verdict is told in words: where it stands, what differs, and by which step a figure follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from mehealth_rag.answering.conflicts import is_of_one_size
from mehealth_rag.answering.scope import declined
from mehealth_rag.answering.talk import talk_of
from mehealth_rag.checking.sentences import (
    ClaimSentence,
    claim_sentences,
    halves,
    is_question,
    mended,
)
from mehealth_rag.errors import UsageError
from mehealth_rag.guard.values import values, without
from mehealth_rag.guard.verdict import (
    Exhibit,
    Weighed,
    case_of,
    decisive,
    exhibits_of,
    least,
    quotes_of,
    settled,
    weighings,
)
from mehealth_rag.language.words import words
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Citation, Verdict, VerdictKind

if TYPE_CHECKING:
    from mehealth_rag.answering.library import Library
    from mehealth_rag.guard.exact import Step
    from mehealth_rag.guard.verdict import Case
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.retriever import Evidence


PASSAGES_JUDGED = 6
"""Passages that a sentence is held against, for each way in which they are searched."""

BOTH_SURE = 0.8
"""From this probability on two pages that differ are said to disagree."""

IN_ITS_WORDS = 0.5
"""The same where the page that bears a claim out has it word for word."""

UNTOLD = 0.5
"""Where words say nothing of a claim less likely than this, they speak of it."""

NO_CLAIM = "This claims nothing that documents could bear out."

_WORST_FIRST = (VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED)

NOT_FOUND = "The documents do not say."

_STEPS = {
    "rounding": "“{text}” is {of}, rounded",
    "count": "“{text}” is a count of what is listed",
    "sum": "“{text}” is the sum of {of}",
    "difference": "“{text}” is the difference between {of}",
    "share": "“{text}” is had from {of}",
    "product": "“{text}” is the product of {of}",
    "comparison": "“{text}” is compared with {of}",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What checking works with; `search` brings passages for a text."""

    reader: Reader
    search: Callable[[str], Sequence[Evidence]]
    speller: Speller
    library: Library


def check_claim(claim: str, desk: Desk, question: str = "") -> Verdict:
    """The verdict on a claim; `question` is what it answers, empty where that is not known.

    Raises:
        UsageError: it is a question.
    """
    if is_question(claim):
        raise UsageError('a claim is a statement; to ask a question use: mehealth ask "…"')
    watch = Stopwatch()
    sentences = claim_sentences(mended(claim, desk.speller), question)
    talk = talk_of(claim, desk.speller)
    nothing = Verdict(claim, VerdictKind.NOT_FOUND, NO_CLAIM, confidence=1.0)
    if not sentences or talk is not None:
        return replace(nothing, timings_ms=watch.stop())
    watch.lap("rewrite")
    hearings = [_Hearing.of(s, question, desk) for s in sentences]
    watch.lap("retrieve")
    parts = [_by_part(s, h, question) for s, h in zip(sentences, hearings, strict=True)]
    watch.lap("answer")
    if len(parts) > 1:
        parts = [replace(part, parts=()) for part in parts]
    whole = _whole(claim, parts)
    # An order may be one that a leaflet gives ("Call the ward"); others claim nothing.
    if whole.explanation == NOT_FOUND and declined(claim) is not None:
        whole = nothing
    return replace(whole, timings_ms=watch.stop())


def _by_part(sentence: ClaimSentence, hearing: _Hearing, question: str) -> Verdict:
    """The verdict on a sentence; where only one half of it is borne out, by its halves."""
    whole = hearing.verdict()
    if whole.verdict is VerdictKind.SUPPORTED:
        return whole
    parts = [_Hearing.of(h, question, hearing.desk).verdict() for h in halves(sentence)]
    kinds = {part.verdict for part in parts}
    milder = whole.verdict is VerdictKind.CONTRADICTED and VerdictKind.CONTRADICTED not in kinds
    if VerdictKind.SUPPORTED not in kinds or milder:
        return whole
    told = " ".join(f"“{part.claim}” {part.explanation}" for part in parts)
    return replace(_whole(sentence.text, parts), explanation=told)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A sentence of a claim, and the passages that it is held against."""

    case: Case
    exhibits: Sequence[Exhibit]
    desk: Desk

    @classmethod
    def of(cls, sentence: ClaimSentence, question: str, desk: Desk) -> _Hearing:
        """The passages that may speak of a sentence.

        They are searched a second time without the sentence's figures: a wrong figure must not lead
        away from the page that has the right one.
        """
        about = sentence.topic or question
        whole = f"{about} {sentence.text}".strip()
        queries = dict.fromkeys((whole, without(whole, values(whole).amounts)))
        found = {e.hit.passage.id: e for query in queries for e in desk.search(query)}
        exhibits = exhibits_of(found.values(), desk.library.page)
        return cls(case_of(sentence.text, about, exhibits), exhibits, desk)

    def verdict(self) -> Verdict:
        """The verdict on the sentence."""
        found = weighings(self.desk.reader, self.case)
        if pair := self._disagreeing(found):
            return self._of_two_pages(*pair)
        weighed = settled(self.desk.reader, self.case, decisive(found))
        kind = self._kind(weighed)
        if kind is VerdictKind.NOT_FOUND:
            return self._not_found(weighed)
        weighed = self._least(weighed)
        evidence = self._evidence(weighed)
        if kind is VerdictKind.SUPPORTED:
            told = supported(self._places(evidence), weighed.steps)
            return self._given(kind, told, evidence, weighed.judgement.carried)
        told = contradicted(self._places(evidence, weighed.differing), weighed.differing)
        return self._given(kind, told, evidence, weighed.judgement.denied)

    def _not_found(self, weighed: Weighed) -> Verdict:
        """That the documents do not say, and which value alone keeps a page from saying it."""
        would = self.desk.reader.limits.verdict(weighed.read) == VerdictKind.SUPPORTED
        missing = weighed.missing if would else ()
        speaks = weighed.judgement.untold < UNTOLD
        place = self._places(self._evidence(weighed))[0] if missing or speaks else None
        told = not_found(missing, place)
        return self._given(VerdictKind.NOT_FOUND, told, (), weighed.judgement.untold)

    def _of_two_pages(self, carrying: Weighed, denying: Weighed) -> Verdict:
        """That one page says so and another gives another figure; both are cited."""
        carrying, denying = self._least(carrying), self._least(denying)
        own, others = self._evidence(carrying), self._evidence(denying)
        evidence = (*own, *(replace(c, number=c.number + len(own)) for c in others))
        other = self._places(others, denying.differing)[0]
        told = disagreeing(self._places(own), other, denying.differing)
        return self._given(VerdictKind.SUPPORTED, told, evidence, carrying.judgement.carried)

    def _disagreeing(self, found: Sequence[Weighed]) -> tuple[Weighed, Weighed] | None:
        """What carries the sentence, and what on another page gives a figure of about that size.

        Both are sure, or what carries it has it word for word.
        """
        best = decisive([w for w in found if self._kind(w) is VerdictKind.SUPPORTED])
        needed = IN_ITS_WORDS if self._in_its_words(best) else BOTH_SURE
        denying = [
            w
            for w in found
            if w.surely >= needed
            and self._kind(w) is VerdictKind.CONTRADICTED
            and not self._pages(w) & self._pages(best)
            and w.differing is not None
            and _of_one_size(w.differing)
        ]
        return (best, decisive(denying)) if denying and best.surely >= needed else None

    def _in_its_words(self, weighed: Weighed) -> bool:
        """Whether one quote has the words of the sentence in a row, its figures among them."""
        own = " ".join(words(self.case.statement))
        quotes = (self.case.texts[n].sentences[i] for n, i in weighed.quotes)
        return any(own in " ".join(words(quote)) for quote in quotes)

    def _kind(self, weighed: Weighed) -> VerdictKind:
        return VerdictKind(self.desk.reader.limits.verdict(weighed.judgement))

    def _least(self, weighed: Weighed) -> Weighed:
        return least(self.desk.reader, self.case, weighed, self.desk.reader.limits)

    def _pages(self, weighed: Weighed) -> set[tuple[str, int]]:
        passages = (self.exhibits[n].passage for n, _ in weighed.quotes)
        return {(p.document, p.page) for p in passages}

    def _evidence(self, weighed: Weighed) -> tuple[Citation, ...]:
        """The citations of what decides, the best passage first, each passage in reading order."""
        quotes = quotes_of(self.exhibits, weighed.quotes)
        return tuple(self.desk.library.citation(n, q) for n, q in enumerate(quotes, start=1))

    def _places(self, evidence: Sequence[Citation], differing: Step | None = None) -> list[Where]:
        """The pages of citations, each once, that of what differs before the others.

        Their documents are named where there are several.
        """
        several = len(self.desk.library.sources) > 1
        found = differing.of[0] if differing else ""
        ordered = sorted(evidence, key=lambda c: found not in c.quote)
        where = (Where(c.page_label, c.title if several else "") for c in ordered)
        return list(dict.fromkeys(where))

    def _given(
        self, kind: VerdictKind, told: str, evidence: Sequence[Citation], surely: float
    ) -> Verdict:
        return Verdict(self.case.statement, kind, told, tuple(evidence), round(surely, 4))


def _of_one_size(differing: Step) -> bool:
    """Whether two figures could measure one thing: neither is far greater than the other."""
    if differing.kind == "date":
        return True
    own, its = values(differing.text).amounts, values(differing.of[0]).amounts
    return any(is_of_one_size(a, b) for a in own for b in its)


def _whole(claim: str, parts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim of one or several parts: the worst of them is its own."""
    if len(parts) == 1:
        return replace(parts[0], claim=claim)
    parts = _numbered(parts)
    worst = min(parts, key=lambda p: (_WORST_FIRST.index(p.verdict), -p.confidence))
    supported = worst.verdict is VerdictKind.SUPPORTED
    surely = prod(p.confidence for p in parts) if supported else worst.confidence
    evidence = tuple({c.number: c for p in parts for c in p.evidence}.values())
    told = worst.explanation
    return Verdict(claim, worst.verdict, told, evidence, round(surely, 4), parts=tuple(parts))


def _numbered(parts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The parts with their citations numbered through; one that comes again keeps its number."""
    numbers: dict[tuple[str, int, str], int] = {}

    def renumbered(citation: Citation) -> Citation:
        key = (citation.document, citation.page, citation.quote)
        return replace(citation, number=numbers.setdefault(key, len(numbers) + 1))

    return tuple(replace(p, evidence=tuple(renumbered(c) for c in p.evidence)) for p in parts)


@dataclass(frozen=True, slots=True)
class Where:
    """A page by its label, and the document's title; that is empty where there is but one."""

    label: str
    title: str = ""

    def __str__(self) -> str:
        return f"page {self.label}{self.of}"

    @property
    def of(self) -> str:
        """The document in words."""
        return f" of “{self.title}”" if self.title else ""


def supported(places: Sequence[Where], steps: Sequence[Step]) -> str:
    """That pages say so, and how the figures follow that do not stand there as they are."""
    told = [_STEPS[s.how].format(text=s.text, of=_joined(s.of)) for s in steps if s.how in _STEPS]
    return f"{_says(places)} so{': ' if told else ''}{'; '.join(dict.fromkeys(told))}."


def contradicted(places: Sequence[Where], differing: Step | None) -> str:
    """What differs, or only that pages say otherwise; the first place is that of the difference."""
    if differing is None:
        return f"{_says(places)} otherwise."
    own, its = (_within(text, differing) for text in (differing.text, differing.of[0]))
    return f"The documents say {its}, not {own} ({places[0]})."


def disagreeing(places: Sequence[Where], other: Where, differing: Step | None) -> str:
    """That pages say so, and another gives another figure."""
    found = _within(differing.of[0], differing) if differing else "otherwise"
    return f"{_says(places)} so. The pages disagree: {other} says {found}."


def not_found(missing: Sequence[Step], place: Where | None) -> str:
    """That the documents do not say; `missing` is what keeps the nearest place from saying it.

    A place without anything missing speaks of it, but leaves open whether it is so.
    """
    if place is None:
        return NOT_FOUND
    if not missing:
        return f"The documents do not clearly say. The nearest words are on {place}."
    named = _joined([f"“{_plain(s.text)}”" for s in missing[:3]], "or")
    return f"{NOT_FOUND} The nearest words, on {place}, have no {named}."


def _says(places: Sequence[Where]) -> str:
    """That places say something; the pages of a document are named together."""
    labels: dict[str, list[str]] = {}
    for place in places:
        labels.setdefault(place.of, []).append(place.label)
    parts = [f"page{'s' * (len(own) > 1)} {_joined(own)}{of}" for of, own in labels.items()]
    named = _joined(parts)
    return f"{named[:1].upper()}{named[1:]} {'says' if len(places) == 1 else 'say'}"


def _joined(words: Sequence[str], last: str = "and") -> str:
    *first, end = map(_plain, words)
    return f"{', '.join(first)} {last} {end}" if first else end


def _within(text: str, step: Step) -> str:
    """The words of a value as they are told within a sentence: a number word in small letters."""
    told = _plain(text)
    small = step.kind != "date" and told[:2].istitle() and told[1:2].isalpha()
    return told[:1].lower() + told[1:] if small else told


def _plain(text: str) -> str:
    return " ".join(text.split())
