"""Checking a claim: sentence by sentence, each held against the passages that speak of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from mehealth_rag.answering.draft import Quote
from mehealth_rag.answering.scope import declined
from mehealth_rag.errors import UsageError
from mehealth_rag.guard import explaining
from mehealth_rag.guard.values import without_figures
from mehealth_rag.guard.verdict import Weighed, weigh
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import WORD, content_words, words
from mehealth_rag.reader.rows import readable
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Citation, Verdict, VerdictKind

if TYPE_CHECKING:
    from mehealth_rag.compose import Library
    from mehealth_rag.language.spelling import Speller
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.reader.rows import PassageText
    from mehealth_rag.types import Passage

PASSAGES_JUDGED = 6
"""Passages that a sentence is held against, for each way in which they are searched."""

NO_CLAIM = "This claims nothing that documents could bear out."

_QUESTION = re.compile(
    r"^(?:who|what|when|where|which|why|how|whose|whom)\b(?!.*[.!]$)|\?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_THERE = re.compile(r"there (?:is|are|was|were)\s(?P<topic>.+)", re.IGNORECASE)
_VERB = re.compile(
    r"\s(?:is|are|was|were|has|have|had|will|can|does|do|did|[a-z]{3,}s|[a-z]{3,}ed)\s"
)
_FOR_ANOTHER = frozenset("it its they their he his she her this these those".split())
_WORST_FIRST = (VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED)


@dataclass(frozen=True, slots=True)
class Desk:
    """What checking works with.

    `search` brings passages for a text, `text_of` gives a passage as the reader is given it.
    """

    reader: Reader
    search: Callable[[str], Sequence[Passage]]
    text_of: Callable[[Passage], PassageText]
    speller: Speller
    library: Library


@dataclass(frozen=True, slots=True)
class ClaimSentence:
    """One sentence of a claim; `topic` is what a pronoun at its opening stands for, else empty."""

    text: str
    topic: str = ""


def check_claim(claim: str, desk: Desk, question: str = "") -> Verdict:
    """The verdict on a claim; `question` is what it answers, empty where that is not known.

    Raises:
        UsageError: it is a question.
    """
    if _QUESTION.search(claim.strip()):
        raise UsageError('a claim is a statement; to ask a question use: mehealth ask "…"')
    watch = Stopwatch()
    sentences = claim_sentences(mended(claim, desk.speller), question)
    if not sentences or declined(claim) is not None:
        found = VerdictKind.NOT_FOUND
        return Verdict(claim, found, NO_CLAIM, confidence=1.0, timings_ms=watch.stop())
    watch.lap("rewrite")
    passages = [_passages(s, desk) for s in sentences]
    watch.lap("retrieve")
    parts = [
        _verdict(s, question, own, desk) for s, own in zip(sentences, passages, strict=True)
    ]
    watch.lap("answer")
    return _whole(claim, parts, watch.stop())


def claim_sentences(claim: str, question: str = "") -> tuple[ClaimSentence, ...]:
    """The sentences of a claim that say something, each with what its pronoun stands for.

    At the claim's beginning that is something that the question names.
    """
    found: list[ClaimSentence] = []
    topic = question
    for span in sentence_spans(claim):
        text = " ".join(span.of(claim).split())
        if not content_words(text):
            continue
        leaning = bool(found or question) and words(text)[0] in _FOR_ANOTHER
        if not leaning:
            topic = topic_of(text)
        found.append(ClaimSentence(text, topic if leaning else ""))
    return tuple(found)


def topic_of(sentence: str) -> str:
    """What a sentence speaks of: its words before its verb, or after "there is"."""
    there = _THERE.match(sentence)
    if there:
        return there["topic"].rstrip(".")
    verb = _VERB.search(sentence, 1)
    return sentence[: verb.start()] if verb else ""


def mended(claim: str, speller: Speller) -> str:
    """A claim with its misspelt words mended, names aside: one may be meant as it stands."""
    return WORD.sub(lambda m: m[0] if m[0][0].isupper() else speller.mend(m[0]), claim)


def _passages(sentence: ClaimSentence, desk: Desk) -> list[Passage]:
    """The passages that may speak of a sentence.

    They are searched a second time without its figures: a wrong figure must not lead away from the
    page that has the right one.
    """
    whole = f"{sentence.topic} {sentence.text}".strip()
    queries = dict.fromkeys((whole, without_figures(whole)))
    found = {p.id: p for query in queries for p in desk.search(query)}
    return list(found.values())


def _verdict(
    sentence: ClaimSentence, question: str, passages: Sequence[Passage], desk: Desk
) -> Verdict:
    """The verdict on one sentence."""
    texts = [desk.text_of(p) for p in passages]
    weighed = weigh(desk.reader, sentence.text, texts, question or sentence.topic)
    kind = VerdictKind(weighed.verdict(desk.reader.limits))
    if kind is VerdictKind.NOT_FOUND:
        explanation = explaining.not_found(weighed.missing)
        return Verdict(sentence.text, kind, explanation, confidence=_confidence(kind, weighed))
    quotes = [_quote(passages[n], i) for n, i in weighed.quotes]
    evidence = tuple(desk.library.citation(n, q) for n, q in enumerate(quotes, start=1))
    place = _place(evidence[0], desk.library)
    explanation = (
        explaining.supported(place, weighed.steps)
        if kind is VerdictKind.SUPPORTED
        else explaining.contradicted(place, weighed.missing)
    )
    return Verdict(sentence.text, kind, explanation, evidence, _confidence(kind, weighed))


def _confidence(kind: VerdictKind, weighed: Weighed) -> float:
    """The probability of the verdict that was given."""
    chances = {VerdictKind.SUPPORTED: weighed.carried, VerdictKind.CONTRADICTED: weighed.denied}
    untold = max(1 - weighed.carried - weighed.denied, 0.0)
    return round(chances.get(kind, untold), 4)


def _quote(passage: Passage, place: int) -> Quote:
    span = readable(passage)[place].span
    return Quote(passage.document, passage.page, span, passage.words(span))


def _place(citation: Citation, library: Library) -> str:
    if len(library.sources) == 1:
        return f"page {citation.page_label}"
    return f"page {citation.page_label} of “{citation.title}”"


def _whole(claim: str, parts: Sequence[Verdict], times: Mapping[str, float]) -> Verdict:
    """The verdict on a claim of one or several sentences: the worst of its parts is its own."""
    parts = _numbered(parts)
    worst = min(parts, key=lambda p: (_WORST_FIRST.index(p.verdict), -p.confidence))
    several = len(parts) > 1
    surely = prod(p.confidence for p in parts)
    supported = worst.verdict is VerdictKind.SUPPORTED
    return Verdict(
        claim=claim,
        verdict=worst.verdict,
        explanation=worst.explanation,
        evidence=tuple({c.number: c for p in parts for c in p.evidence}.values()),
        confidence=round(surely, 4) if supported else worst.confidence,
        timings_ms=times,
        parts=tuple(parts) if several else (),
    )


def _numbered(parts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The parts with their citations numbered through; one that comes again keeps its number."""
    numbers: dict[tuple[str, int, str], int] = {}

    def renumbered(citation: Citation) -> Citation:
        key = (citation.document, citation.page, citation.quote)
        return replace(citation, number=numbers.setdefault(key, len(numbers) + 1))

    return tuple(replace(p, evidence=tuple(renumbered(c) for c in p.evidence)) for p in parts)
