"""A fragment put into the question before it, in place of something of the same kind.

Kinds are told by form: a year for a year, "the new one" for what stands before a noun, a name for a
name, what follows a preposition for what follows the same, a plural for a plural, "a ..." for
"a ...", "the ..." for "the ...". Where there is no like, the fragment is set beside the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mehealth_rag.followups import years
from mehealth_rag.followups.phrases import (
    NAME,
    PREPOSITION,
    Phrase,
    asked_noun,
    names,
    phrases,
)
from mehealth_rag.language.plurals import is_plural, singular
from mehealth_rag.language.words import content_words, fold

Written = Callable[[str], str]
"""A few words as the documents write them, capitals and all; as they are if they have them not."""

_ONE = re.compile(
    r"^(?P<determiner>the|that|those|an?)\s+(?P<modifier>(?:[\w'&-]+\s+){0,4}?)ones?\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"\s[–-]\s|[,;:?]\s")
_AT = re.compile(rf"^\s*(?P<preposition>{PREPOSITION.pattern})\s+(?P<object>\S.*)$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_SUBJECT_MATTER = frozenset({"on", "about"})
_DEFINITE = frozenset({"the", "your", "our"})
_INDEFINITE = frozenset({"a", "an"})


def is_one(piece: str) -> bool:
    """Whether a fragment is "the new one", "the one in Leeds"."""
    return _ONE.match(piece) is not None


def is_phrase(piece: str) -> bool:
    """Whether a piece is one noun phrase, with nothing before it."""
    first = next(iter(phrases(piece)), None)
    return first is not None and first.start == 0


def in_place(piece: str, earlier: str, written: Written) -> str:
    """The earlier question with `piece` where it named something of the same sort."""
    piece = piece.strip(" ?.!,")
    if _CLAUSES.search(piece):
        return f"{earlier.rstrip(' ?.!')} – {piece}?"
    if not NAME.match(piece):
        piece = written(_POSSESSIVE.sub("", piece))
    ways = (_year, _one, _after_preposition, _same_noun, _name, _plural, _alike)
    for way in ways:
        asked = way(piece, earlier)
        if asked is not None:
            return asked
    return f"{earlier.rstrip(' ?.!')} – {piece}?"


def whole(piece: str, earlier: str) -> str:
    """`piece` with the noun of the earlier question for "one" ("the older one": "the older boat").

    Unchanged where there is no such word or no such noun.
    """
    match = re.search(r"\b(?:the|an?)\s+(?:[\w'&-]+\s+){0,3}?ones?\b", piece, re.IGNORECASE)
    one = _ONE.match(piece[match.start() :]) if match else None
    if match is None or one is None:
        return piece
    place = _AT.match(one["rest"])
    target = _like(earlier, one["determiner"], place["preposition"] if place else "")
    noun = _noun(target, plural=bool(re.search(r"ones$", match.group(), re.IGNORECASE)))
    if not noun or not (one["modifier"] or place):
        return piece
    return f"{piece[: match.start()]}{one['determiner']} {one['modifier']}{noun}{one['rest']}"


def _year(piece: str, earlier: str) -> str | None:
    return years.exchanged(piece, earlier)


def _one(piece: str, earlier: str) -> str | None:
    """Of "the new one", "the one in Leeds" the noun stays, what tells which is exchanged."""
    match = _ONE.match(piece)
    if match is None:
        return None
    place = _AT.match(match["rest"])
    if place and not match["modifier"]:
        same = _after_preposition(place.group().strip(), earlier, appended=False)
        if same is not None:
            return same
        if fold(place["preposition"]) in _SUBJECT_MATTER and NAME.match(place["object"]):
            return _name(place["object"], earlier)
    if not match["modifier"] and not place:
        return None
    target = _like(earlier, match["determiner"], "")
    noun = _noun(target, plural=False)
    if target is None or not noun:
        return None
    determiner = (
        match["determiner"].lower() if match["determiner"].lower() in {"a", "an"} else "the"
    )
    if _owned(target):
        determiner = ""
    told = " ".join([determiner, match["modifier"].strip(), f"{noun}{match['rest']}"])
    return target.replaced(" ".join(told.split()))


def _after_preposition(piece: str, earlier: str, *, appended: bool = True) -> str | None:
    match = _AT.match(piece)
    if match is None:
        return None
    for phrase in reversed(phrases(earlier)):
        if phrase.preposition == fold(match["preposition"]) and not years.YEAR.match(phrase.bare):
            return phrase.replaced(_object(match["object"], phrase))
    return f"{earlier.rstrip(' ?.!')} {piece}?" if appended else None


def _object(text: str, phrase: Phrase) -> str:
    """What stands for a phrase; a bare name takes the place of the name in it only."""
    text = _POSSESSIVE.sub("", text)
    name = next((w for w in phrase.words if w[0].isupper()), "")
    if phrase.determiner and name and NAME.fullmatch(text):
        return phrase.text.replace(name, text)
    return text


def _same_noun(piece: str, earlier: str) -> str | None:
    """With "the grant for boats" after "How big was the grant?" the noun says what is told anew."""
    first = next(iter(phrases(piece)), None)
    if first is None or not first.head or first.start:
        return None
    told = content_words(piece)
    same = [p for p in phrases(earlier) if p.head and fold(p.head) == fold(first.head)]
    if len(same) != 1 or len(told) < 2:
        return None
    end = _told_alike(same[0], piece[first.end :])
    return f"{earlier[: same[0].start]}{piece}{earlier[end:]}"


def _told_alike(phrase: Phrase, told: str) -> int:
    """Where a phrase ends with what a preposition tells of it, if the same begins `told`."""
    match = _AT.match(told)
    for other in phrases(phrase.source) if match else ():
        between = phrase.source[phrase.end : other.start].strip()
        if match and other.start > phrase.end and fold(between) == fold(match["preposition"]):
            return other.end
    return phrase.end


def _name(piece: str, earlier: str) -> str | None:
    known = [n for n in names(earlier) if not years.YEAR.search(n)]
    if not known:
        return None
    said = _ARTICLE.sub("", _POSSESSIVE.sub("", piece))
    article = piece[: len(piece) - len(_ARTICLE.sub("", piece))]
    if not NAME.match(said):
        return None
    for phrase in reversed(phrases(earlier)):
        if known[-1] not in phrase.words:
            continue
        if phrase.determiner and len(phrase.words) > 1:
            return phrase.replaced(phrase.text.replace(known[-1], said))
        return phrase.replaced(f"{article}{said}")
    return earlier.replace(known[-1], said)


def _plural(piece: str, earlier: str) -> str | None:
    """As "ferries" for "boats" in "How many boats ...?"."""
    asked = asked_noun(earlier)
    bare = _ARTICLE.sub("", piece)
    if asked and is_plural(asked.words[-1]) and is_plural(bare.split()[-1] if bare else ""):
        return asked.replaced(bare)
    return None


def _alike(piece: str, earlier: str) -> str | None:
    """What has an article like the piece's, or is a plural without one as the piece is."""
    said = next(iter(phrases(piece)), None)
    if said is None or said.start or said.named:
        return None
    common = [p for p in phrases(earlier) if not p.named and p.head]
    like = [p for p in common if _determined(p) == _determined(said)]
    if not _determined(said):
        like = [p for p in like if is_plural(p.head)] if is_plural(said.head) else []
    return like[0].replaced(piece) if len(like) == 1 else None


