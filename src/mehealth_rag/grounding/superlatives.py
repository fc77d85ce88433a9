"""Whether every superlative of a sentence stands in the quotes: of the same thing, in one scope."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

from mehealth_rag.grounding.frame import Frame, Text, affinity
from mehealth_rag.grounding.lexicon import is_word
from mehealth_rag.grounding.matching import FAMILY, match_words, same_name
from mehealth_rag.grounding.tokens import Token
from mehealth_rag.grounding.values import Reason, ReasonKind

SAME_SLOT = 0.3
"""From this affinity on two superlatives speak of one thing."""

_NO_SUPERLATIVE = frozenset(
    """
    interest forest west east test request invest rest guest harvest protest manifest honest modest
    suggest contest conquest arrest chest breast quest nest digest behest bequest inquest priest
    everest northwest southwest midwest northeast southeast budapest attest earnest
    tempest infest molest ingest divest unrest dearest pest vest zest
    """.split()
)
_KINDS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "largest biggest greatest most highest",
        "smallest fewest least lowest",
        "best finest leading foremost top premier",
        "only sole",
        "first earliest oldest",
        "latest newest last youngest",
    )
)
_PLAIN = frozenset("leading foremost top sole premier".split())
_ARTICLES = frozenset("the an its their our".split())
_BEFORE_ORDER = frozenset("the be was were is being".split())
_RANKS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "2nd": 2, "3rd": 3, "4th": 4}
_WIDE = frozenset("world country nation globe region county city state planet continent".split())
_VERBS = frozenset("is are was were be been has have had does did will can could would".split())
"""What comes after a verb is no scope any more."""

_BORDERS = frozenset("outside except excluding beyond".split())
_SCOPE_AHEAD, _SCOPE_AFTER, _BORDER_AFTER = 3, 14, 12


@dataclass(frozen=True, slots=True)
class _Superlative:
    """One superlative: its word and place, its rank, its scope, and its limits.

    `owner` is whose superlative it is ("the UK's largest"), `scope` are all words that may say so.

    `shared` says that it is one of several ("one of the largest", "two of the three largest").
    """

    word: str
    place: int
    rank: int
    owner: str
    scope: frozenset[str]
    border: str
    shared: bool


def check_superlatives(frame: Frame) -> tuple[Reason, ...]:
    """The superlatives that the quotes do not bear out, with what they say instead."""
    given = _superlatives(frame.quotes)
    reasons = []
    for claimed in _superlatives(frame.sentence):
        reason = _held(frame, claimed, given)
        if reason is not None:
            reasons.append(reason)
    return tuple(reasons)


def _held(frame: Frame, claimed: _Superlative, given: list[_Superlative]) -> Reason | None:
    slot = (claimed.place, claimed.place)
    scored = sorted(
        ((affinity(frame, slot, (g.place, g.place)), g) for g in given), key=lambda s: -s[0]
    )
    words = _shown(frame.sentence, claimed)
    if any(_agree(claimed, g) for s, g in scored if s >= SAME_SLOT):
        return None
    near = [g for s, g in scored if s >= SAME_SLOT and _could_stand(claimed, g)]
    if near:
        return Reason(ReasonKind.SUPERLATIVE, words, _shown(frame.quotes, near[0]))
    return Reason(ReasonKind.SUPERLATIVE, words, _one_of_several(frame, claimed))


def _agree(claimed: _Superlative, given: _Superlative) -> bool:
    return (
        _kind(claimed.word) == _kind(given.word)
        and claimed.rank == given.rank
        and not (given.shared and not claimed.shared)
        and _scopes_meet(claimed, given)
        and (not given.border or bool(claimed.border))
    )


def _scopes_meet(claimed: _Superlative, given: _Superlative) -> bool:
    if claimed.owner and given.owner:
        return _meet(frozenset({claimed.owner}), frozenset({given.owner}))
    if not claimed.scope or not given.scope:
        return True
    return _meet(claimed.scope, given.scope)


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    return any(
        a == b or match_words(a, b)[0] >= FAMILY or same_name(a, b) for a in one for b in other
    )


def _could_stand(claimed: _Superlative, given: _Superlative) -> bool:
    """Whether one denies the other: opposite, of another rank, or in another scope."""
    if _kind(claimed.word) == _kind(given.word):
        return claimed.rank != given.rank or not _scopes_meet(claimed, given)
    return match_words(claimed.word, given.word)[1]


def _one_of_several(frame: Frame, claimed: _Superlative) -> str:
    """What denies that a thing is the only one: that it is one of so many."""
    if _kind(claimed.word) != "first only" and claimed.word not in {"only", "sole"}:
        return ""
    match = re.search(r"\bone of (?:only |just )?(?:the )?\w+", frame.quotes.text)
    return match.group() if match else ""


def _kind(word: str) -> str:
    return next((" ".join(sorted(group)) for group in _KINDS if word in group), word)


def _superlatives(text: Text) -> list[_Superlative]:
    found = []
    for place, token in enumerate(text.tokens):
        if _is_superlative(text, place, token):
            found.append(_superlative(text, place))
    return found


def _is_superlative(text: Text, place: int, token: Token) -> bool:
    if place in text.figure_places or (token.capital and not token.opening):
        return False
    following = text.tokens[place + 1].word if place + 1 < len(text.tokens) else ""
    before = text.tokens[place - 1].word if place else ""
    owned = _possessed(text, place)
    before_figure = place + 1 in text.figure_places  # "only five", "the first 15 years"
    match token.word:
        case "only":
            return not before_figure and (before in _ARTICLES or owned)
        case "first" | "last":
            return owned or (not before_figure and before in _BEFORE_ORDER)
        case "most" | "least":
            return (before == "the" or owned) and following != "of"
        case word if word in _PLAIN:
            return before == "the" or owned
        case word:
            return word in {"best", "worst"} or (word not in _NO_SUPERLATIVE and _has_base(word))


def _has_base(word: str) -> bool:
    """Whether an adjective is left without the ending ("largest", "biggest", "earliest")."""
    base = word.removesuffix("est")
    if base == word or len(base) < 3:
        return False
    bases = (base, base + "e", base[:-1] if base[-1] == base[-2] else "", base[:-1] + "y")
    return any(is_word(b) for b in bases if b)


def _possessed(text: Text, place: int) -> bool:
    """Whether a possessive stands right before ("the UK's only")."""
    if place == 0:
        return False
    gap = text.text[text.tokens[place - 1].span.end - 2 : text.tokens[place].span.start]
    return gap.replace("’", "'").rstrip().endswith(("'s", "s'"))


def _superlative(text: Text, place: int) -> _Superlative:
    tokens = text.tokens
    before = [t.word for t in tokens[max(0, place - 6) : place]]
    rank = next((_RANKS[w] for w in before[-1:] if w in _RANKS), 1)
    owners = [
        tokens[i].word
        for i in range(max(0, place - _SCOPE_AHEAD), place)
        if _possessed(text, i + 1)
    ]
    scope = set(owners)
    clause, line = tokens[place].clause, tokens[place].line
    after = list(
        takewhile(
            lambda t: t.clause <= clause + 1 and t.line == line and t.word not in _VERBS,
            tokens[place + 1 : place + _SCOPE_AFTER],
        )
    )
    scope |= {t.word for t in after if t.content and (_is_scope(t) or t.word in _WIDE)}
    words = [t.word for t in tokens[place + 1 : place + _BORDER_AFTER] if t.clause == clause]
    border = next((w for w in words if w in _BORDERS), "")
    shared = "of" in before[-4:] and bool({"one", "two", "some", "three", "among"} & set(before))
    shared = shared or place - 1 in text.figure_places or "among" in before
    word = tokens[place].word
    owner = owners[-1] if owners else ""
    return _Superlative(word, place, rank, owner, frozenset(scope), border, shared)


def _is_scope(token: Token) -> bool:
    return token.capital and not token.opening


def _shown(text: Text, superlative: _Superlative) -> str:
    """The superlative with the possessive or the rank before it, as written."""
    tokens = text.tokens
    first = superlative.place
    if superlative.rank > 1 or _possessed(text, first):
        first -= 1
    if first and _possessed(text, first):
        first -= 1
    return text.text[tokens[first].span.start : tokens[superlative.place].span.end]
