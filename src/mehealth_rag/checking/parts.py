"""The sentences of a claim, the two halves of a sentence, and what a leading pronoun refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.spelling import Speller
from mehealth_rag.language.words import OWNERS, SUBJECTS, WORD, content_words, words

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
"""After these, a word with a verb's ending is not a verb."""


@dataclass(frozen=True, slots=True)
class ClaimSentence:
    """One sentence of a claim; `topic` is what its leading pronoun refers to, empty without one."""

    text: str
    topic: str = ""


def is_question(claim: str) -> bool:
    """Return whether a text is a question rather than a claim."""
    return _QUESTION.search(claim.strip()) is not None


def claim_sentences(claim: str, question: str = "") -> tuple[ClaimSentence, ...]:
    """Split a claim into the sentences that state something, each with its pronoun's referent.

    In the first sentence a pronoun refers to the question's subject. A leading "yes" or "no" is
    dropped: it adds nothing to the sentence.
    """
    sentences: list[ClaimSentence] = []
    topic = question
    for span in sentence_spans(claim):
        text = _REPLY.sub(_capitalised, " ".join(span.of(claim).split()))
        if not content_words(text) or (len(words(text)) == 1 and not question):
            continue  # a single word is a claim only as an answer
        leaning = bool(sentences or question) and words(text)[0] in _FOR_ANOTHER
        if not leaning:
            topic = topic_of(text)
        sentences.append(ClaimSentence(text, topic if leaning else ""))
    return tuple(sentences)


def _capitalised(reply: re.Match[str]) -> str:
    """Return the letter after "yes" or "no" as a capital."""
    return reply["first"].upper()


def halves(sentence: ClaimSentence) -> tuple[ClaimSentence, ...]:
    """Return the two statements that a sentence joins, empty if it is not plainly two.

    A second half that begins with its verb gets the subject of the first.
    """
    text = sentence.text
    for joint in _JOINT.finditer(text):
        first, second = text[: joint.start()], text[joint.end() :]
        if not _is_statement(first) or not content_words(second):
            continue
        opening = ClaimSentence(f"{first}.", sentence.topic)
        topic = topic_of(first)
        if second.split()[0] in _AUXILIARIES and topic:
            return opening, ClaimSentence(f"{topic} {second}", sentence.topic)
        if _is_statement(second):
            leaning = words(second)[0] in _FOR_ANOTHER
            return opening, ClaimSentence(second[:1].upper() + second[1:], topic * leaning)
    return ()


def _is_statement(text: str) -> bool:
    """Return whether a text has a subject, a verb and something after it."""
    text_words = text.split()
    for before, word, _ in zip(text_words, text_words[1:], text_words[2:], strict=False):
        looks_like_verb = (
            len(word) > 3 and word.isalpha() and word.islower() and word.endswith(("s", "ed"))
        )
        if word in _AUXILIARIES or (looks_like_verb and before.lower() not in _BEFORE_NOUNS):
            return True
    return False


def topic_of(sentence: str) -> str:
    """Return a sentence's subject: the words before its verb, or after "there is"."""
    there = _THERE.match(sentence)
    if there:
        return there["topic"].rstrip(".")
    verb = _VERB.search(sentence, 1)
    return sentence[: verb.start()] if verb else ""


def mended(claim: str, speller: Speller) -> str:
    """Correct misspelt words, except capitalised ones, which may be names."""
    return WORD.sub(lambda m: m[0] if m[0][0].isupper() else speller.mend(m[0]), claim)
