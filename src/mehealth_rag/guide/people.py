"""People whom a document names beside their roles, told by form alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mehealth_rag.guide.candidates import in_turn
from mehealth_rag.guide.values import Person
from mehealth_rag.language.dates import MONTHS
from mehealth_rag.language.words import FUNCTION_WORDS, fold
from mehealth_rag.types import Passage, Quote, Span

MOST = 12
_LONGEST_ROLE = 14
_LINE_WORDS = 24
"""Words of a line that holds a name and a role and nothing else, at the most."""

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
"""What somebody is there for, a name, and a number or an address to reach them by."""

_CLAUSE = re.compile(
    r",\s++[\d+(@a-z].*|,\s++(?:As|But|At)\b.*|(?<!\s)\s++(?:said|says|told|wrote|was|is|will|has|had)\b.*"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ANY_NOUN = re.compile(rf"\b{_NOUN}s?\b")
_NO_NAMES = FUNCTION_WORDS | frozenset(map(fold, MONTHS))


def people(passages: Sequence[Passage]) -> tuple[Person[Quote], ...]:
    """Those whom the passages name with a role, each once, in order; better few and right."""
    found: dict[str, Person[Quote]] = {}
    small = {w for p in passages for w in re.findall(r"(?<!\w)[a-z][a-zà-ÿ]+", p.text)}
    plain = small | _NO_NAMES  # words that are written in small letters are no names
    for person in _named(passages):
        name = [fold(w) for w in _WORD.findall(re.sub(_TITLE, "", person.name, count=1))]
        role = [fold(w) for w in _WORD.findall(person.role)]
        is_name = len(name) > 1 and not _ANY_NOUN.search(person.name) and plain.isdisjoint(name)
        is_role = _ANY_NOUN.search(person.role) or not plain.isdisjoint(role)
        if is_name and is_role and role[0] not in FUNCTION_WORDS and len(found) < MOST:
            found.setdefault(fold(person.name), person)
    return tuple(found.values())


def _named(passages: Sequence[Passage]) -> Iterator[Person[Quote]]:
    """Names beside what may be roles, in a sentence or in two lines, as signatures have them."""
    for one, below in in_turn(passages):
        start = one.sentence.span.start
        ends = [one.sentence.span.end, *([below.sentence.span.end] if below else [])]
        for end in ends:
            text = one.passage.words(Span(start, end))
            for match in _matches(text):
                role = _CLAUSE.sub("", match["role"]).rstrip(" ,–—-|")
                first = min(match.start("name"), match.start("role"))
                last = max(match.end("name"), match.start("role") + len(role))
                last += text[last : last + 1] == ")"
                quote = one.passage.quote(Span(start + first, start + last))
                if len(role.split()) <= _LONGEST_ROLE:
                    name, role = " ".join(match["name"].split()), " ".join(role.split())
                    yield Person(name, role, quote)


def _matches(text: str) -> Iterator[re.Match[str]]:
    whole = _LINE.fullmatch(text) or _LABEL.fullmatch(text) or _REACHED.match(text)
    if whole and len(text.split()) <= _LINE_WORDS:
        yield whole
    elif "\n" not in text:
        yield from _BRACKETS.finditer(text)
        yield from _RUNNING.finditer(text)
