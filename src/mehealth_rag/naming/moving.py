"""Follow-ups that keep the question and change the document ("and in Best Buy's?")."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mehealth_rag.language.titles import Token, TokenKind, tokens
from mehealth_rag.language.words import REQUEST_WORDS, content_words
from mehealth_rag.naming.register import Naming, Register
from mehealth_rag.types import Span

_BESIDE_A_NAME = REQUEST_WORDS | frozenset("report filing file pdf one".split())
_POSSESSIVE = re.compile(r"['’]s?$")


def moved(register: Register, question: str, earlier: str) -> str | None:
    """The earlier question, asked of the document that a follow-up names.

    None where the follow-up names no document, or says more than a name and a time.
    """
    naming = register.named(question)
    if not naming.named:
        return None
    names = [s for n in naming.named if n.forms for s in n.spans]
    told = [t for t in tokens(question) if t.kind is not TokenKind.WORD and t.span not in names]
    if _says_more(question, [*names, *(t.span for t in told)]):
        return None
    text = _renamed(earlier, register.named(earlier), _name(question, names))
    for token in told:
        text = _retold(text, token, token.span.of(question))
    return text


def _says_more(question: str, spans: Sequence[Span]) -> bool:
    rest = question
    for span in sorted(spans, key=lambda s: -s.start):
        rest = f"{rest[: span.start]} {rest[span.end :]}"
    return any(w not in _BESIDE_A_NAME for w in content_words(rest))


def _name(question: str, spans: Sequence[Span]) -> str:
    """The name as the follow-up writes it, empty where it gives only a mark ("the 10-Q")."""
    if not spans:
        return ""
    whole = question[min(s.start for s in spans) : max(s.end for s in spans)]
    return _POSSESSIVE.sub("", whole)


def _renamed(earlier: str, naming: Naming, name: str) -> str:
    """The earlier question with its last name replaced, or with the name added."""
    if not name:
        return earlier
    spans = [s for n in naming.named for s in n.spans]
    if not spans:
        return f"{earlier.rstrip(' ?.!')} in {name}?"
    last = max(spans, key=lambda s: s.start)
    ending = "'s" if _POSSESSIVE.search(last.of(earlier)) else ""
    return f"{earlier[: last.start]}{name}{ending}{earlier[last.end :]}"


def _retold(text: str, token: Token, written: str) -> str:
    """A question with a time or a mark in place of its last of that kind, or added."""
    same = [t.span for t in tokens(text) if t.kind is token.kind]
    if any(span.of(text) == written for span in same):
        return text
    if same:
        return f"{text[: same[-1].start]}{written}{text[same[-1].end :]}"
    article = "the " if token.kind is TokenKind.MARK else ""
    return f"{text.rstrip(' ?.!')} in {article}{written}?"
