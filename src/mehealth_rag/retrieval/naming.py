"""Finds the documents that a question names, by the words of their titles, ids and file names.

The corpus tells how distinctive a word is: few titles contain it, and few passages of other
documents use it. So "report" names nothing if every title has it, and a company is recognised even
if no page mentions it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.index.content import IndexedDocument
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.titles import Token, TokenKind, tokens
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, stem, stems, subject_words
from mehealth_rag.types import Span

COMMON = 0.02
"""A word used by this share of the other documents' passages has half its weight."""

FEW = 2
"""Passages of other documents that may use a word without lowering its weight: they may mention the
name."""

NAMED_SHARE = 0.5
"""A document is named if the question has at least this share of a name's total weight."""

TELLING = 0.4
"""The least weight with which a word can name a document."""

PERIOD_LEANING = 0.1
"""What each period of the question adds to the fused score (at most 1) of the passages of a named
document whose title contains it; half of it if no document is named."""

_LONGEST = 4
"""The most words that a question may write as one ("BestBuy") or as initials."""

_SHORTEST_INITIALS = 3
_LEAST_WORDS = 2
"""Content words that a question must keep for the search to use it without the names."""

_CLOSE = len(" of the ")
"""Characters between words of one name, at most."""

_ARTICLE = re.compile(r"\b(?:the|an?)\s*$", re.IGNORECASE)
"""The article at the end of the text before a name."""

_NO_NAMES = FUNCTION_WORDS | REQUEST_WORDS


