"""Checks a claim sentence by sentence against the passages retrieved for it.

The explanation names the pages, and says what differs or how a figure follows from the quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

from mehealth_rag.answering.compose import NOT_FOUND
from mehealth_rag.answering.conflicts import is_of_one_size
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.scope import declined
from mehealth_rag.answering.talk import talk_of
from mehealth_rag.checking.parts import (
    ClaimSentence,
    claim_sentences,
    halves,
    is_question,
    mended,
)
from mehealth_rag.errors import UsageError
from mehealth_rag.guard.case import Case, Exhibit, case_of, exhibits_of, quotes_of
from mehealth_rag.guard.exact import Step
from mehealth_rag.guard.readings import Readings, Weighed
from mehealth_rag.guard.values import values, without
from mehealth_rag.guard.verdict import BOTH_SURE, decisive, least, verdict, word_for_word
from mehealth_rag.language.spelling import Speller
from mehealth_rag.language.words import words
from mehealth_rag.reader.model import Reader
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Citation, Verdict, VerdictKind

PASSAGES_JUDGED = 6
"""Passages judged per query; a sentence has up to two queries."""

IN_ITS_WORDS = 0.5
"""`BOTH_SURE` if a supporting quote contains the sentence word for word."""

UNTOLD = 0.5
"""Below this probability of saying nothing, the nearest passage is named in the explanation."""

NO_CLAIM = "This claims nothing that documents could bear out."

_WORST_FIRST = (VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED)


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
    """What checking needs; `search` retrieves passages for a text."""

    reader: Reader
    search: Callable[[str], Sequence[Evidence]]
    speller: Speller
    library: Library


def check_claim(claim: str, desk: Desk, question: str = "") -> Verdict:
    """Check a claim; `question` is what it answers, empty if unknown. Raises UsageError."""
    if is_question(claim):
        raise UsageError('a claim is a statement; to ask a question use: mehealth ask "…"')
    watch = Stopwatch()
    sentences = claim_sentences(mended(claim, desk.speller), question)
    talk = talk_of(claim, desk.speller)
    no_claim = Verdict(claim, VerdictKind.NOT_FOUND, NO_CLAIM, confidence=1.0)
    if not sentences or talk is not None:
        return replace(no_claim, timings_ms=watch.stop())
    watch.lap("rewrite")
    hearings = [Hearing.of(s, question, desk) for s in sentences]
    watch.lap("retrieve")
    parts = [_by_part(s, h, question) for s, h in zip(sentences, hearings, strict=True)]
    watch.lap("answer")
    if len(parts) > 1:
        parts = [replace(part, parts=()) for part in parts]
    whole = _whole(claim, parts)
    # Only an order that the documents give ("Call the ward") is a claim.
    if whole.explanation == NOT_FOUND and declined(claim) is not None:
        whole = no_claim
    return replace(whole, timings_ms=watch.stop())


def _by_part(sentence: ClaimSentence, hearing: Hearing, question: str) -> Verdict:
    """Check a sentence; if it is not supported but one of its halves is, judge it by the halves."""
    whole = hearing.verdict()
    if whole.verdict is VerdictKind.SUPPORTED:
        return whole
    parts = [Hearing.of(h, question, hearing.desk).verdict() for h in halves(sentence)]
    kinds = {part.verdict for part in parts}
    hides_contradiction = (
        whole.verdict is VerdictKind.CONTRADICTED and VerdictKind.CONTRADICTED not in kinds
    )
    if VerdictKind.SUPPORTED not in kinds or hides_contradiction:
        return whole
    explanation = " ".join(f"“{part.claim}” {part.explanation}" for part in parts)
    return replace(_whole(sentence.text, parts), explanation=explanation)


@dataclass(frozen=True, slots=True)
class Hearing:
    """A sentence of a claim and the passages that it is judged by."""

    case: Case
    exhibits: Sequence[Exhibit]
    desk: Desk

    @classmethod
    def of(cls, sentence: ClaimSentence, question: str, desk: Desk) -> Hearing:
        """Retrieve the passages that may decide a sentence.

        They are retrieved again without the sentence's figures, so that a wrong figure does not
        lead away from the page with the right one.
        """
        about = sentence.topic or question
        whole = f"{about} {sentence.text}".strip()
        queries = dict.fromkeys((whole, without(whole, values(whole).amounts)))
        evidence = {e.hit.passage.id: e for query in queries for e in desk.search(query)}
        exhibits = exhibits_of(evidence.values(), desk.library.page)
        return cls(case_of(sentence.text, about, exhibits), exhibits, desk)

    def verdict(self) -> Verdict:
        """Judge the sentence."""
        readings = Readings.of(self.desk.reader, self.case)
        if pair := self._disagreeing([*readings.candidates, *word_for_word(self.case)]):
            return self._of_two_pages(*pair)
        weighed = verdict(readings)
        kind = self._kind(weighed)
        if kind is VerdictKind.NOT_FOUND:
            return self._not_found(weighed)
        weighed = self._least(weighed)
        evidence = self._evidence(weighed)
        if kind is VerdictKind.SUPPORTED:
            explanation = supported(self._places(evidence), weighed.steps)
            return self._result(kind, explanation, evidence, weighed.judgement.carried)
        explanation = contradicted(self._places(evidence, weighed.differing), weighed.differing)
        return self._result(kind, explanation, evidence, weighed.judgement.denied)

    def _not_found(self, weighed: Weighed) -> Verdict:
        """Return "not found", naming the values that alone prevent support, if that is so."""
        would_support = self.desk.reader.limits.verdict(weighed.read) == VerdictKind.SUPPORTED
        missing = weighed.missing if would_support else ()
        is_related = weighed.judgement.untold < UNTOLD
        place = self._places(self._evidence(weighed))[0] if missing or is_related else None
        explanation = not_found(missing, place)
        return self._result(VerdictKind.NOT_FOUND, explanation, (), weighed.judgement.untold)

    def _of_two_pages(self, carrying: Weighed, denying: Weighed) -> Verdict:
        """Return "supported", citing a page that supports the sentence and one that differs."""
        carrying, denying = self._least(carrying), self._least(denying)
        supporting, opposing = self._evidence(carrying), self._evidence(denying)
        evidence = (*supporting, *(replace(c, number=c.number + len(supporting)) for c in opposing))
        other = self._places(opposing, denying.differing)[0]
        explanation = disagreeing(self._places(supporting), other, denying.differing)
        return self._result(
            VerdictKind.SUPPORTED, explanation, evidence, carrying.judgement.carried
        )

    def _disagreeing(self, candidates: Sequence[Weighed]) -> tuple[Weighed, Weighed] | None:
        """Find what supports the sentence, and a page with a different figure of similar size.

        Both need a probability of `BOTH_SURE`, or of `IN_ITS_WORDS` if the support is word for
        word. None if there is no such pair.
        """
        best = decisive([w for w in candidates if w.judgement.carried >= w.judgement.denied])
        minimum = IN_ITS_WORDS if self._in_its_words(best) else BOTH_SURE
        denying = [
            w
            for w in candidates
            if w.surely >= minimum
            and w.judgement.denied > w.judgement.carried
            and not self._pages(w) & self._pages(best)
            and w.differing is not None
            and _of_one_size(w.differing)
        ]
        return (best, decisive(denying)) if denying and best.surely >= minimum else None

    def _in_its_words(self, weighed: Weighed) -> bool:
        """Return whether one quote contains the sentence word for word, figures included."""
        sentence = " ".join(words(self.case.statement))
        quotes = (self.case.texts[n].sentences[i] for n, i in weighed.quotes)
        return any(sentence in " ".join(words(quote)) for quote in quotes)

    def _kind(self, weighed: Weighed) -> VerdictKind:
        return VerdictKind(self.desk.reader.limits.verdict(weighed.judgement))

    def _least(self, weighed: Weighed) -> Weighed:
        return least(self.desk.reader, self.case, weighed)

    def _pages(self, weighed: Weighed) -> set[tuple[str, int]]:
        passages = (self.exhibits[n].passage for n, _ in weighed.quotes)
        return {(p.document, p.page) for p in passages}

    def _evidence(self, weighed: Weighed) -> tuple[Citation, ...]:
        """Return the citations of the deciding sentences, best passage first, in reading order."""
        quotes = quotes_of(self.exhibits, weighed.quotes)
        return tuple(self.desk.library.citation(n, q) for n, q in enumerate(quotes, start=1))

    def _places(self, evidence: Sequence[Citation], differing: Step | None = None) -> list[Where]:
        """Return the pages of citations without repeats, that of the differing value first.

        Documents are named if the corpus has several.
        """
        several = len(self.desk.library.sources) > 1
        differing_text = differing.of[0] if differing else ""
        ordered = sorted(evidence, key=lambda c: differing_text not in c.quote)
        where = (Where(c.page_label, c.title if several else "") for c in ordered)
        return list(dict.fromkeys(where))

    def _result(
        self, kind: VerdictKind, explanation: str, evidence: Sequence[Citation], confidence: float
    ) -> Verdict:
        return Verdict(
            self.case.statement, kind, explanation, tuple(evidence), round(confidence, 4)
        )


def _of_one_size(differing: Step) -> bool:
    """Return whether two figures could measure the same thing: neither is far larger."""
    if differing.kind == "date":
        return True
    claimed, quoted = values(differing.text).amounts, values(differing.of[0]).amounts
    return any(is_of_one_size(a, b) for a in claimed for b in quoted)


def _whole(claim: str, parts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts on a claim's parts: the worst is that of the claim."""
    if len(parts) == 1:
        return replace(parts[0], claim=claim)
    parts = _numbered(parts)
    worst = min(parts, key=lambda p: (_WORST_FIRST.index(p.verdict), -p.confidence))
    all_supported = worst.verdict is VerdictKind.SUPPORTED
    confidence = prod(p.confidence for p in parts) if all_supported else worst.confidence
    evidence = tuple({c.number: c for p in parts for c in p.evidence}.values())
    explanation = worst.explanation
    return Verdict(
        claim, worst.verdict, explanation, evidence, round(confidence, 4), parts=tuple(parts)
    )


