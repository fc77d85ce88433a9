"""What "differ" means: texts that give different figures for the same thing at the same time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

from mehealth_rag.guard.values import Amount, counted_in, last_place, values, without
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import content_words, fold, is_content, stem_all, words
from mehealth_rag.types import Quote

MAX_RATIO = Decimal("1.5")
"""Figures further apart than this measure different things."""

LEAST_WORDS = 2
"""Two texts that share fewer words beside their figures do not tell that they are of one thing."""

_REFERENCE = re.compile(
    r"\b(?:pages?|pp?\.|fig(?:ure|\.)|table|chapter|section|article|annex|appendix|note|step|no\.|"
    r"number|version|question)\s?$",
    re.IGNORECASE,
)
"""What stands before a number that names a place in a text and measures nothing."""

_NAMED = re.compile(r"\b[^\WA-Z]*+(?P<word>[A-Z]\w*+) $")
_MARKER = re.compile(r"\s*\(?\d+[.)]\s")
_CODE = re.compile(r"0\d")
_LAST_DIGITS, _FIRST_DIGITS = re.compile(r"\d[ /-]?$"), re.compile(r"[ /]\d")


@dataclass(frozen=True, slots=True)
class Told:
    """A text with figures.

    `heads` are the words that it is read with: column headings, the lead of its list, the sentence
    that it leans on. `above` are the headings and the title over it.
    """

    text: str
    heads: str = ""
    above: str = ""

    @property
    def whole(self) -> str:
        """The text after what it is read with."""
        return f"{self.heads} {self.text}".strip()


def disagreeing(question: str, quotes: Sequence[Quote]) -> tuple[Quote, Quote] | None:
    """The first two quotes, best first, that give different figures for what is asked.

    They stand on different pages and speak of the same time, or both of none: nobody proves them
    further.
    """
    asked = values(question).amounts
    for one, other in combinations(quotes, 2):
        apart = (one.document, one.page) != (other.document, other.page)
        timely = _years(one.text) == _years(other.text)
        if not apart or not timely or not _share(_months(one.text), _months(other.text)):
            continue
        if _differing(one.text, other.text, asked):
            return one, other
    return None


def disputed(one: Told, other: Told) -> tuple[tuple[Amount, Amount], ...]:
    """The figures that two texts of a corpus give differently for one thing at one time.

    Nobody has asked: that they speak of one thing has to be told by the texts themselves.
    """
    if not _of_one_time(one, other):
        return ()
    found = _differing(one.text, other.text)
    return tuple(pair for pair in found if _of_one_thing(one, other, pair))


def _differing(
    one: str, other: str, asked: Sequence[Amount] = ()
) -> tuple[tuple[Amount, Amount], ...]:
    """The figures in which two texts differ: of one kind and size, each in one of them alone.

    Where the texts are alike but for their figures, those at the same place are compared.
    """
    own, its = measured(one, asked), measured(other, asked)
    only = [a for a in own if not any(same_figure(a, b) for b in its)]
    others = [b for b in its if not any(same_figure(a, b) for a in own)]
    if len(own) == len(its) and unmeasured(one) == unmeasured(other):
        pairs = [(a, b) for a, b in zip(own, its, strict=True) if a in only and b in others]
    else:
        pairs = list(product(only, others))
    return tuple((a, b) for a, b in pairs if is_of_one_size(a, b))


def is_of_one_size(one: Amount, other: Amount) -> bool:
    """Whether two figures may measure one thing: neither is far greater than the other."""
    return one.is_of_kind(other) and one.times_apart(other) <= MAX_RATIO


def same_figure(one: Amount, other: Amount) -> bool:
    """Whether two figures are the same, or one of them is the other rounded to its last digit.

    That one is told as "about" or "more than" allows for no more: some 41,000 are not 43,500.
    """
    if not one.agrees(other):
        return False
    own, its = one.measured_in(other.unit), other.value
    return abs(own - its) <= max(last_place(own), last_place(its)) / 2 or own == its


def measured(text: str, asked: Sequence[Amount] = ()) -> list[Amount]:
    """The figures of a text that measure something, without years and those of a question."""
    found = (a for a in values(text).amounts if not _is_name(text, a))
    return [a for a in found if not any(a.agrees(b) for b in asked)]


def unmeasured(text: str) -> str:
    """The words of a text, each figure that measures something left out."""
    return fold(without(text, measured(text), "#")).rstrip(".")


def alike(one: Told, other: Told) -> bool:
    """Whether two texts are the same word for word but for what they measure."""
    rest = unmeasured(one.text)
    if rest != unmeasured(other.text) or words(one.heads) != words(other.heads):
        return False
    return sum(map(is_content, words(f"{one.heads} {rest}"))) >= LEAST_WORDS


def _of_one_time(one: Told, other: Told) -> bool:
    """Whether two texts may tell of one time: where both tell of years or months, of the same.

    Years that a text is read with or stands under count for it where it tells none. It is enough
    to share one; but a table's row under several gives a figure for each, and is held against what
    tells of just the same.
    """
    own, its = (_years(t.text) or _years(t.whole) for t in (one, other))
    if not _share(*(_months(t.text) or _months(t.whole) for t in (one, other))):
        return False
    if (len(own) > 1 and "\t" in one.text) or (len(its) > 1 and "\t" in other.text):
        return own == its
    return _share(own or _years(one.above), its or _years(other.above))


def _share(own: frozenset[int], its: frozenset[int]) -> bool:
    return not own or not its or bool(own & its)


def _of_one_thing(one: Told, other: Told, figures: tuple[Amount, Amount]) -> bool:
    """Whether a figure of each of two texts may measure one thing.

    What one of them counts is spoken of by the other, or they share words enough; where none counts
    anything ("£12"), they share a word. Not each has a proper name that is nowhere with the other.
    """
    if _names_only_in(one, other) and _names_only_in(other, one):
        return False
    own, its = (set(stem_all(content_words(unmeasured(t.text)))) for t in (one, other))
    counted = counted_in(one.text, figures[0]), counted_in(other.text, figures[1])
    if not any(counted):
        return bool(own & its)
    return counted[0] in its or counted[1] in own or len((own & its) - {"#"}) >= LEAST_WORDS


def _names_only_in(one: Told, other: Told) -> bool:
    known = set(words(f"{other.above} {other.whole}"))
    return any(not set(words(name.text)) <= known for name in values(one.whole).names)


def _is_name(text: str, amount: Amount) -> bool:
    """Whether a number names something: a year, page 4, Ward 4, an item's or a telephone number."""
    if amount.kind is FigureKind.YEAR:
        return True
    if amount.unit or amount.kind is not FigureKind.QUANTITY:
        return False
    before, end = text[: amount.span.start], amount.span.end
    marker, named = _MARKER.match(text), _NAMED.search(before)
    return bool(
        (marker and end <= marker.end())
        or _CODE.match(amount.span.of(text))
        or _LAST_DIGITS.search(before)
        or _FIRST_DIGITS.match(text, end)
        or (named and not amount.about and is_content(named["word"].lower()))
        or _REFERENCE.search(before)
    )


def _years(text: str) -> frozenset[int]:
    found = values(text)
    years = {int(a.value) for a in found.amounts if a.kind is FigureKind.YEAR}
    return frozenset(years | {d.year for d in found.dates if d.year})


def _months(text: str) -> frozenset[int]:
    return frozenset(d.month for d in values(text).dates if d.month)
