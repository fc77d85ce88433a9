"""Common English words that say the same where the word table keeps them apart."""

from __future__ import annotations

from functools import lru_cache

_GROUPS = (
    "company firm business enterprise corporation",
    "job post position role employment",
    "people person citizen resident inhabitant population individual human",
    "link relationship connection tie relation association",
    "combine unite join merge unify",
    "generate produce yield create bring contribute",
    "host house home hold",
    "attract draw appeal",
    "begin start commence launch",
    "end finish conclude terminate",
    "buy purchase acquire",
    "sell vend trade",
    "build construct erect",
    "show demonstrate reveal indicate display",
    "help assist aid support back",
    "big large great huge major",
    "small little tiny minor",
    "important significant key vital crucial essential",
    "area region zone district territory",
    "child kid youngster",
    "mail mailing postal post",
    "give provide offer supply deliver",
    "get obtain receive gain",
    "need require demand necessitate",
    "use utilise employ apply harness",
    "want aim seek wish intend",
    "fast quick rapid swift speedy",
    "rise increase grow climb",
    "fall decrease drop decline shrink reduce",
    "teach train educate instruct",
    "doctor physician clinician",
    "illness disease sickness ailment",
    "medicine drug medication",
    "fund finance pay",
    "cost price worth value",
    "yearly annual year",
    "birth birthplace born invented origin",
    "found establish set create",
    "goal aim objective target purpose",
    "chair chairman chairwoman chairperson",
    "head lead leader run manage",
    "tall high height",
    "old ancient aged",
    "begin open launch",
    "close shut",
    "kill slay murder",
    "defeat beat conquer",
    "capture seize take",
    "allow permit enable let",
    "stop prevent halt cease",
    "highlight emphasise stress underline point",
    "find discover detect identify",
    "choose select pick elect",
    "award prize medal",
    "marry wed",
    "live dwell reside inhabit",
    "travel journey voyage",
    "send dispatch ship",
    "street road avenue",
    "ship vessel boat",
    "army troops soldiers forces",
    "famous renowned celebrated well-known",
    "world global international worldwide",
    "country nation state",
    "collaborate cooperate partner",
    "start-up startup",
    "excel outperform",
    "improve enhance boost better strengthen",
    "unite unify",
    "explain clarify describe",
    "expect anticipate forecast predict due",
    "money cash funds",
    "whole entire complete",
    "proof evidence",
    "error mistake fault",
    "happen occur arise",
    "remain stay",
    "accept acknowledge",
    "answer reply respond",
    "ask request",
    "broad wide extensive vast",
    "care treatment",
    "cure heal",
    "strength advantage asset",
    "keep retain maintain preserve",
    "speak talk",
    "mean signify",
    "near close beside",
)
_OF: dict[str, set[int]] = {}
for _number, _group in enumerate(_GROUPS):
    for _word in _group.split():
        _OF.setdefault(_word, set()).add(_number)

_ENDINGS = ("ings", "ing", "ies", "ied", "ed", "es", "s", "d")


def are_synonyms(one: str, other: str) -> bool:
    """Whether two folded words, or what they are inflections of, stand in one group."""
    return bool(_groups(one) & _groups(other))


@lru_cache(maxsize=50_000)
def _groups(word: str) -> frozenset[int]:
    found = set(_OF.get(word, ()))
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            base = word.removesuffix(ending)
            for form in (base, base + "e", base + "y", base[:-1] if base[-1] == base[-2] else ""):
                found |= _OF.get(form, set())
    return frozenset(found)
