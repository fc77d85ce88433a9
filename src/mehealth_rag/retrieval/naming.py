"""Finds the documents that a question names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mehealth_rag.language.titles import Token, TokenKind, tokens
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, stem, subject_words
from mehealth_rag.retrieval.lexicon import LONGEST, NameLexicon, Part
from mehealth_rag.types import Span

LEANING = 0.15
"""The most that ordinary words add to the fused score (at most 1) of a document's passages."""

PERIOD_LEANING = 0.1
"""What each period of the question adds if the document's title contains it."""

_NEAR_BEST = 0.75
"""Of documents with the same name, those with at least this share of the best one's match are
meant."""

_LEAST_WORDS = 2
"""Content words that a question must keep for the search to use it without the names."""

NAMED_SHARE = 0.5
"""A document is named if the question has at least this share of a name's total weight."""

TELLING = 0.4
"""The least weight with which a word can name a document."""

_SHORTENED, _SHORTENED_SHARE = 4, 0.6
"""The fewest letters, and the least share of a word's letters, with which its beginning stands for
it."""

_MANY_CAPITALS = 0.7
_DOCUMENT_NOUNS = frozenset("document file pdf".split())

_CLOSE = len(" of the ")
"""Characters between words of one name, at most."""

_ARTICLE = re.compile(r"\b(?:the|an?)\s*$", re.IGNORECASE)
"""The article at the end of what stands before a name, if it has one."""

_NO_NAMES = FUNCTION_WORDS | REQUEST_WORDS

IsOrdinary = Callable[[str], bool]
"""Returns whether a folded word is a common word of the language."""


@dataclass(frozen=True, slots=True)
class Named:
    """Documents that share one name.

    `forms` are alternative sets of stems: a passage mentions the name if it holds all stems of one
    set.
    """

    documents: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """The documents that a question names, name by name, and how much it favours single documents.

    `leaning` is added to the scores of a document's passages. `rest` is what to search for: the
    question without the names and the periods in their titles, which match everything inside a
    named document, or the whole question if too little is left. `with_it` is the question with "it"
    in place of the names; the question itself if it has none.
    """

    rest: str
    named: tuple[Named, ...] = ()
    leaning: Mapping[str, float] = field(default_factory=dict)
    with_it: str = ""

    @property
    def documents(self) -> frozenset[str]:
        """All documents named."""
        return frozenset(i for n in self.named for i in n.documents)


@dataclass(frozen=True, slots=True)
class _Match:
    """Words of the question that match parts of names; `proper` if they are written like a name."""

    tokens: tuple[Token, ...]
    parts: tuple[Part, ...]
    proper: bool

    @property
    def span(self) -> Span:
        return Span(self.tokens[0].span.start, self.tokens[-1].span.end)

    def covered(self, phrase: int) -> frozenset[int]:
        """Return the positions of the words of a phrase that the match covers."""
        parts = (p for p in self.parts if p.phrase == phrase)
        return frozenset(i for part in parts for i in range(part.start, part.end))


@dataclass(frozen=True, slots=True)
class _Claim:
    """The evidence that a question names one document.

    `share` is the share of the name's weight that the question holds. `match` is the index of the
    most distinctive match and `weight` that match's weight; `matches` are all that could name the
    document. `strong` is true if the document is named, false if ordinary words only touch on it.
    """

    document: int
    share: float
    weight: float
    strong: bool
    match: int
    matches: tuple[int, ...]

    @property
    def standing(self) -> tuple[bool, float, float]:
        """The sort key by which the better of two claims on a document is kept."""
        return self.strong, self.share * self.weight, self.weight


@dataclass(frozen=True, slots=True)
class _Group:
    """Documents, by their indices, that share one name, and where the question has it."""

    places: frozenset[int]
    spans: tuple[Span, ...]
    forms: tuple[tuple[str, ...], ...] = ()


