"""Suggests questions: makes them from pages, and keeps those that the assistant answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from threading import Event
from typing import TYPE_CHECKING

from mehealth_rag.types import Answer, BlockKind, Page, Status

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant

SURE = 0.7
"""The least confidence for a question whose words the answer must quote."""

SURE_OF_HEADING = 0.8
"""The same for a question from a heading, where only the page can be checked."""

_PAGES_READ = 60
_CANDIDATES = 90
_SUGGESTIONS = 40
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
"""A name with a plural noun: its last word, or the one before "of"."""
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
    """A question made from a page, and the words that a right answer quotes."""

    question: str
    document: str
    page: int
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the assistant answers, and the page of its answer."""

    question: str
    document: str
    page: int
    confidence: float


@dataclass
class Pool:
    """The suggested questions, which are found in the background."""

    ready: Event = field(default_factory=Event)
    _suggestions: tuple[Suggestion, ...] = ()

    def fill(self, assistant: Assistant, stop: Event | None = None) -> None:
        """Keep the candidates that the assistant answers well."""
        try:
            for candidate in candidates(assistant):
                if len(self._suggestions) >= _SUGGESTIONS or (stop is not None and stop.is_set()):
                    break
                suggestion = _tried(assistant, candidate)
                if suggestion is not None:
                    self._suggestions += (suggestion,)
        finally:
            self.ready.set()

    def first(self, documents: Sequence[str] = ()) -> tuple[str, ...]:
        """Return questions to begin with, from as many pages as possible."""
        chosen: dict[tuple[str, int], Suggestion] = {}
        for suggestion in self._among(documents):
            chosen.setdefault((suggestion.document, suggestion.page), suggestion)
        rest = (s for s in self._among(documents) if s not in chosen.values())
        return tuple(s.question for s in (*chosen.values(), *rest))[:_FIRST]

    def after(
        self, answer: Answer, asked: Iterable[str], documents: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return questions to ask next: from the answer's pages, then from pages near them."""
        places = [(c.document, c.page) for c in (*answer.citations, *answer.nearest)]
        used = {_plain(q) for q in (*asked, answer.question, answer.standalone_question)}
        fresh = [s for s in self._among(documents) if _plain(s.question) not in used]
        near = sorted(fresh, key=lambda s: _distance(s, places))
        return tuple(s.question for s in near[:_NEXT])

    def _among(self, documents: Sequence[str]) -> list[Suggestion]:
        return [s for s in self._suggestions if not documents or s.document in documents]


def candidates(assistant: Assistant) -> Iterator[Candidate]:
    """Yield the questions of all pages, one of each page in turn."""
    pages = [
        (status.source.id, assistant.page(status.source.id, number))
        for status in assistant.sources()
        for number in range(1, min(status.pages, _PAGES_READ) + 1)
    ]
    queues = [_specific_first(_of_page(document, page)) for document, page in pages]
    unique: dict[str, Candidate] = {}
    for candidate in chain.from_iterable(zip_longest(*queues)):
        if candidate is not None:
            unique.setdefault(_plain(candidate.question), candidate)
    yield from islice(unique.values(), _CANDIDATES)


def _specific_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(dict.fromkeys(candidates), key=lambda c: not c.words)


def _tried(assistant: Assistant, candidate: Candidate) -> Suggestion | None:
    """Return a candidate as a suggestion if the assistant answers it well."""
    answer = assistant.ask(candidate.question)
    least = SURE if candidate.words else SURE_OF_HEADING
    answered = answer.status is Status.ANSWERED and answer.confidence >= least
    if not answered or not _proves(answer, candidate):
        return None
    first = answer.citations[0]
    return Suggestion(candidate.question, first.document, first.page, answer.confidence)


def _proves(answer: Answer, candidate: Candidate) -> bool:
    """Tell whether the answer quotes the candidate's words, or cites its page."""
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
    """Yield questions that a paragraph answers, with words of the right quote."""
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
    """Return the last words that spell the acronym; empty if they do not."""
    name: list[str] = []
    letters = list(acronym)
    for word in reversed(words.split()):
        if letters and word[:1] == letters[-1]:
            letters.pop()
        elif word not in _SMALL_WORDS:
            return ""
        name.insert(0, word)
        if not letters:
            return " ".join(name)
    return ""


def _distance(suggestion: Suggestion, places: Sequence[tuple[str, int]]) -> int:
    return min(
        (abs(suggestion.page - n) for d, n in places if d == suggestion.document), default=99
    )


def _plain(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
