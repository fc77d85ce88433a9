"""A text as tokens: words with their stems, clauses and capitals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mehealth_rag.language.words import WORD, fold, is_content, stem
from mehealth_rag.types import Span

_CLAUSE_MARK = re.compile(r"[,;:()\[\]–—•\n\t]|\.\s|\s-\s")
_CLAUSE_WORDS = frozenset("and or but while whereas although though which who whom whose".split())
_SENTENCE_START = re.compile(r"(?:^|[.!?:•\n\t“\"]\s*)$")
_CAMEL = re.compile(r"[A-Z][a-z]{2,}")
_QUIET = frozenset(
    """
    exist exists existed located situated based there number numbers lot kind part include includes
    included including make makes made take takes took taken get gets got give gives gave given come
    comes came become becomes became known use used uses using hold holds held place places called
    one ones total around approximately roughly nearly almost least currently already yet today
    really actually respectively overall various several certain each every per
    """.split()
)
"""Words that join what a sentence says without adding to it."""

CLAUSE, LINE = 2.0, 10.0
"""So many words away is what stands behind a border."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its surface, folded form and stem, where it stands, in which clause and line.

    `content` says that it carries a subject; `capital` that it is written with one, `opening` that
    it opens a sentence and so would be anyway.
    """

    text: str
    word: str
    stem: str
    span: Span
    clause: int
    line: int
    content: bool
    capital: bool
    opening: bool

    @property
    def quiet(self) -> bool:
        """A word that joins what is said without adding to it."""
        return self.word in _QUIET


@lru_cache(maxsize=20_000)
def tokenise(text: str) -> tuple[Token, ...]:
    """The words of a text in order."""
    plain = text.replace("’", "'")
    found = []
    clause, line, end = 0, 0, 0
    for match in WORD.finditer(plain):
        gap = plain[end : match.start()]
        word = fold(match.group()).removesuffix("'s").replace(",", "")
        line += gap.count("\n")
        clause += bool(_CLAUSE_MARK.search(gap)) or word in _CLAUSE_WORDS
        found.append(
            Token(
                text=match.group().removesuffix("'s"),
                word=word,
                stem=stem(word),
                span=Span(match.start(), match.end()),
                clause=clause,
                line=line,
                content=is_content(word) and "'" not in word,
                capital=match.group()[:1].isupper(),
                opening=_SENTENCE_START.search(plain[: match.start()]) is not None,
            )
        )
        end = match.end()
    return tuple(found)


@lru_cache(maxsize=20_000)
def blend(text: str) -> tuple[str, ...]:
    """The clipped parts of a word written as one ("MedTech": med, tech); empty for others."""
    parts = tuple(p.lower() for p in _CAMEL.findall(text))
    return parts if len(parts) > 1 else ()


def distance(tokens: tuple[Token, ...], one: int, other: int) -> float:
    """Words between two places, and more for each border of a clause or a quote between them."""
    clauses = abs(tokens[one].clause - tokens[other].clause)
    quotes = abs(tokens[one].line - tokens[other].line)
    return abs(one - other) + CLAUSE * clauses + LINE * quotes
