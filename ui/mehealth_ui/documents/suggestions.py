"""Suggested questions that the corpus answers: made from its pages, and each one tried out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING

from mehealth_rag.types import Answer, BlockKind, Page, Status

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant

SURE = 0.7
"""Confidence from which a question is good enough to be suggested, if its own words are quoted."""

SURE_OF_HEADING = 0.8
"""The same for a question made from a heading, where only the page can be checked."""

_PAGES_READ = 60
_TRIED = 90
_KEPT = 40
_FIRST = 4
_NEXT = 3

_COUNT = re.compile(
    r"(?<![\w£$€.,-])(\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d+)? (?:million|billion)|\d{2,3}) "
    r"((?:[a-z][a-z-]+ ){0,3}?[a-z-]{3,}s)\b"
    r"(?= (?:and|in|across|at|with|from|that|who|of)\b|[.,;:]| [A-Z]|$)"
)
_SPONSOR = re.compile(
    r"investment of (?:over |around |up to )?((?:£|\$|€)\d[\d.,]*(?: ?(?:million|billion|bn|m))?)"
)
_PLURAL = re.compile(r"^(?:(?! (?:of|for|in|on|and)\b).)*[^\Wsiuc]s(?:$| (?:of|for|in|on)\b)")
"""A name whose noun has its plural's s: the last word, or the one before "of"."""
_ACRONYM = re.compile(
    r"((?:[A-Z][\w&’-]{1,40}+|for|of|and|the|in)"
    r"(?: (?:[A-Z][\w&’-]{1,40}+|for|of|and|the|in)){1,8})"
    r" \(([A-Z]{3,8})\)"
)
_PERSON = re.compile(
    r"((?:(?:Sir|Dame|Dr|Professor|Lord|Lady) )?[A-Z][a-z’-]+(?: [A-Z][a-z’-]+){1,2}), (?=[A-Z])"
)
_ROLES = re.compile(
    r"\b(?:Chair|Chairman|Director|Minister|Officer|Executive|Professor|President|Secretary|Head|Founder)\b"
)
_TIME = frozenset({"years", "months", "weeks", "days", "hours", "minutes", "times", "pages"})
_SMALL_WORDS = frozenset({"for", "of", "and", "the", "in"})
_GENERIC = frozenset(
    {"introduction", "conclusion", "contents", "summary", "references", "appendix"}
)
_HEADING_WORDS = range(2, 9)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question made from a page, and words that a right answer quotes."""

    question: str
    document: str
    page: int
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that was tried, and the page that answers it."""

    question: str
    document: str
    page: int
    confidence: float


