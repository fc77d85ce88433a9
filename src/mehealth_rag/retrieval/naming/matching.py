"""The words of a question that stand in names, and what they claim for each document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mehealth_rag.language.titles import Token, TokenKind
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS
from mehealth_rag.retrieval.naming.lexicon import LONGEST, NameLexicon, Part
from mehealth_rag.types import Span

NAMED_SHARE = 0.5
"""A document is meant where at least this share of a name's telling words is in the question."""

TELLING = 0.4
"""The weight from which on a word can name a document."""

_SHORTENED, _SHORTENED_SHARE = 4, 0.6
"""Letters, and share of the word's letters, from which on its beginning stands for it."""

_MANY_CAPITALS = 0.7
_DOCUMENT_NOUNS = frozenset("document file pdf".split())

_NO_NAMES = FUNCTION_WORDS | REQUEST_WORDS

IsOrdinary = Callable[[str], bool]
"""Whether a folded word is a common word of the language."""


@dataclass(frozen=True, slots=True)
class Match:
    """Words of the question that are parts of names; `proper`: they are written as a name."""

    tokens: tuple[Token, ...]
    parts: tuple[Part, ...]
    proper: bool

    @property
    def span(self) -> Span:
        """Where in the question the words stand."""
        return Span(self.tokens[0].span.start, self.tokens[-1].span.end)


@dataclass(frozen=True, slots=True)
class Claim:
    """What speaks for one document: the share of its name that the question holds, of 1.

    `match` is the number of the most telling match and `weight` that match's weight; `matches` are
    all that could name it. `strong` says that the document is named, and not just touched on by
    ordinary words.
    """

    document: int
    share: float
    weight: float
    strong: bool
    match: int
    matches: tuple[int, ...]


def matches(
    asked: Sequence[Token], lexicon: NameLexicon, is_ordinary: IsOrdinary
) -> tuple[Match, ...]:
    """The parts of names that a question holds, the longest first from left to right."""
    found = []
    telling = not _capitals_tell_nothing(asked)
    place = 0
    while place < len(asked):
        size, parts = _longest(asked[place : place + LONGEST], lexicon, is_ordinary)
        if parts:
            run = tuple(asked[place : place + size])
            after = asked[place + size].text if place + size < len(asked) else ""
            proper = (
                size > 1
                or after in _DOCUMENT_NOUNS
                or any(t.kind is TokenKind.MARK or not is_ordinary(t.text) for t in run)
                or (telling and sum(t.capital for t in run) > (place == 0))
            )
            found.append(Match(run, parts, proper))
        place += size
    return tuple(found)


def claims(found: Sequence[Match], lexicon: NameLexicon) -> tuple[Claim, ...]:
    """For each document that is touched on, the claim of the name that is held the most of."""
    by_phrase: defaultdict[int, list[int]] = defaultdict(list)
    for number, match in enumerate(found):
        for phrase in dict.fromkeys(part.phrase for part in match.parts):
            by_phrase[phrase].append(number)
    best: dict[int, Claim] = {}
    for phrase, numbers in by_phrase.items():
        claim = _claim(phrase, numbers, found, lexicon)
        known = best.get(claim.document)
        if known is None or _standing(claim) > _standing(known):
            best[claim.document] = claim
    return tuple(best[document] for document in sorted(best))


def _longest(
    ahead: Sequence[Token], lexicon: NameLexicon, is_ordinary: IsOrdinary
) -> tuple[int, tuple[Part, ...]]:
    for size in range(len(ahead), 0, -1):
        run = ahead[:size]
        key = "".join(t.text for t in run)
        if any(t.kind.is_period for t in run) or key in _NO_NAMES:
            continue
        if key in lexicon.parts:
            return size, lexicon.parts[key]
    return 1, _shortened(ahead[0], lexicon, is_ordinary)


def _shortened(token: Token, lexicon: NameLexicon, is_ordinary: IsOrdinary) -> tuple[Part, ...]:
    """The single words of names that an unknown or capitalised word begins ("Pepsi")."""
    text = token.text
    if token.kind is not TokenKind.WORD or len(text) < _SHORTENED:
        return ()
    if is_ordinary(text) and not token.capital:
        return ()
    return tuple(
        part
        for key, parts in lexicon.parts.items()
        if key.startswith(text) and len(text) >= _SHORTENED_SHARE * len(key)
        for part in parts
        if part.end == part.start + 1
    )


def _capitals_tell_nothing(asked: Sequence[Token]) -> bool:
    """Whether nearly all words begin with a capital, as in a headline."""
    long = [t for t in asked if t.kind is TokenKind.WORD and len(t.text) > 3]
    return len(long) > 1 and sum(t.capital for t in long) / len(long) > _MANY_CAPITALS


def _claim(
    phrase: int, numbers: Sequence[int], found: Sequence[Match], lexicon: NameLexicon
) -> Claim:
    words = lexicon.phrases[phrase].words
    weights = [lexicon.weight(w) for w in words]
    held = {n: _places(found[n], phrase) for n in numbers}
    telling = {n: max(weights[i] for i in places) for n, places in held.items()}
    covered = frozenset[int]().union(*held.values())
    share = sum(weights[i] for i in covered) / (sum(weights) or 1.0)
    spelt = any(found[n].proper and telling[n] >= TELLING for n in numbers)
    whole = len(covered) == len(words) > 1 and _is_together([found[n] for n in numbers])
    best = max(numbers, key=lambda n: (found[n].proper, telling[n], -n))
    strong = share >= NAMED_SHARE and (spelt or (whole and max(telling.values()) >= TELLING))
    naming = tuple(n for n in numbers if telling[n] >= TELLING and (whole or found[n].proper))
    document = lexicon.phrases[phrase].document
    return Claim(document, share, telling[best], strong, best, naming)


def _places(match: Match, phrase: int) -> frozenset[int]:
    """The words of a phrase, by place, that a match stands for."""
    own = (p for p in match.parts if p.phrase == phrase)
    return frozenset(i for part in own for i in range(part.start, part.end))


def _is_together(found: Sequence[Match]) -> bool:
    """Whether matches stand close by, as the words of one title do."""
    between = (b.span.start - a.span.end for a, b in pairwise(found))
    return all(gap <= len(" of the ") for gap in between)


def _standing(claim: Claim) -> tuple[bool, float, float]:
    return claim.strong, claim.share * claim.weight, claim.weight