@dataclass(frozen=True, slots=True)
class Named:
    """Documents that share one name; a passage mentions it if it holds all stems of a `form`."""

    documents: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """The documents that a question names, name by name, and how much it favours single documents.

    `leaning` is added to the scores of a document's passages. `query` is what to search for: the
    question without the names and the periods in their titles, which match everything inside a
    named document, or the whole question if too little is left. `with_it` is the question with "it"
    in place of the names; the question itself if it has none.
    """

    query: str
    named: tuple[Named, ...] = ()
    leaning: Mapping[str, float] = field(default_factory=dict)
    with_it: str = ""

    @property
    def documents(self) -> frozenset[str]:
        """All documents named."""
        return frozenset(i for n in self.named for i in n.documents)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A name of a document, given by its index in the corpus, without function words."""

    document: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """The words `start` to `end` (exclusive) of a phrase, given by its index."""

    phrase: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Match:
    """Words of the question that match parts of names; `proper` if they are written like a name."""

    span: Span
    parts: tuple[_Part, ...]
    proper: bool

    def covered(self, phrase: int) -> frozenset[int]:
        """Return the positions of the words of a phrase that the match covers."""
        parts = (p for p in self.parts if p.phrase == phrase)
        return frozenset(i for part in parts for i in range(part.start, part.end))


@dataclass(frozen=True, slots=True)
class _NameClaim:
    """The evidence that a question names one document.

    `share` is the share of the name's weight that the question holds, `weight` that of the most
    distinctive match, and `match` the place of this match. `spans` are those of all matches that
    name the document.
    """

    document: int
    share: float
    weight: float
    match: int
    spans: tuple[Span, ...]


class Register:
    """Finds which documents of an index a question names.

    `is_ordinary` returns whether a folded word is a common word of the language.
    """

    def __init__(self, index: OpenIndex, is_ordinary: Callable[[str], bool]) -> None:
        self._index = index
        self._is_ordinary = is_ordinary
        self._documents = index.documents()
        self._weights: dict[str, float] = {}

    def words(self) -> frozenset[str]:
        """Return all words of names, for spelling correction; none if there is one document."""
        return frozenset(self._titled) if len(self._documents) > 1 else frozenset()

    def named(self, question: str, documents: Sequence[str] = ()) -> Naming:
        """Return the documents that a question names, in its order; among `documents` if given."""
        if len(self._documents) < 2:
            return Naming(question, with_it=question)
        query_tokens = tokens(question)
        named: list[Named] = []
        spans: list[Span] = []
        all_places: frozenset[int] = frozenset()
        for claims in self._claims_by_name(self._matches(query_tokens)):
            places = self._narrowed(frozenset(c.document for c in claims), query_tokens)
            all_places |= places
            ids = (self._documents[place].source.id for place in sorted(places))
            if allowed := tuple(i for i in ids if not documents or i in documents):
                names = dict.fromkeys(span for claim in claims for span in claim.spans)
                forms = (tuple(stems(span.of(question))) for span in names)
                named.append(Named(allowed, tuple(filter(None, forms))))
                spans += names
                spans += [t.span for t in query_tokens if self._qualified(t) & places]
        bare = _without(question, spans) if spans else ""
        query = bare if len(subject_words(bare)) >= _LEAST_WORDS else question
        leaning = self._leaning(all_places, query_tokens)
        return Naming(query, tuple(named), leaning, _with_it(question, spans))

    @cached_property
    def _phrases(self) -> tuple[_Phrase, ...]:
        """All names of all documents, in corpus order."""
        names = dict.fromkeys(
            _Phrase(place, _name_words(title))
            for place, document in enumerate(self._documents)
            for title in _titles(document)
        )
        return tuple(name for name in names if name.words)

    @cached_property
    def _parts(self) -> Mapping[str, tuple[_Part, ...]]:
        """The parts of phrases by how a question may write them: words, joined or initials."""
        by_key: defaultdict[str, dict[_Part, None]] = defaultdict(dict)
        for number, phrase in enumerate(self._phrases):
            for start in range(len(phrase.words)):
                for end in range(start + 1, min(start + _LONGEST, len(phrase.words)) + 1):
                    for key in _keys(phrase.words[start:end]):
                        by_key[key][_Part(number, start, end)] = None
        return {key: tuple(parts) for key, parts in by_key.items()}

    @cached_property
    def _titled(self) -> Mapping[str, frozenset[int]]:
        return _inverted((word, p.document) for p in self._phrases for word in p.words)

    @cached_property
    def _qualifiers(self) -> Mapping[str, frozenset[int]]:
        """The documents whose titles contain each period or mark ("2024", "q2", "10q")."""
        return _inverted(
            (token.text, place)
            for place, document in enumerate(self._documents)
            for title in _titles(document)
            for token in tokens(title)
            if token.kind is not TokenKind.WORD
        )

    def _qualified(self, token: Token) -> frozenset[int]:
        return self._qualifiers.get(token.text, frozenset())

    def _narrowed(self, places: frozenset[int], query_tokens: Sequence[Token]) -> frozenset[int]:
        """Narrow documents to those with the question's marks and days, unless none is left."""
        for token in query_tokens:
            if token.kind in {TokenKind.MARK, TokenKind.DAY}:
                places = self._qualified(token) & places or places
        return places

    def _leaning(self, named: frozenset[int], query_tokens: Sequence[Token]) -> dict[str, float]:
        """Return what the question's periods add to the scores of each document's passages.

        If no document is named, a period that most titles have adds nothing.
        """
        gains: defaultdict[str, float] = defaultdict(float)
        for token in query_tokens:
            titled = self._qualified(token) if token.kind.is_period else frozenset()
            few = 2 * len(titled) <= len(self._documents)
            for place in titled & named if named else titled if few else ():
                gain = PERIOD_LEANING if named else PERIOD_LEANING / 2
                gains[self._documents[place].source.id] += gain
        return dict(gains)

    def _matches(self, query_tokens: Sequence[Token]) -> list[_Match]:
        """Find the parts of names in a question, left to right, longest first."""
        matches = []
        start = 0
        while start < len(query_tokens):
            size, parts = self._longest(query_tokens[start : start + _LONGEST])
            run = query_tokens[start : start + size]
            proper = (
                size > 1
                or any(t.kind is TokenKind.MARK or not self._is_ordinary(t.text) for t in run)
                or sum(t.capital for t in run) > (start == 0)
            )
            if parts:
                matches.append(_Match(Span(run[0].span.start, run[-1].span.end), parts, proper))
            start += size
        return matches

    def _longest(self, ahead: Sequence[Token]) -> tuple[int, tuple[_Part, ...]]:
        """Return how many of the next tokens form the longest part of a name, and its parts."""
        for size in range(len(ahead), 0, -1):
            run = ahead[:size]
            key = "".join(t.text for t in run)
            # "on a" is no way to write initials ("O'n'A"), whatever documents are called.
            phrased = size > 1 and all(t.text in FUNCTION_WORDS for t in run)
            can_name = key not in _NO_NAMES and not any(t.kind.is_period for t in run)
            if can_name and not phrased and key in self._parts:
                return size, self._parts[key]
        return 1, ()

    def _claims_by_name(self, matches: Sequence[_Match]) -> list[list[_NameClaim]]:
        """Return the best claim on each document, those of one name together, in question order."""
        by_phrase: defaultdict[int, dict[int, _Match]] = defaultdict(dict)
        for number, match in enumerate(matches):
            for part in match.parts:
                by_phrase[part.phrase][number] = match
        best: dict[int, _NameClaim] = {}
        for phrase, own in by_phrase.items():
            if claim := self._claim(phrase, own):
                rival = best.setdefault(claim.document, claim)
                best[claim.document] = max(
                    rival, claim, key=lambda c: (c.share * c.weight, c.weight)
                )
        by_name: defaultdict[int, list[_NameClaim]] = defaultdict(list)
        for _, claim in sorted(best.items()):
            by_name[claim.match].append(claim)
        return [claims for _, claims in sorted(by_name.items())]

    def _claim(self, phrase: int, matches: Mapping[int, _Match]) -> _NameClaim | None:
        """Score the matches of one phrase, by their places; None if they do not name a document."""
        document, words = self._phrases[phrase].document, self._phrases[phrase].words
        weights = [self._weight(w) for w in words]
        covered_by = {n: match.covered(phrase) for n, match in matches.items()}
        strongest = {n: max(weights[i] for i in places) for n, places in covered_by.items()}
        covered = frozenset[int]().union(*covered_by.values())
        share = sum(weights[i] for i in covered) / (sum(weights) or 1.0)
        whole_name = len(covered) == len(words) > 1 and _are_close(list(matches.values()))
        naming = [
            n for n in matches if strongest[n] >= TELLING and (whole_name or matches[n].proper)
        ]
        if share < NAMED_SHARE or not naming:
            return None
        best = max(matches, key=lambda n: (matches[n].proper, strongest[n], -n))
        spans = tuple(matches[n].span for n in naming)
        return _NameClaim(document, share, strongest[best], best, spans)

    def _weight(self, word: str) -> float:
        """Return how distinctive a word of a name is, from 0 to 1."""
        if word not in self._weights:
            count = len(self._documents)
            titled = self._titled[word]
            rarity = log((count + 1) / len(titled)) / log(count + 1)
            self._weights[word] = rarity / (1 + self._use_elsewhere(word, titled) / COMMON)
        return self._weights[word]

    def _use_elsewhere(self, word: str, titled: frozenset[int]) -> float:
        """Among documents whose names lack a word, return the share of passages that use it."""
        own = [self._documents[place] for place in titled]
        other_passages = self._index.passage_count - sum(d.passages for d in own)
        ordinals = self._index.holding(stem(word))
        inside = sum(_count_within(ordinals, d) for d in own)
        return max(len(ordinals) - inside - FEW, 0) / other_passages if other_passages else 0.0


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    index: defaultdict[str, set[int]] = defaultdict(set)
    for text, place in pairs:
        index[text].add(place)
    return {text: frozenset(places) for text, places in index.items()}


