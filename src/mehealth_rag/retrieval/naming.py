"""From a question to the documents that it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mehealth_rag.language.titles import Token, TokenKind, tokens
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, content_words, stem
from mehealth_rag.retrieval.lexicon import LONGEST, NameLexicon, Part
from mehealth_rag.types import Span

LEANING = 0.15
"""What a document's passages gain at the most, of a fused score of 1, by ordinary words."""

PERIOD_LEANING = 0.1
"""What they gain for each period of the question that the document's title gives."""

_NEAR_BEST = 0.75
"""Of documents with one name those are meant that hold this share of the best one's."""

_LEAST_WORDS = 2
"""Words of a subject that must be left when the names are taken out of a question."""

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
class Named:
    """Documents that go by one name.

    `forms` are alternatives: the stems that a passage holds together when it mentions the name.
    """

    documents: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """What a question names, name by name, and how far it leans to single documents.

    `bare` is the question without the names and the periods that their titles give: inside a
    document that is named they tell nothing. `rest` is the same, but the whole question where too
    little is left to search for.
    """

    rest: str
    named: tuple[Named, ...] = ()
    leaning: Mapping[str, float] = field(default_factory=dict)
    bare: str = ""

    @property
    def documents(self) -> frozenset[str]:
        """Every document that is named."""
        return frozenset(i for n in self.named for i in n.documents)


@dataclass(frozen=True, slots=True)
class _Match:
    """Words of the question that are parts of names; `proper`: they are written as a name."""

    tokens: tuple[Token, ...]
    parts: tuple[Part, ...]
    proper: bool

    @property
    def span(self) -> Span:
        return Span(self.tokens[0].span.start, self.tokens[-1].span.end)

    def held(self, phrase: int) -> frozenset[int]:
        """The words of a phrase, by place, that the match stands for."""
        own = (p for p in self.parts if p.phrase == phrase)
        return frozenset(i for part in own for i in range(part.start, part.end))


@dataclass(frozen=True, slots=True)
class _Claim:
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

    @property
    def standing(self) -> tuple[bool, float, float]:
        """What the better of two claims has more of."""
        return self.strong, self.share * self.weight, self.weight


@dataclass(frozen=True, slots=True)
class _Group:
    """Documents, by their places, that go by one name, and where the question says it."""

    places: frozenset[int]
    spans: tuple[Span, ...]
    forms: tuple[tuple[str, ...], ...] = ()


