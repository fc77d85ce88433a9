"""Checking a claim: sentence by sentence, each with the proofs for and against it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.answering.scope import declined
from mehealth_rag.compose import Library
from mehealth_rag.errors import UsageError
from mehealth_rag.language.pronouns import OWNERS, SUBJECTS
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.spelling import Speller
from mehealth_rag.language.words import WORD, content_words, words
from mehealth_rag.proofs import find, weigh
from mehealth_rag.retrieval import Retriever
from mehealth_rag.timing import Stopwatch
from mehealth_rag.types import Verdict
from mehealth_rag.verdicts import Composer, nothing_claimed, whole

NO_CLAIM = "This claims nothing that documents could bear out."

_QUESTION = re.compile(
    r"^(?:who|what|when|where|which|why|how|whose|whom)\b(?!.*[.!]$)|\?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_THERE = re.compile(r"there (?:is|are|was|were)\s(?P<topic>.+)", re.IGNORECASE)
_VERB = re.compile(
    r"\s(?:is|are|was|were|has|have|had|will|can|does|do|did|[a-z]{3,}s|[a-z]{3,}ed)\s"
)
_FOR_ANOTHER = (SUBJECTS | OWNERS) - {"that", "such"}


@dataclass(frozen=True, slots=True)
class ClaimSentence:
    """One sentence of a claim; `topic` is what a pronoun at its opening stands for, else empty."""

    text: str
    topic: str = ""


def check_claim(
    claim: str,
    retriever: Retriever,
    speller: Speller,
    library: Library,
    documents: Sequence[str] = (),
    question: str = "",
) -> Verdict:
    """The verdict on a claim; `question` is what it answers, empty where that is not known.

    Raises:
        UsageError: it is a question.
    """
    if _QUESTION.search(claim.strip()):
        raise UsageError('a claim is a statement; to ask a question use: mehealth ask "…"')
    watch = Stopwatch()
    sentences = claim_sentences(mended(claim, speller), question)
    if not sentences or declined(claim) is not None:
        return nothing_claimed(claim, NO_CLAIM, watch.stop())
    watch.lap("rewrite")
    found = [find(s.text, s.topic, retriever, documents) for s in sentences]
    watch.lap("retrieve")
    composer = Composer(library)
    parts = [
        composer.verdict(s.text, weigh(s.text, s.topic, evidence, retriever, library.page))
        for s, evidence in zip(sentences, found, strict=True)
    ]
    watch.lap("answer")
    return whole(claim, parts, watch.stop())


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