class Register:
    """Finds which documents of an index a question names."""

    def __init__(self, lexicon: NameLexicon, is_ordinary: IsOrdinary) -> None:
        self._lexicon = lexicon
        self._is_ordinary = is_ordinary

    def words(self) -> frozenset[str]:
        """Return all words of names, for spelling correction; none if there is one document."""
        return frozenset(self._lexicon.titled) if self._lexicon.has_names else frozenset()

    def named(self, question: str, documents: Sequence[str] = ()) -> Naming:
        """Return the documents that a question names, in its order; among `documents` if given."""
        if not self._lexicon.has_names:
            return Naming(question, with_it=question)
        query_tokens = tokens(question)
        matches = self._matches(query_tokens)
        claims = self._claims(matches)
        named: list[Named] = []
        spans: list[Span] = []
        places: frozenset[int] = frozenset()
        for group in _groups(claims, matches) or self._by_mark(query_tokens):
            narrowed = self._narrowed(group.places, query_tokens)
            places |= narrowed
            ids = (self._lexicon.documents[place].source.id for place in sorted(narrowed))
            if allowed := tuple(i for i in ids if not documents or i in documents):
                named.append(Named(allowed, group.forms))
                spans += [
                    *group.spans,
                    *(t.span for t in query_tokens if self._with_qualifier(t) & narrowed),
                ]
        leaning = self._leaning(places, claims, query_tokens)
        bare = _without(question, spans) if spans else ""
        rest = bare if len(subject_words(bare)) >= _LEAST_WORDS else question
        return Naming(rest, tuple(named), leaning, _with_it(question, spans))

    def _with_qualifier(self, token: Token) -> frozenset[int]:
        """Return the documents whose titles contain a period or mark."""
        return self._lexicon.qualifiers.get(token.text, frozenset())

    def _by_mark(self, query_tokens: Sequence[Token]) -> list[_Group]:
        """Return the documents of the kind that a mark states ("the 10-Q"); used without a name."""
        for token in query_tokens:
            places = self._with_qualifier(token)
            written = token.capital or token.span.end - token.span.start > len(token.text)
            few = 0 < 2 * len(places) <= len(self._lexicon.documents)
            if token.kind is TokenKind.MARK and written and few:
                return [_Group(places, (token.span,))]
        return []

    def _narrowed(self, places: frozenset[int], query_tokens: Sequence[Token]) -> frozenset[int]:
        """Narrow documents to those with the question's marks and days, unless none is left."""
        for token in query_tokens:
            if token.kind in {TokenKind.MARK, TokenKind.DAY}:
                places = self._with_qualifier(token) & places or places
        return places

    def _leaning(
        self, named: frozenset[int], claims: Sequence[_Claim], query_tokens: Sequence[Token]
    ) -> dict[str, float]:
        """Return what ordinary words and periods add to the scores of each document's passages."""
        gains: defaultdict[int, float] = defaultdict(float)
        for claim in claims if not named else ():
            gains[claim.document] += LEANING * claim.share * claim.weight
        for token in query_tokens:
            titled = self._with_qualifier(token)
            few = 2 * len(titled) <= len(self._lexicon.documents)
            favoured = titled & named if named else titled if few else ()
            for place in favoured if token.kind.is_period else ():
                gains[place] += PERIOD_LEANING if named else PERIOD_LEANING / 2
        return {self._lexicon.documents[place].source.id: gain for place, gain in gains.items()}

    def _matches(self, query_tokens: Sequence[Token]) -> tuple[_Match, ...]:
        """Find the parts of names in a question, left to right, longest first."""
        matches = []
        capitals_count = not _capitals_tell_nothing(query_tokens)
        start = 0
        while start < len(query_tokens):
            size, parts = self._longest(query_tokens[start : start + LONGEST])
            run = tuple(query_tokens[start : start + size])
            after = query_tokens[start + size].text if start + size < len(query_tokens) else ""
            proper = (
                size > 1
                or after in _DOCUMENT_NOUNS
                or any(t.kind is TokenKind.MARK or not self._is_ordinary(t.text) for t in run)
                or (capitals_count and sum(t.capital for t in run) > (start == 0))
            )
            if parts:
                matches.append(_Match(run, parts, proper))
            start += size
        return tuple(matches)

    def _longest(self, ahead: Sequence[Token]) -> tuple[int, tuple[Part, ...]]:
        """Return how many of the next tokens form the longest part of a name, and its parts."""
        for size in range(len(ahead), 0, -1):
            run = ahead[:size]
            key = "".join(t.text for t in run)
            # "on a" is no way to write initials ("O'n'A"), whatever documents are called.
            phrased = size > 1 and all(t.text in FUNCTION_WORDS for t in run)
            can_name = key not in _NO_NAMES and not any(t.kind.is_period for t in run)
            if can_name and not phrased and key in self._lexicon.parts:
                return size, self._lexicon.parts[key]
        return 1, self._shortened(ahead[0])

    def _shortened(self, token: Token) -> tuple[Part, ...]:
        """Return the words of names that start with an uncommon or capitalised word ("Pepsi")."""
        text = token.text
        if token.kind is not TokenKind.WORD or len(text) < _SHORTENED:
            return ()
        if self._is_ordinary(text) and not token.capital:
            return ()
        return tuple(
            part
            for key, parts in self._lexicon.parts.items()
            if key.startswith(text) and len(text) >= _SHORTENED_SHARE * len(key)
            for part in parts
            if part.end == part.start + 1
        )

    def _claims(self, matches: Sequence[_Match]) -> tuple[_Claim, ...]:
        """Return the best claim on each document that the question touches on, in corpus order."""
        by_phrase: defaultdict[int, list[int]] = defaultdict(list)
        for number, match in enumerate(matches):
            for phrase in dict.fromkeys(part.phrase for part in match.parts):
                by_phrase[phrase].append(number)
        best: dict[int, _Claim] = {}
        for phrase, numbers in by_phrase.items():
            claim = self._claim(phrase, {n: matches[n] for n in numbers})
            best_so_far = best.setdefault(claim.document, claim)
            if claim.standing > best_so_far.standing:
                best[claim.document] = claim
        return tuple(best[document] for document in sorted(best))

    def _claim(self, phrase: int, matches: Mapping[int, _Match]) -> _Claim:
        """Score the matches of one phrase, given by their indices."""
        document, words = (
            self._lexicon.phrases[phrase].document,
            self._lexicon.phrases[phrase].words,
        )
        weights = [self._lexicon.weight(w) for w in words]
        covered_by = {n: match.covered(phrase) for n, match in matches.items()}
        strongest = {n: max(weights[i] for i in places) for n, places in covered_by.items()}
        covered = frozenset[int]().union(*covered_by.values())
        share = sum(weights[i] for i in covered) / (sum(weights) or 1.0)
        any_proper = any(match.proper and strongest[n] >= TELLING for n, match in matches.items())
        whole_name = len(covered) == len(words) > 1 and _are_close(list(matches.values()))
        best = max(matches, key=lambda n: (matches[n].proper, strongest[n], -n))
        strong = share >= NAMED_SHARE and (
            any_proper or (whole_name and max(strongest.values()) >= TELLING)
        )
        naming = [
            n for n in matches if strongest[n] >= TELLING and (whole_name or matches[n].proper)
        ]
        return _Claim(document, share, strongest[best], strong, best, tuple(naming))


