"""Checking a claim: sentence by sentence, each held against the passages that speak of it.

A verdict is told in words: where it stands, what differs, and by which step a figure follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from mehealth_rag.answering.conflicts import MAX_RATIO
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
from mehealth_rag.guard.arithmetic import apart
from mehealth_rag.guard.values import values, without_figures
from mehealth_rag.guard.verdict import (
    Exhibit,
    Weighed,
    case_of,
    decisive,
    exhibits_of,
    least,
    quotes_of,
    weighings,
)
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Citation, Verdict, VerdictKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.answering.library import Library
    from mehealth_rag.guard.exact import Step
    from mehealth_rag.guard.verdict import Case, Place
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.retrieval.retriever import Evidence


PASSAGES_JUDGED = 6
"""Passages that a sentence is held against, for each way in which they are searched."""

BOTH_SURE = 0.8
"""From this probability on two pages that differ are said to disagree."""

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
    if not sentences or talk is not None or declined(claim) is not None:
        found = VerdictKind.NOT_FOUND
        return Verdict(claim, found, NO_CLAIM, confidence=1.0, timings_ms=watch.stop())
    watch.lap("rewrite")
    hearings = [_hearing(s, s.topic or question, desk) for s in sentences]
    watch.lap("retrieve")
    parts = [_by_part(s, h, question, desk) for s, h in zip(sentences, hearings, strict=True)]
    watch.lap("answer")
    if len(parts) > 1:
        parts = [replace(part, parts=()) for part in parts]
    return replace(_whole(claim, parts), timings_ms=watch.stop())


def _by_part(sentence: ClaimSentence, hearing: _Hearing, question: str, desk: Desk) -> Verdict:
    """The verdict on a sentence; where only one half of it is borne out, by its halves."""
    whole = hearing.verdict()
    if whole.verdict is VerdictKind.SUPPORTED:
        return whole
    parts = [_hearing(h, h.topic or question, desk).verdict() for h in halves(sentence)]
    kinds = {part.verdict for part in parts}
    milder = whole.verdict is VerdictKind.CONTRADICTED and VerdictKind.CONTRADICTED not in kinds
    if VerdictKind.SUPPORTED not in kinds or milder:
        return whole
    told = " ".join(f"“{part.claim}” {part.explanation}" for part in parts)
    return replace(_whole(sentence.text, parts), explanation=told)


def _hearing(sentence: ClaimSentence, about: str, desk: Desk) -> _Hearing:
    """The passages that may speak of a sentence; `about` is what is known to be spoken of.

    They are searched a second time without the sentence's figures: a wrong figure must not lead
    away from the page that has the right one.
    """
    whole = f"{about} {sentence.text}".strip()
    queries = dict.fromkeys((whole, without_figures(whole)))
    found = {e.hit.passage.id: e for query in queries for e in desk.search(query)}
    exhibits = exhibits_of(found.values(), desk.library.page)
    case = case_of(sentence.text, about, exhibits)
    return _Hearing(case, exhibits, desk.reader, desk.library)


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A sentence of a claim, and the passages that it is held against."""

    case: Case
    exhibits: Sequence[Exhibit]
    reader: Reader
    library: Library

    def verdict(self) -> Verdict:
        """The verdict on the sentence."""
        found = weighings(self.reader, self.case)
        pair = self._disagreeing(found)
        if pair is not None:
            return self._of_two_pages(*pair)
        weighed = decisive(found)
        kind = VerdictKind(self.reader.limits.verdict(weighed.judgement))
        if kind is VerdictKind.NOT_FOUND:
            return self._not_found(weighed)
        weighed = least(self.reader, self.case, weighed, self.reader.limits)
        evidence = self._evidence(weighed)
        if kind is VerdictKind.SUPPORTED:
            told = supported(self._places(evidence), weighed.steps)
            return self._given(kind, told, evidence, weighed.judgement.carried)
        places = self._places(_first_with(weighed.differing, evidence))
        told = contradicted(places, weighed.differing)
        return self._given(kind, told, evidence, weighed.judgement.denied)

    def _not_found(self, weighed: Weighed) -> Verdict:
        """That the documents do not say, and which value alone keeps a page from saying it."""
        would = self.reader.limits.verdict(weighed.read) == VerdictKind.SUPPORTED
        missing = weighed.missing if would else ()
        place = self._places(self._evidence(weighed))[0] if missing else None
        told = not_found(missing, place)
        return self._given(VerdictKind.NOT_FOUND, told, (), weighed.judgement.untold)

    def _of_two_pages(self, carrying: Weighed, denying: Weighed) -> Verdict:
        """That one page says so and another gives another figure; both are cited."""
        limits = self.reader.limits
        carrying = least(self.reader, self.case, carrying, limits)
        denying = least(self.reader, self.case, denying, limits)
        own, others = self._evidence(carrying), self._evidence(denying)
        evidence = (*own, *(replace(c, number=c.number + len(own)) for c in others))
        other = self._places(_first_with(denying.differing, others))[0]
        told = disagreeing(self._places(own), other, denying.differing)
        return self._given(VerdictKind.SUPPORTED, told, evidence, carrying.judgement.carried)

    def _disagreeing(self, found: Sequence[Weighed]) -> tuple[Weighed, Weighed] | None:
        """What carries the sentence, and what on another page gives a figure of about that size."""
        verdict = self.reader.limits.verdict
        sure = [w for w in found if w.surely >= BOTH_SURE]
        carrying = [w for w in sure if verdict(w.judgement) == VerdictKind.SUPPORTED]
        if not carrying:
            return None
        best = decisive(carrying)
        denying = [
            w
            for w in sure
            if verdict(w.judgement) == VerdictKind.CONTRADICTED
            and not self._pages(w.quotes) & self._pages(best.quotes)
            and w.differing is not None
            and _of_one_size(w.differing)
        ]
        return (best, decisive(denying)) if denying else None

    def _pages(self, quotes: Sequence[Place]) -> set[tuple[str, int]]:
        passages = (self.exhibits[n].passage for n, _ in quotes)
        return {(p.document, p.page) for p in passages}

    def _evidence(self, weighed: Weighed) -> tuple[Citation, ...]:
        """The citations of what decides, the best passage first, each passage in reading order."""
        quotes = quotes_of(self.exhibits, weighed.quotes)
        return tuple(self.library.citation(n, q) for n, q in enumerate(quotes, start=1))

    def _places(self, evidence: Sequence[Citation]) -> list[Where]:
        """The pages of citations, each once; their documents where there are several."""
        several = len(self.library.sources) > 1
        where = (Where(c.page_label, c.title if several else "") for c in evidence)
        return list(dict.fromkeys(where))

    def _given(
        self, kind: VerdictKind, told: str, evidence: Sequence[Citation], surely: float
    ) -> Verdict:
        return Verdict(self.case.statement, kind, told, tuple(evidence), round(surely, 4))