def _count_within(ordinals: NDArray[np.int64], document: IndexedDocument) -> int:
    """Count the ordinals, given in rising order, that belong to a document."""
    first, end = np.searchsorted(ordinals, (document.first, document.first + document.passages))
    return int(end - first)


def _titles(document: IndexedDocument) -> Iterator[str]:
    source = document.source
    yield source.title
    yield source.id
    if source.path is not None:
        yield source.path.stem


def _name_words(title: str) -> tuple[str, ...]:
    """Return the words of a title that can name it; a mark names it only in front ("3M")."""
    return tuple(
        token.text
        for place, token in enumerate(tokens(title))
        if token.kind is TokenKind.WORD or (token.kind is TokenKind.MARK and place == 0)
        if not token.text.isdigit() and token.text not in FUNCTION_WORDS
    )


def _keys(words: Sequence[str]) -> Iterator[str]:
    """Yield how a question may write a run of words: joined, or as initials ("jnj", "j&j")."""
    joined = "".join(words)
    if len(joined) > 1:
        yield joined
    initials = [w[0] for w in words]
    if len(words) >= _SHORTEST_INITIALS:
        yield "".join(initials)
    if len(words) > 1:
        yield from ("&".join(initials), "n".join(initials))


def _without(question: str, spans: Sequence[Span]) -> str:
    pieces, end = [], 0
    for span in sorted(set(spans), key=lambda s: s.start):
        pieces.append(question[end : span.start])
        end = max(end, span.end)
    return " ".join("".join([*pieces, question[end:]]).split())


def _with_it(question: str, spans: Sequence[Span]) -> str:
    """Put "it" in place of the first name, its article and close names after it; drop others."""
    if not spans:
        return question
    first, *others = sorted(set(spans), key=lambda s: s.start)
    end = first.end
    for span in others:
        end = span.end if span.start - end <= _CLOSE else end
    later = [Span(s.start - end, s.end - end) for s in others if s.start >= end]
    before = _ARTICLE.sub("", question[: first.start])
    return " ".join(f"{before} it {_without(question[end:], later)}".split())


def _are_close(matches: Sequence[_Match]) -> bool:
    """Return whether matches are adjacent but for short words, as the words of one title are."""
    gaps = (b.span.start - a.span.end for a, b in pairwise(matches))
    return all(gap <= _CLOSE for gap in gaps)