def _groups(claims: Sequence[_Claim], matches: Sequence[_Match]) -> list[_Group]:
    """Group the strong claims by name, in the order of the question."""
    by_name: defaultdict[int, list[_Claim]] = defaultdict(list)
    for claim in claims:
        if claim.strong:
            by_name[claim.match].append(claim)
    groups = []
    for _, candidates in sorted(by_name.items()):
        cutoff = _NEAR_BEST * max(c.share for c in candidates)
        kept = [c for c in candidates if c.share >= cutoff]
        group_matches = [matches[n] for n in sorted({n for c in kept for n in c.matches})]
        places = frozenset(c.document for c in kept)
        groups.append(_Group(places, tuple(m.span for m in group_matches), _forms(group_matches)))
    return groups


def _forms(matches: Sequence[_Match]) -> tuple[tuple[str, ...], ...]:
    """Return how a page may write the matches: as the question's words, or joined into one."""
    written = [tuple(t.text for t in match.tokens) for match in matches]
    runs = [run for words in written for run in (words, ("".join(words),))]
    return tuple(dict.fromkeys(tuple(map(stem, run)) for run in runs))


def _without(question: str, spans: Sequence[Span]) -> str:
    """Remove spans from a question."""
    kept, end = [], 0
    for span in sorted(set(spans), key=lambda s: s.start):
        kept.append(question[end : span.start])
        end = max(end, span.end)
    return " ".join("".join([*kept, question[end:]]).split())


def _with_it(question: str, spans: Sequence[Span]) -> str:
    """Put "it" in place of the first name, its article and what follows up to a close name."""
    if not spans:
        return question
    first, *others = sorted(set(spans), key=lambda s: s.start)
    end = first.end
    for span in others:
        end = span.end if span.start - end <= _CLOSE else end
    rest = _without(
        question[end:], [Span(s.start - end, s.end - end) for s in others if s.start >= end]
    )
    return " ".join(f"{_ARTICLE.sub('', question[: first.start])} it {rest}".split())


def _capitals_tell_nothing(query_tokens: Sequence[Token]) -> bool:
    """Return whether nearly all words are capitalised, as in a headline."""
    long = [t for t in query_tokens if t.kind is TokenKind.WORD and len(t.text) > 3]
    return len(long) > 1 and sum(t.capital for t in long) / len(long) > _MANY_CAPITALS


def _are_close(matches: Sequence[_Match]) -> bool:
    """Return whether matches are adjacent but for short words, as the words of one title are."""
    gaps = (b.span.start - a.span.end for a, b in pairwise(matches))
    return all(gap <= _CLOSE for gap in gaps)