def _numbered(parts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Number the citations of all parts through; repeated ones share a number."""
    numbers: dict[tuple[str, int, str], int] = {}

    def renumbered(citation: Citation) -> Citation:
        key = (citation.document, citation.page, citation.quote)
        return replace(citation, number=numbers.setdefault(key, len(numbers) + 1))

    return tuple(replace(p, evidence=tuple(renumbered(c) for c in p.evidence)) for p in parts)


@dataclass(frozen=True, slots=True)
class Where:
    """A page's label, and its document's title, empty if there is only one document."""

    label: str
    title: str = ""

    def __str__(self) -> str:
        return f"page {self.label}{self.of}"

    @property
    def of(self) -> str:
        """The document as text, with a leading space."""
        return f" of “{self.title}”" if self.title else ""


def supported(places: Sequence[Where], steps: Sequence[Step]) -> str:
    """Explain support: the pages, and how the figures follow that are not in the quotes."""
    derivations = [
        _STEPS[s.how].format(text=s.text, of=_joined(s.of)) for s in steps if s.how in _STEPS
    ]
    return (
        f"{_says(places)} so{': ' if derivations else ''}{'; '.join(dict.fromkeys(derivations))}."
    )


def contradicted(places: Sequence[Where], differing: Step | None) -> str:
    """Explain a contradiction: what differs, if known; `places` begins with its page."""
    if differing is None:
        return f"{_says(places)} otherwise."
    claimed, quoted = (_within(text, differing) for text in (differing.text, differing.of[0]))
    return f"The documents say {quoted}, not {claimed} ({places[0]})."


def disagreeing(places: Sequence[Where], other: Where, differing: Step | None) -> str:
    """Explain that pages support the claim and another gives a different figure."""
    value = _within(differing.of[0], differing) if differing else "otherwise"
    return f"{_says(places)} so. The pages disagree: {other} says {value}."


def not_found(missing: Sequence[Step], place: Where | None) -> str:
    """Explain "not found"; `missing` are the values that keep the nearest page from support.

    A page without missing values is related to the claim but leaves it open.
    """
    if place is None:
        return NOT_FOUND
    if not missing:
        return f"The documents do not clearly say. The nearest words are on {place}."
    missing_values = _joined([f"“{_plain(s.text)}”" for s in missing[:3]], "or")
    return f"{NOT_FOUND} The nearest words, on {place}, have no {missing_values}."


def _says(places: Sequence[Where]) -> str:
    """Return "Pages … say", joining the pages of each document."""
    labels: dict[str, list[str]] = {}
    for place in places:
        labels.setdefault(place.of, []).append(place.label)
    parts = [f"page{'s' * (len(pages) > 1)} {_joined(pages)}{of}" for of, pages in labels.items()]
    subject = _joined(parts)
    return f"{subject[:1].upper()}{subject[1:]} {'says' if len(places) == 1 else 'say'}"


def _joined(words: Sequence[str], last: str = "and") -> str:
    *first, end = map(_plain, words)
    return f"{', '.join(first)} {last} {end}" if first else end


def _within(text: str, step: Step) -> str:
    """Return a value as written inside a sentence: a capitalised number word in lower case."""
    plain = _plain(text)
    is_capitalised = step.kind != "date" and plain[:2].istitle() and plain[1:2].isalpha()
    return plain[:1].lower() + plain[1:] if is_capitalised else plain


def _plain(text: str) -> str:
    return " ".join(text.split())
