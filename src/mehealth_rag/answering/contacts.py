"""Ways to reach somebody or something: how they are asked for, and the form that they have.

A web address, an e-mail address, a telephone number, a post code or a time of opening has a form
that no other words have, so whether a sentence can answer a question for one is plain to see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Question, Wanted

WEB_ADDRESS = re.compile(r"\bhttps?://\S|\bwww\.\w", re.IGNORECASE)
"""A web address as pages print it."""


_WHOSE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Contact:
    asked: re.Pattern[str]
    form: re.Pattern[str]


def _contact(asked: str, form: str) -> _Contact:
    return _Contact(re.compile(asked, re.IGNORECASE), re.compile(form, re.IGNORECASE))


_HOURS_ASKED = re.compile(
    r"\b(?:opening|closing|visiting|office) (?:hours|times?)\b|\b(?:what|which) (?:hours|times)\b"
    r"|\bwhat time\b|\bhours\b.{0,40}\bopen\b|\bopen\b.{0,40}\b(?:hours|times)\b",
    re.IGNORECASE,
)
_HOURS = re.compile(
    r"\b\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\b|o['’]clock)|\b\d{1,2}[:.]\d\d\b|\bnoon\b|\bmidnight\b"
    r"|\bround the clock\b|\b24 hours\b|\bclosed\b",
    re.IGNORECASE,
)
"""A time of the day; that something is closed says when it is open, too."""

_CONTACTS = (
    _contact(
        r"\b(?:(?:tele)?phone|fax|mobile) (?:number|no)\b"
        r"|\bnumber (?:\w+ ){0,3}(?:call|ring|phone|dial)\b",
        r"\+?(?!(?:19|20)\d\d[ -](?:19|20)\d\d\b)\d[\d ()-]{6,}\d",
    ),
    _contact(r"\be-?mail address\b|\bthe e-?mail\b|\be-?mail for\b", r"[\w.+-]+@[\w-]+\.\w"),
    _contact(
        r"\bpost ?code\b|\bzip(?: code)?\b",
        r"\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b|\b\d{5}\b",
    ),
    _Contact(_HOURS_ASKED, _HOURS),
    _Contact(re.compile(r"\burls?\b|\bweb ?address\b|\bhyperlink\b", re.IGNORECASE), WEB_ADDRESS),
)


def lacks_contact(question: Question, *texts: str) -> bool:
    """Whether a question asks for such an address or number by its name, and no text has one."""
    asked = _asked(question.text)
    return bool(asked) and not any(c.form.search(text) for c in asked for text in texts)


def asks_contact(question: Question) -> bool:
    """Whether an address or a number of these forms is asked for, by its name or as a link."""
    return question.wanted is Wanted.LINK or bool(_asked(question.text))


def gives_contact(question: Question, candidate: Candidate) -> bool:
    """Whether a candidate has the address or number that is asked for.

    For a link it is enough that the question wants one, by whatever words; who answers the
    telephone must be named beside it.
    """
    if question.wanted is Wanted.LINK and WEB_ADDRESS.search(candidate.text):
        return True
    asked = _asked(question.text)
    return any(c.form.search(candidate.text) for c in asked) and _is_of(question, asked, candidate)


def is_of_another(question: Question, best: Candidate) -> bool:
    """Whether somebody's number or address is asked for by its name, and the best gives none of it.

    A web address is told by what it leads to, and hours stand in a list under what is open: no
    words need to repeat that.
    """
    owned = [c for c in _asked(question.text) if c.form not in {WEB_ADDRESS, _HOURS}]
    return bool(owned) and not gives_contact(question, best)


@lru_cache(maxsize=1_000)
def _asked(text: str) -> tuple[_Contact, ...]:
    """What a question asks for by its name; the same question is held against every sentence."""
    return tuple(c for c in _CONTACTS if c.asked.search(text))


def _is_of(question: Question, asked: Sequence[_Contact], candidate: Candidate) -> bool:
    """Whether half of the words that say whose it is stand in the sentence or above it."""
    asking = " ".join(m.group() for c in asked for m in c.asked.finditer(question.text))
    whose = set(question.subject) - set(stem_all(content_words(asking)))
    around = " ".join((candidate.text, candidate.before, *candidate.passage.headings))
    held = whose & set(stem_all(content_words(around)))
    return len(held) >= _WHOSE_SHARE * len(whose)
