"""Words of opposite meaning: what turns a sentence round without a "not"."""

from __future__ import annotations

from functools import lru_cache

_PAIRS = (
    "increase decrease, increase reduce, increase decline, rise fall, raise lower, grow shrink, "
    "more less, more fewer, most least, large small, big small, great small, high low, "
    "long short, old young, old new, early late, fast slow, quick slow, strong weak, rich poor, "
    "good bad, better worse, best worst, first last, largest smallest, biggest smallest, "
    "greatest smallest, highest lowest, longest shortest, oldest youngest, oldest newest, "
    "earliest latest, strongest weakest, richest poorest, larger smaller, bigger smaller, "
    "higher lower, above below, ahead behind, before after, inside outside, within outside, "
    "include exclude, accept reject, support oppose, allow forbid, permit prohibit, open close, "
    "win lose, won lost, begin end, start stop, start end, start finish, import export, buy sell, "
    "public private, internal external, maximum minimum, majority minority, success failure, "
    "succeed fail, profit loss, gain lose, gain loss, improve worsen, accelerate slow, "
    "strengthen weaken, widen narrow, expand contract, agree disagree, approve reject, east west, "
    "north south, northern southern, eastern western, male female, men women, alive dead, "
    "legal illegal, safe dangerous, rare common, cheap expensive, urban rural, enter leave, "
    "appear disappear, always never, all none, everyone nobody, advantage disadvantage, "
    "presence absence, present absent, remember forget, attack defend, offensive defensive, "
    "upper lower, left right, positive negative, true false, lend borrow, pass fail"
)
_STOPPED = "ies es s ing ed d".split()
_NEGATING = {"un": 5, "ir": 5, "il": 5, "dis": 5, "non": 5, "mis": 5, "in": 7, "im": 7, "a": 7}
"""Negating prefixes, each with the letters that the word after it has at least: a short prefix
before a short word is mostly none ("imports", "ports")."""


@lru_cache(maxsize=50_000)
def _bases(word: str) -> frozenset[str]:
    """A word and what it may be an inflection of."""
    found = {word}
    for ending in _STOPPED:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            base = word.removesuffix(ending)
            found |= {base, base + "e"}
            if base[-1:] == base[-2:-1]:
                found.add(base[:-1])
    return frozenset(found)


_OPPOSITES: dict[str, frozenset[str]] = {}
for _pair in _PAIRS.split(","):
    _one, _other = _pair.split()
    _OPPOSITES[_one] = _OPPOSITES.get(_one, frozenset()) | {_other}
    _OPPOSITES[_other] = _OPPOSITES.get(_other, frozenset()) | {_one}


def are_opposite(one: str, other: str) -> bool:
    """Whether two folded words mean opposite things: listed, or one negated by a prefix."""
    if _negates(one, other) or _negates(other, one):
        return True
    others = _bases(other)
    return any(_OPPOSITES.get(base, frozenset()) & others for base in _bases(one))


def _negates(long: str, base: str) -> bool:
    """Whether `long` is `base` with a negating prefix ("apolitical", "unequal")."""
    prefix = long.removesuffix(base)
    return prefix != long and len(base) >= _NEGATING.get(prefix, len(base) + 1)