@dataclass
class Pool:
    """The questions that were tried and held. Fills in the background."""

    ready: Event = field(default_factory=Event)
    _found: tuple[Suggestion, ...] = ()
    _guard: Lock = field(default_factory=Lock)

    def fill(self, assistant: Assistant, stop: Event | None = None) -> None:
        """Make candidates and keep those that the assistant answers well."""
        found: list[Suggestion] = []
        try:
            for candidate in candidates(assistant):
                if len(found) >= _KEPT or (stop is not None and stop.is_set()):
                    break
                suggestion = tried(assistant, candidate)
                if suggestion is not None:
                    found.append(suggestion)
                    with self._guard:
                        self._found = tuple(found)
        finally:
            self.ready.set()

    def first(self, documents: Sequence[str] = ()) -> tuple[str, ...]:
        """Questions to begin with, from pages as different as there are."""
        chosen: dict[tuple[str, int], Suggestion] = {}
        for suggestion in self._among(documents):
            chosen.setdefault((suggestion.document, suggestion.page), suggestion)
        rest = (s for s in self._among(documents) if s not in chosen.values())
        return tuple(s.question for s in (*chosen.values(), *rest))[:_FIRST]

    def after(
        self, answer: Answer, asked: Iterable[str], documents: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Questions that go on from an answer: of its pages first, then of those near them."""
        places = [(c.document, c.page) for c in (*answer.citations, *answer.nearest)]
        used = {_plain(q) for q in (*asked, answer.question, answer.standalone_question)}
        fresh = [s for s in self._among(documents) if _plain(s.question) not in used]
        near = sorted(fresh, key=lambda s: _distance(s, places))
        return tuple(s.question for s in near[:_NEXT])

    def _among(self, documents: Sequence[str]) -> list[Suggestion]:
        with self._guard:
            found = self._found
        return [s for s in found if not documents or s.document in documents]


def candidates(assistant: Assistant) -> Iterator[Candidate]:
    """Questions that the pages suggest, the pages taken in turn so that all have their say."""
    pages = [
        (status.source.id, assistant.page(status.source.id, number))
        for status in assistant.sources()
        for number in range(1, min(status.pages, _PAGES_READ) + 1)
    ]
    queues = [_specific_first(_of_page(document, page)) for document, page in pages]
    seen: set[str] = set()
    depth = max((len(q) for q in queues), default=0)
    for level in range(depth):
        for queue in queues:
            if level < len(queue) and _plain(queue[level].question) not in seen:
                seen.add(_plain(queue[level].question))
                yield queue[level]
            if len(seen) >= _TRIED:
                return


def _specific_first(found: Iterable[Candidate]) -> list[Candidate]:
    return sorted(dict.fromkeys(found), key=lambda c: not c.words)


def tried(assistant: Assistant, candidate: Candidate) -> Suggestion | None:
    """The candidate as a suggestion, if the assistant answers it well and from the right place."""
    answer = assistant.ask(candidate.question)
    if answer.status is not Status.ANSWERED or answer.confidence < (
        SURE if candidate.words else SURE_OF_HEADING
    ):
        return None
    if not _holds(answer, candidate):
        return None
    first = answer.citations[0]
    return Suggestion(candidate.question, first.document, first.page, answer.confidence)


def _holds(answer: Answer, candidate: Candidate) -> bool:
    """Whether the proof stands where the candidate came from, or quotes its words."""
    if not candidate.words:
        place = (candidate.document, candidate.page)
        return any((c.document, c.page) == place for c in answer.citations)
    return any(candidate.words.casefold() in c.quote.casefold() for c in answer.citations)


def _of_page(document: str, page: Page) -> Iterator[Candidate]:
    for block in page.blocks:
        text = block.span.of(page.text).strip()
        if block.kind is BlockKind.HEADING:
            questions = _of_heading(text)
        elif block.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}:
            questions = _of_text(text)
        else:
            continue
        for question, words in questions:
            yield Candidate(question, document, page.number, words)


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    """Questions that a paragraph answers, each with words that the right quote holds."""
    for match in _PERSON.finditer(text):
        if len(text) < 140 and _ROLES.search(text) and not _ROLES.search(match[1]):
            yield f"Who is {match[1]}?", match[1]
    for match in _ACRONYM.finditer(text):
        name = _spelt_out(match[1], match[2])
        if name:
            verb = "are" if _PLURAL.search(name) else "is"
            yield f"What {verb} the {name}?", match[2]
    for match in _SPONSOR.finditer(text):
        yield f"What is the investment of {match[1]} for?", match[1]
    for match in _COUNT.finditer(text):
        if match[2].split()[-1] not in _TIME:
            yield f"How many {match[2]} are there?", match[1]


def _of_heading(heading: str) -> Iterator[tuple[str, str]]:
    words = heading.rstrip(" :").split()
    if heading.endswith("?"):
        yield heading, ""
    elif words and words[0] == "Our" and words[-1].endswith("s"):
        yield f"What are the {' '.join(words[1:]).lower()}?", ""
    elif len(words) in _HEADING_WORDS and heading.casefold() not in _GENERIC:
        yield f"What is said about “{heading.rstrip(' :')}”?", ""


def _spelt_out(words: str, acronym: str) -> str:
    """The last words that spell the acronym; empty where they do not."""
    found: list[str] = []
    letters = list(acronym)
    for word in reversed(words.split()):
        if letters and word[:1] == letters[-1]:
            letters.pop()
        elif word not in _SMALL_WORDS:
            return ""
        found.insert(0, word)
        if not letters:
            return " ".join(found)
    return ""


def _distance(suggestion: Suggestion, places: Sequence[tuple[str, int]]) -> int:
    return min(
        (abs(suggestion.page - n) for d, n in places if d == suggestion.document), default=99
    )


def _plain(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
