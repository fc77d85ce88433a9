"""People whom a document names beside their roles, told by form alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mehealth_rag.guide.candidates import Candidate, candidates
from mehealth_rag.guide.values import Person
from mehealth_rag.language.dates import MONTHS
from mehealth_rag.language.words import FUNCTION_WORDS, fold
from mehealth_rag.types import Passage, Quote, Span

MOST = 12
_LONGEST_ROLE = 14
_LINE_WORDS = 24
"""Words of a line that holds a name and a role and nothing else, at the most."""

_TITLE = (
    r"(?:(?:Sir|Dame|Dr|Prof|Professor|Lord|Lady|Mr|Mrs|Ms|Miss|Rev|Cllr|Councillor)\.?[ \xa0]+)*"
)
_PART = r"(?:[A-Z]\.|[A-Z][a-zà-ÿ]+(?:[-’'][A-Z]?[a-zà-ÿ]+)*|(?:O’|O'|Mc|Mac)[A-Z][a-zà-ÿ]+)"
_NAME = (
    rf"(?P<name>{_TITLE}{_PART}(?:[ \xa0]+(?:(?:de|van|von|der|la|bin|al)[ \xa0]+)?{_PART}){{1,3}})"
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
    r"(?P<role>(?:(?!(?:the|an?|to|that|which|is|was|are|in|on|at|by)\b)[\w&’'/-]+\s+){0,5}?"
    rf"{_NOUN}\b[^.;:()“”@\n\t]*)"
)
_LINE = re.compile(
    rf"\W*{_NAME}\s*(?:,|\t|–|—|\||\n|\s-\s)\s*(?:\d\d\s+)?"
    rf"(?:the\s+)?{_ROLE}\W*"
)
_BRACKETS = re.compile(rf"{_NAME}\s*\((?:the\s+)?{_ROLE}\)")
_LABEL = re.compile(rf"\W*{_ROLE}\s*:\s*{_NAME}\W*")
_RUNNING = re.compile(rf"{_NAME},\s+(?:the\s+|our\s+)?{_ROLE}(?=[,.;:()]|$)")
_REACHED = re.compile(
    rf"\W*(?P<role>[A-Z][^\d:;.@\t\n]{{2,60}}?)\s*[:\t]\s*{_NAME}(?=[\s,;(])"
    rf"[^.:]{{0,40}}?(?:\+?\d[\d ()-]{{6,}}\d|[\w.+-]+@\w)"
)
"""What somebody is there for, a name, and a number or an address to reach them by."""

_CLAUSE = re.compile(
    r",\s+[\d+(@a-z].*|,\s+(?:As|But|At)\b.*|\s+(?:said|says|told|wrote|was|is|will|has|had)\b.*"
)
_NOW = re.compile(r"(?:now|currently|then)\s+")
_ANY_NOUN = re.compile(rf"\b{_NOUN}s?\b")
_NO_NAMES = FUNCTION_WORDS | frozenset(map(fold, MONTHS))


def people(passages: Sequence[Passage]) -> tuple[Person[Quote], ...]:
    """Those whom the passages name with a role, each once, in order; better few and right."""
    found: dict[str, Person[Quote]] = {}
    plain = _small_words(passages)
    for name, role, quote in _named(passages):
        words = [fold(w) for w in re.findall(r"[^\W\d_]{2,}", re.sub(_TITLE, "", name, count=1))]
        roles = _ANY_NOUN.search(name)
        said = [fold(w) for w in re.findall(r"[^\W\d_]+", role)]
        telling = _ANY_NOUN.search(role) or not plain.isdisjoint(said)
        named = len(words) > 1 and not roles and plain.isdisjoint(words)
        if named and telling and said[0] not in FUNCTION_WORDS:
            found.setdefault(fold(name), Person(name, role, quote))
        if len(found) >= MOST:
            break
    return tuple(found.values())


def _small_words(passages: Sequence[Passage]) -> frozenset[str]:
    """Words that the document also writes in small letters: they are no names."""
    small = {w for p in passages for w in re.findall(r"(?<!\w)[a-z][a-zà-ÿ]+", p.text)}
    return frozenset(small) | _NO_NAMES


def _named(passages: Sequence[Passage]) -> Iterator[tuple[str, str, Quote]]:
    sentences = list(candidates(passages))
    for place, candidate in enumerate(sentences):
        spans = [candidate.sentence.span, *_two_lines(sentences, place)]
        for span in spans:
            text = candidate.passage.words(span)
            for match in _matches(text):
                name, role = " ".join(match["name"].split()), _role(match)
                start = span.start + min(match.start("name"), match.start("role"))
                end = span.start + max(match.end("name"), match.start("role") + len(role))
                bracket = text[end - span.start : end - span.start + 1] == ")"
                quote = candidate.passage.quote(Span(start, end + bracket))
                if len(role.split()) <= _LONGEST_ROLE:
                    yield name, " ".join(_NOW.sub("", role, count=1).split()), quote


def _role(match: re.Match[str]) -> str:
    """The role without the clause that goes on from it, as it stands there."""
    return _CLAUSE.sub("", match["role"]).rstrip(" ,–—-|")


def _two_lines(sentences: Sequence[Candidate], place: int) -> Iterator[Span]:
    """A line with the one after it: a signature has the role under the name."""
    if place + 1 < len(sentences):
        one, other = sentences[place], sentences[place + 1]
        if one.passage is other.passage:
            yield Span(one.sentence.span.start, other.sentence.span.end)


def _matches(text: str) -> Iterator[re.Match[str]]:
    if len(text.split()) <= _LINE_WORDS:
        whole = _LINE.fullmatch(text) or _LABEL.fullmatch(text) or _REACHED.match(text)
        if whole:
            yield whole
            return
    if "\n" not in text:
        yield from _BRACKETS.finditer(text)
        yield from _RUNNING.finditer(text)
