"""Find people named beside their roles, recognised by form alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mehealth_rag.guide.candidates import in_turn
from mehealth_rag.guide.document_guide import Person
from mehealth_rag.language.dates import MONTHS
from mehealth_rag.language.words import FUNCTION_WORDS, fold
from mehealth_rag.types import Passage, Quote, Span

MOST = 12
_LONGEST_ROLE = 14
_LINE_WORDS = 24
"""Words in a line with only a name and a role, at most."""

_TITLE = (
    r"(?:(?:Sir|Dame|Dr|Prof|Professor|Lord|Lady|Mr|Mrs|Ms|Miss|Rev|Cllr|Councillor)\.?"
    r"[ \xa0]{1,3}){0,4}"
)
_PART = (
    r"(?:[A-Z]\.|[A-Z][a-zà-ÿ]{1,30}(?:[-’'][A-Z]?[a-zà-ÿ]{1,30}){0,4}|"
    r"(?:O’|O'|Mc|Mac)[A-Z][a-zà-ÿ]{1,30})"
)
_NAME = (
    rf"(?P<name>{_TITLE}{_PART}(?:[ \xa0]{{1,3}}"
    rf"(?:(?:de|van|von|der|la|bin|al)[ \xa0]{{1,3}})?{_PART}){{1,3}})"
)
_NOUN = (
    r"(?:[Cc]o-|[Vv]ice[- ]|[Dd]eputy )?"
    r"(?:[Cc]hair(?:man|woman|person)?|[Cc]hief|CEO|CFO|COO|CTO|[Oo]fficer|[Dd]irector|"
    r"[Pp]resident|[Mm]inister|[Ss]ecretary|[Hh]ead|[Mm]anager|[Pp]rofessor|[Ff]ounder|[Pp]artner|"
    r"[Mm]ayor|[Cc]hancellor|[Cc]ommissioner|[Tt]reasurer|[Ll]eader|[Ee]xecutive|[Dd]ean|"
    r"[Pp]rincipal|[Cc]o-?ordinator|[Ii]nspector|[Ss]urveyor|[Ee]ngineer|[Ee]ditor|[Aa]uthor|"
    r"[Tt]rustee|[Cc]lerk|[Ww]arden|[Mm]atron|[Rr]egistrar|[Aa]dviser|[Ll]ecturer|[Cc]urator)"
)
_ROLE = (
    r"(?P<role>(?:(?!(?:the|an?|to|that|which|is|was|are|in|on|at|by)\b)[\w&’'/-]{1,40}+\s{1,4}){0,5}?"
    rf"{_NOUN}\b[^.;:()“”@\n\t]*)"
)
_LINE = re.compile(
    rf"\W*{_NAME}\s{{0,4}}(?:,|\t|–|—|\||\n|\s-\s)\s{{0,4}}(?:\d\d\s{{1,4}})?"
    rf"(?:the\s{{1,4}})?{_ROLE}\W*"
)
_BRACKETS = re.compile(rf"{_NAME}\s{{0,4}}\((?:the\s{{1,4}})?{_ROLE}\)")
_LABEL = re.compile(rf"\W*{_ROLE}\s{{0,4}}:\s{{0,4}}{_NAME}\W*")
_RUNNING = re.compile(
    rf"{_NAME},\s{{1,4}}(?:(?:the|our|now|currently|then)\s{{1,4}})?{_ROLE}(?=[,.;:()]|$)"
)
_REACHED = re.compile(
    rf"\W*(?P<role>[A-Z][^\d:;.@\t\n]{{2,60}}?)\s{{0,4}}[:\t]\s{{0,4}}{_NAME}(?=[\s,;(])"
    rf"[^.:]{{0,40}}?(?:\+?\d[\d ()-]{{6,30}}\d|[\w.+-]+@\w)"
)
"""A purpose, a name, and a telephone number or e-mail address."""

_CLAUSE = re.compile(
    r",\s++[\d+(@a-z].*|,\s++(?:As|But|At)\b.*|(?<!\s)\s++(?:said|says|told|wrote|was|is|will|has|had)\b.*"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ANY_NOUN = re.compile(rf"\b{_NOUN}s?\b")
_NO_NAMES = FUNCTION_WORDS | frozenset(map(fold, MONTHS))


def people(passages: Sequence[Passage]) -> tuple[Person[Quote], ...]:
    """Return people named with a role, each once, in order; precision matters more than recall."""
    by_name: dict[str, Person[Quote]] = {}
    lower_case = {w for p in passages for w in re.findall(r"(?<!\w)[a-z][a-zà-ÿ]+", p.text)}
    common = lower_case | _NO_NAMES  # words also written in lower case are not names
    for person in _named(passages):
        parts = [fold(w) for w in _WORD.findall(re.sub(_TITLE, "", person.name, count=1))]
        role_words = [fold(w) for w in _WORD.findall(person.role)]
        is_name = len(parts) > 1 and not _ANY_NOUN.search(person.name) and common.isdisjoint(parts)
        is_role = _ANY_NOUN.search(person.role) or not common.isdisjoint(role_words)
        if is_name and is_role and role_words[0] not in FUNCTION_WORDS and len(by_name) < MOST:
            by_name.setdefault(fold(person.name), person)
    return tuple(by_name.values())


def _named(passages: Sequence[Passage]) -> Iterator[Person[Quote]]:
    """Yield names beside possible roles, in one sentence or over two lines as in signatures."""
    for candidate, below in in_turn(passages):
        start = candidate.sentence.span.start
        ends = [candidate.sentence.span.end, *([below.sentence.span.end] if below else [])]
        for end in ends:
            text = candidate.passage.words(Span(start, end))
            for match in _matches(text):
                role = _CLAUSE.sub("", match["role"]).rstrip(" ,–—-|")
                first = min(match.start("name"), match.start("role"))
                last = max(match.end("name"), match.start("role") + len(role))
                last += text[last : last + 1] == ")"
                quote = candidate.passage.quote(Span(start + first, start + last))
                if len(role.split()) <= _LONGEST_ROLE:
                    name, role = " ".join(match["name"].split()), " ".join(role.split())
                    yield Person(name, role, quote)


def _matches(text: str) -> Iterator[re.Match[str]]:
    match = _LINE.fullmatch(text) or _LABEL.fullmatch(text) or _REACHED.match(text)
    if match and len(text.split()) <= _LINE_WORDS:
        yield match
    elif "\n" not in text:
        yield from _BRACKETS.finditer(text)
        yield from _RUNNING.finditer(text)