def _first_with(differing: Step | None, evidence: Sequence[Citation]) -> list[Citation]:
    """Citations, the one that has what differs before the others."""
    found = differing.of[0] if differing else ""
    return sorted(evidence, key=lambda c: found not in c.quote)


def _of_one_size(differing: Step) -> bool:
    """Whether two figures could measure one thing: neither is far greater than the other."""
    if differing.kind == "date":
        return True
    own, its = values(differing.text).amounts, values(differing.of[0]).amounts
    return any(apart(a.value, b.value) <= MAX_RATIO for a in own for b in its)


def _whole(claim: str, parts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim of one or several parts: the worst of them is its own."""
    if len(parts) == 1:
        return replace(parts[0], claim=claim)
    parts = _numbered(parts)
    worst = min(parts, key=lambda p: (_WORST_FIRST.index(p.verdict), -p.confidence))
    supported = worst.verdict is VerdictKind.SUPPORTED
    surely = prod(p.confidence for p in parts) if supported else worst.confidence
    evidence = tuple({c.number: c for p in parts for c in p.evidence}.values())
    return Verdict(
        claim, worst.verdict, worst.explanation, evidence, round(surely, 4), parts=tuple(parts)
    )


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
    return (
        f"The documents say {_plain(differing.of[0])}, not {_plain(differing.text)} ({places[0]})."
    )


def disagreeing(places: Sequence[Where], other: Where, differing: Step | None) -> str:
    """That pages say so, and another gives another figure."""
    found = _plain(differing.of[0]) if differing else "otherwise"
    return f"{_says(places)} so. The pages disagree: {other} says {found}."


def not_found(missing: Sequence[Step], place: Where | None) -> str:
    """That the documents do not say; `missing` is what keeps the nearest place from saying it."""
    if not missing:
        return NOT_FOUND
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


def _plain(text: str) -> str:
    return " ".join(text.split())