def _determined(phrase: Phrase) -> str:
    plain = fold(phrase.determiner)
    return "the" if plain in _DEFINITE else "a" if plain in _INDEFINITE else plain


def _like(earlier: str, determiner: str, preposition: str) -> Phrase | None:
    """The phrase whose noun "one" stands for.

    That which the same preposition follows, else that with the same article, else the noun that is
    asked for, else the first that has words before its noun.
    """
    every = phrases(earlier)
    headed = [p for p in every if p.head]
    followed = [
        p
        for p in headed
        if preposition and re.match(rf"\s+{preposition}\b", earlier[p.end :], re.IGNORECASE)
    ]
    if fold(determiner) in _INDEFINITE:
        followed += [p for p in every if _determined(p) == "a"]
    asked = asked_noun(earlier)
    determined = [p for p in headed if p.determiner or _owned(p)]
    return _first(
        followed,
        [p for p in determined if p.modified and (p.named or not p.preposition)],
        [asked] if asked and is_plural(asked.words[-1]) else [],
        [p for p in determined if p.modified],
        determined,
    )


def _owned(phrase: Phrase) -> bool:
    return re.search(r"['’]s?\s$", phrase.source[: phrase.start]) is not None


def _first(*choices: Sequence[Phrase]) -> Phrase | None:
    return next((choice[0] for choice in choices if choice), None)


def _noun(phrase: Phrase | None, *, plural: bool) -> str:
    if phrase is None:
        return ""
    noun = phrase.head or phrase.words[-1]
    return noun if plural else singular(noun)