class Register:
    """Tells which documents of an index a question names."""

    def __init__(self, lexicon: NameLexicon, is_ordinary: IsOrdinary) -> None:
        self._lexicon = lexicon
        self._is_ordinary = is_ordinary

    def words(self) -> frozenset[str]:
        """Every word of a name, for who mends spelling; none for a corpus of one document."""
        return frozenset(self._lexicon.titled) if self._lexicon.has_names else frozenset()

    def named(self, question: str, documents: Sequence[str] = ()) -> Naming:
        """The documents that a question names, in its order; of `documents` if given."""
        if not self._lexicon.has_names:
            return Naming(question)
        asked = tokens(question)
        found = self._matches(asked)
        claims = self._claims(found)
        named: list[Named] = []
        spans: list[Span] = []
        places: frozenset[int] = frozenset()
        for group in _groups(claims, found) or self._by_mark(asked):
            own = self._narrowed(group.places, asked)
            places |= own
            ids = (self._lexicon.documents[place].source.id for place in sorted(own))
            if kept := tuple(i for i in ids if not documents or i in documents):
                named.append(Named(kept, group.forms))
                spans += [*group.spans, *(t.span for t in asked if self._titled(t) & own)]
        leaning = self._leaning(places, claims, asked)
        bare = _without(question, spans) if spans else ""
        subject = [w for w in content_words(bare) if w not in REQUEST_WORDS]
        rest = bare if len(subject) >= _LEAST_WORDS else question
        return Naming(rest, tuple(named), leaning, bare)

    def _titled(self, token: Token) -> frozenset[int]:
        """The documents whose titles give a period or a mark."""
        return self._lexicon.qualifiers.get(token.text, frozenset())

    def _by_mark(self, asked: Sequence[Token]) -> list[_Group]:
        """Without a name, the documents of the kind that a mark tells ("the 10-Q")."""
        for token in asked:
            places = self._titled(token)
            written = token.capital or token.span.end - token.span.start > len(token.text)
            few = 0 < 2 * len(places) <= len(self._lexicon.documents)
            if token.kind is TokenKind.MARK and written and few:
                return [_Group(places, (token.span,))]
        return []

    def _narrowed(self, places: frozenset[int], asked: Sequence[Token]) -> frozenset[int]:
        """Those documents of the kind and day that the question names, if there are any."""
        for token in asked:
            if token.kind in {TokenKind.MARK, TokenKind.DAY}:
                places = self._titled(token) & places or places
        return places

    def _leaning(
        self, named: frozenset[int], claims: Sequence[_Claim], asked: Sequence[Token]
    ) -> dict[str, float]:
        """What each document's passages gain by ordinary words and by periods."""
        gains: defaultdict[int, float] = defaultdict(float)
        for claim in claims if not named else ():
            gains[claim.document] += LEANING * claim.share * claim.weight
        for token in asked:
            given = self._titled(token)
            few = 2 * len(given) <= len(self._lexicon.documents)
            meant = given & named if named else given if few else ()
            for place in meant if token.kind.is_period else ():
                gains[place] += PERIOD_LEANING if named else PERIOD_LEANING / 2
        return {self._lexicon.documents[place].source.id: gain for place, gain in gains.items()}

    def _matches(self, asked: Sequence[Token]) -> tuple[_Match, ...]:
        """The parts of names that a question holds, the longest first from left to right."""
        found = []
        telling = not _capitals_tell_nothing(asked)
        place = 0
        while place < len(asked):
            size, parts = self._longest(asked[place : place + LONGEST])
            run = tuple(asked[place : place + size])
            after = asked[place + size].text if place + size < len(asked) else ""
            proper = (
                size > 1
                or after in _DOCUMENT_NOUNS
                or any(t.kind is TokenKind.MARK or not self._is_ordinary(t.text) for t in run)
                or (telling and sum(t.capital for t in run) > (place == 0))
            )
            if parts:
                found.append(_Match(run, parts, proper))
            place += size
        return tuple(found)

    def _longest(self, ahead: Sequence[Token]) -> tuple[int, tuple[Part, ...]]:
        """How many of some words are the longest part of a name, and of which names."""
        for size in range(len(ahead), 0, -1):
            run = ahead[:size]
            key = "".join(t.text for t in run)
            names = key not in _NO_NAMES and not any(t.kind.is_period for t in run)
            if names and key in self._lexicon.parts:
                return size, self._lexicon.parts[key]
        return 1, self._shortened(ahead[0])

    def _shortened(self, token: Token) -> tuple[Part, ...]:
        """The single words of names that an unknown or capitalised word begins ("Pepsi")."""
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

    def _claims(self, found: Sequence[_Match]) -> tuple[_Claim, ...]:
        """For each document that is touched on, the claim of the name that is held the most of."""
        by_phrase: defaultdict[int, list[int]] = defaultdict(list)
        for number, match in enumerate(found):
            for phrase in dict.fromkeys(part.phrase for part in match.parts):
                by_phrase[phrase].append(number)
        best: dict[int, _Claim] = {}
        for phrase, numbers in by_phrase.items():
            claim = self._claim(phrase, {n: found[n] for n in numbers})
            known = best.setdefault(claim.document, claim)
            if claim.standing > known.standing:
                best[claim.document] = claim
        return tuple(best[document] for document in sorted(best))

    def _claim(self, phrase: int, found: Mapping[int, _Match]) -> _Claim:
        """What speaks for a phrase: matches by their numbers."""
        document, words = (
            self._lexicon.phrases[phrase].document,
            self._lexicon.phrases[phrase].words,
        )
        weights = [self._lexicon.weight(w) for w in words]
        held = {n: match.held(phrase) for n, match in found.items()}
        telling = {n: max(weights[i] for i in places) for n, places in held.items()}
        covered = frozenset[int]().union(*held.values())
        share = sum(weights[i] for i in covered) / (sum(weights) or 1.0)
        spelt = any(match.proper and telling[n] >= TELLING for n, match in found.items())
        whole = len(covered) == len(words) > 1 and _are_close(list(found.values()))
        best = max(found, key=lambda n: (found[n].proper, telling[n], -n))
        strong = share >= NAMED_SHARE and (spelt or (whole and max(telling.values()) >= TELLING))
        naming = [n for n in found if telling[n] >= TELLING and (whole or found[n].proper)]
        return _Claim(document, share, telling[best], strong, best, tuple(naming))


def _groups(claims: Sequence[_Claim], found: Sequence[_Match]) -> list[_Group]:
    """The documents of each name that the question holds, in its order."""
    by_name: defaultdict[int, list[_Claim]] = defaultdict(list)
    for claim in claims:
        if claim.strong:
            by_name[claim.match].append(claim)
    groups = []
    for _, own in sorted(by_name.items()):
        least = _NEAR_BEST * max(c.share for c in own)
        kept = [c for c in own if c.share >= least]
        said = [found[n] for n in sorted({n for c in kept for n in c.matches})]
        places = frozenset(c.document for c in kept)
        groups.append(_Group(places, tuple(m.span for m in said), _forms(said)))
    return groups


def _forms(said: Sequence[_Match]) -> tuple[tuple[str, ...], ...]:
    """How a page may write what matches say: in the question's words, or as one."""
    words = [tuple(t.text for t in match.tokens) for match in said]
    runs = [run for apart in words for run in (apart, ("".join(apart),))]
    return tuple(dict.fromkeys(tuple(map(stem, run)) for run in runs))


def _without(question: str, spans: Sequence[Span]) -> str:
    """A question without some of its words."""
    kept, end = [], 0
    for span in sorted(set(spans), key=lambda s: s.start):
        kept.append(question[end : span.start])
        end = max(end, span.end)
    return " ".join("".join([*kept, question[end:]]).split())


def _capitals_tell_nothing(asked: Sequence[Token]) -> bool:
    """Whether nearly all words begin with a capital, as in a headline."""
    long = [t for t in asked if t.kind is TokenKind.WORD and len(t.text) > 3]
    return len(long) > 1 and sum(t.capital for t in long) / len(long) > _MANY_CAPITALS


def _are_close(found: Sequence[_Match]) -> bool:
    """Whether matches stand close by, as the words of one title do."""
    between = (b.span.start - a.span.end for a, b in pairwise(found))
    return all(gap <= len(" of the ") for gap in between)
