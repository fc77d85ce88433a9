"""Which words of a quote say what a word of the sentence says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mehealth_rag.grounding.lexicon import is_name_like, rarity, relatedness
from mehealth_rag.grounding.opposites import are_opposite
from mehealth_rag.grounding.synonyms import are_synonyms
from mehealth_rag.grounding.tokens import Token, blend

SAME = 1.0
FAMILY = 0.9
OPPOSITE = 0.9
BLENDED = 0.9
SYNONYM = 0.85
_NEAR = ((0.6, 0.85), (0.45, 0.7), (0.36, 0.5))
"""Relatedness from which two words count as saying the same, and for how much."""

ENOUGH = 0.5
"""From here on a word counts as said."""

_FAMILY_PREFIX = 5
_NAME_ENDINGS = frozenset("n an ian ean ese ish land y i ia ic d s den ain and e es any".split())
_COUNTRIES: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "uk britain british united kingdom",
        "us usa america american united states",
        "eu european union",
        "germany german",
        "france french",
        "netherlands dutch",
        "spain spanish",
        "wales welsh",
        "england english",
    )
)
_QUIET_WEIGHT = 0.25
_NAME_WEIGHT = 1.25


@dataclass(frozen=True, slots=True)
class Match:
    """How well a place of the quotes says a word; `flipped` where it says the opposite."""

    score: float
    place: int
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """A token of the sentence with its best matches.

    `places` are those in the quotes, best first; `above` is the score in what stands above them.
    """

    place: int
    token: Token
    weight: float
    is_name: bool
    places: tuple[Match, ...]
    above: float

    @property
    def score(self) -> float:
        """The best score in the quotes."""
        return self.places[0].score if self.places else 0.0

    @property
    def said(self) -> bool:
        """Whether the quotes, or what stands above them, say it."""
        return max(self.score, self.above) >= ENOUGH


def matched(
    sentence: Sequence[Token],
    skipped: frozenset[int],
    quotes: Sequence[Token],
    above: Sequence[Token],
    acronyms: Mapping[str, str],
) -> tuple[Matched, ...]:
    """The content words of a sentence, those at `skipped` places aside, with their matches."""
    found = []
    for place, token in enumerate(sentence):
        if not token.content or place in skipped:
            continue
        following = sentence[place + 1].capital if place + 1 < len(sentence) else False
        is_name = _is_name(token, quotes, above, following)
        places = _places(token, is_name, quotes, acronyms)
        higher = _places(token, is_name, above, acronyms)
        best = higher[0].score if higher else 0.0
        found.append(Matched(place, token, _weight(token, is_name), is_name, places, best))
    return tuple(found)


def _weight(token: Token, is_name: bool) -> float:
    if token.quiet:
        return _QUIET_WEIGHT
    return _NAME_WEIGHT if is_name else (1 + rarity(token.word)) / 2


def _is_name(
    token: Token, quotes: Sequence[Token], above: Sequence[Token], before_capital: bool
) -> bool:
    """Whether a word is a name here: its capital, or at an opening how the quotes write it."""
    if not token.capital:
        return False
    written = [t for t in (*quotes, *above) if t.word == token.word and not t.opening]
    if written:
        return any(t.capital for t in written)
    if token.opening:
        return is_name_like(token.word) and (before_capital or not token.word.endswith("ing"))
    return True


def _places(
    token: Token, is_name: bool, among: Sequence[Token], acronyms: Mapping[str, str]
) -> tuple[Match, ...]:
    found = []
    spelt = frozenset(acronyms.get(token.word, "").split())
    for place, other in enumerate(among):
        if not other.content:
            continue
        if token.stem == other.stem:
            score, flipped = SAME, False
        else:
            by_name = is_name and other.capital
            score, flipped = _score(token.text, token.word, other.text, other.word, by_name)
        if score < ENOUGH and (other.word in spelt or _spells(other, token, acronyms)):
            score, flipped = FAMILY, False
        if score >= ENOUGH:
            found.append(Match(score, place, flipped))
    return tuple(sorted(found, key=lambda m: (-m.score, m.place)))


def _spells(other: Token, token: Token, acronyms: Mapping[str, str]) -> bool:
    """Whether the quote's acronym stands for words of which the sentence has this one."""
    return other.word in acronyms and token.word in acronyms[other.word].split()


@lru_cache(maxsize=500_000)
def _score(
    text: str, word: str, other_text: str, other_word: str, by_name: bool
) -> tuple[float, bool]:
    """How well words with different stems say the same; two names only as forms of one name."""
    if _blended(blend(text), blend(other_text), word, other_word):
        return BLENDED, False
    if by_name:
        return (FAMILY, False) if same_name(word, other_word) else (0.0, False)
    return match_words(word, other_word)


def _blended(one: tuple[str, ...], other: tuple[str, ...], word: str, other_word: str) -> bool:
    """A blend against the words that it is made of ("MedTech", "medical technologies")."""
    if bool(one) == bool(other):
        return False
    return other_word.startswith(one) if one else word.startswith(other)


@lru_cache(maxsize=200_000)
def match_words(one: str, other: str) -> tuple[float, bool]:
    """How well one folded word says another, and whether it says the opposite."""
    if one.isdigit() or other.isdigit():
        return 0.0, False
    if are_opposite(one, other):
        return OPPOSITE, True
    if one[:_FAMILY_PREFIX] == other[:_FAMILY_PREFIX] and len(min(one, other, key=len)) >= 5:
        return FAMILY, False
    if are_synonyms(one, other):
        return SYNONYM, False
    near = relatedness(one, other)
    return next((score for least, score in _NEAR if near >= least), 0.0), False


@lru_cache(maxsize=50_000)
def same_name(one: str, other: str) -> bool:
    """Forms of one name: a country and its people, a long and a short form."""
    if any(one in group and other in group for group in _COUNTRIES):
        return True
    size = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    size = min(len(one), len(other)) if size is None else size
    ends = (one[size:], other[size:])
    return size >= 4 and all(not e or e in _NAME_ENDINGS for e in ends)
