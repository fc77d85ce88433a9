"""Claims in words: their sentences and halves, and what a pronoun in them stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import OWNERS, SUBJECTS, WORD, content_words, words

if TYPE_CHECKING:
    from mehealth_rag.language.spelling import Speller

_QUESTION = re.compile(
    r"^(?:who|what|when|where|which|why|how|whose|whom)\b(?!.*[.!]$)|\?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_THERE = re.compile(r"there (?:is|are|was|were)\s(?P<topic>.+)", re.IGNORECASE)
_AUXILIARIES = "is are was were has have had will can does do did".split()
_VERB = re.compile(rf"\s(?:{'|'.join(_AUXILIARIES)}|[a-z]{{3,}}s|[a-z]{{3,}}ed)\s")
_FOR_ANOTHER = (SUBJECTS | OWNERS) - {"that", "such"}
_REPLY = re.compile(r"^(?:yes|no)\s?[,;:–—-]\s*(?P<first>\w)", re.IGNORECASE)
_JOINT = re.compile(r";\s++|(?:,|(?<![\s,]))\s++(?:and|but|while|whereas)\s++", re.IGNORECASE)
_BEFORE_NOUNS = frozenset(
    "a an the of in on at by to for from with and or its their his her our these those".split()
)
"""After these a word that ends as a verb does is none."""


@dataclass(frozen=True, slots=True)
class ClaimSentence:
    """One sentence of a claim; `topic` is what a pronoun at its opening stands for, else empty."""

    text: str
    topic: str = ""


def is_question(claim: str) -> bool:
    """Whether something asks instead of claiming."""
    return _QUESTION.search(claim.strip()) is not None


def claim_sentences(claim: str, question: str = "") -> tuple[ClaimSentence, ...]:
    """The sentences of a claim that say something, each with what its pronoun stands for.

    At the claim's beginning that is something that the question names. A "yes" or "no" before a
    sentence says nothing that the sentence does not.
    """
    found: list[ClaimSentence] = []
    topic = question
    for span in sentence_spans(claim):
        text = _REPLY.sub(_begun, " ".join(span.of(claim).split()))
        if not content_words(text) or (len(words(text)) == 1 and not question):
            continue  # a word by itself claims nothing, unless it answers something
        leaning = bool(found or question) and words(text)[0] in _FOR_ANOTHER
        if not leaning:
            topic = topic_of(text)
        found.append(ClaimSentence(text, topic if leaning else ""))
    return tuple(found)


def _begun(reply: re.Match[str]) -> str:
    """What follows a reply, as a sentence begins."""
    return reply["first"].upper()


def halves(sentence: ClaimSentence) -> tuple[ClaimSentence, ...]:
    """The two statements that a sentence joins; none where it is not plainly two.

    A second one that begins with its verb takes the first one's subject.
    """
    text = sentence.text
    for joint in _JOINT.finditer(text):
        first, second = text[: joint.start()], text[joint.end() :]
        if not _states(first) or not content_words(second):
            continue
        opening = ClaimSentence(f"{first}.", sentence.topic)
        topic = topic_of(first)
        if second.split()[0] in _AUXILIARIES and topic:
            return opening, ClaimSentence(f"{topic} {second}", sentence.topic)
        if _states(second):
            leaning = words(second)[0] in _FOR_ANOTHER
            return opening, ClaimSentence(second[:1].upper() + second[1:], topic * leaning)
    return ()


def _states(text: str) -> bool:
    """Whether words have a subject, a verb and something after it."""
    own = text.split()
    for before, word, _ in zip(own, own[1:], own[2:], strict=False):
        ends = len(word) > 3 and word.isalpha() and word.islower() and word.endswith(("s", "ed"))
        if word in _AUXILIARIES or (ends and before.lower() not in _BEFORE_NOUNS):
            return True
    return False


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
