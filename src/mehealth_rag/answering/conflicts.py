"""Define disagreement: texts that give different figures for the same thing at the same time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from mehealth_rag.guard.values import Amount, counted_in, last_place, values, without
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import content_stems, fold, is_content, words

MAX_RATIO = Decimal("1.5")
"""Figures that differ by a larger factor than this do not measure the same thing."""

LEAST_WORDS = 2
"""Words that two texts must share beside their figures; fewer do not show that both mean the same
thing."""

_REFERENCE = re.compile(
    r"\b(?:pages?|pp?\.|fig(?:ure|\.)|table|chapter|section|article|annex|appendix|note|step|no\.|"
    r"number|version|question)\s?$",
    re.IGNORECASE,
)
"""The words before a number that points to a place in a text and measures nothing."""

_NAMED = re.compile(r"\b[^\WA-Z]*+(?P<word>[A-Z]\w*+) $")
_MARKER = re.compile(r"\s*\(?\d+[.)]\s")
_CODE = re.compile(r"0\d")
_LAST_DIGITS, _FIRST_DIGITS = re.compile(r"\d[ /-]?$"), re.compile(r"[ /]\d")


@dataclass(frozen=True, slots=True)
class TextInContext:
    """A text with figures, in its context.

    `heads` are the words needed to understand it: column headings, the introduction of its list, or
    the sentence it refers to. `above` are the title and the headings over it.
    """

    text: str
    heads: str = ""
    above: str = ""

    @property
    def whole(self) -> str:
        """The text after its `heads`."""
        return f"{self.heads} {self.text}".strip()

    @property
    def years(self) -> frozenset[int]:
        """The years that it speaks of: its own, else those of its `heads`, else those above."""
        return _years(self.text) or _years(self.whole) or _years(self.above)


def is_undated(one: TextInContext, other: TextInContext) -> bool:
    """Return whether only one of two texts says of which year it speaks."""
    return bool(one.years) != bool(other.years)


def disputed(
    one: TextInContext, other: TextInContext, least_words: int = LEAST_WORDS
) -> tuple[tuple[Amount, Amount], ...]:
    """Return the pairs of differing figures that two texts give for one thing at one time.

    Texts that count different things are about one thing if they share `least_words` words.
    """
    if not _of_one_time(one, other):
        return ()
    pairs = _differing(one.text, other.text)
    return tuple(pair for pair in pairs if _of_one_thing(one, other, pair, least_words))


def _differing(one: str, other: str) -> tuple[tuple[Amount, Amount], ...]:
    """Return pairs of figures of one kind and similar size, each of which only one text has.

    If the texts match except for their figures, only figures in the same position are compared.
    """
    first, second = measured(one), measured(other)
    only_first = [a for a in first if not any(same_figure(a, b) for b in second)]
    only_second = [b for b in second if not any(same_figure(a, b) for a in first)]
    match = len(first) == len(second) and unmeasured(one) == unmeasured(other)
    pairs = zip(first, second, strict=True) if match else product(first, second)
    return tuple(
        (a, b) for a, b in pairs if a in only_first and b in only_second and is_of_one_size(a, b)
    )


def is_of_one_size(one: Amount, other: Amount) -> bool:
    """Return whether two figures may measure the same thing: same kind, neither much larger."""
    return one.is_of_kind(other) and one.times_apart(other) <= MAX_RATIO


def same_figure(one: Amount, other: Amount) -> bool:
    """Return whether two figures are equal or one is the other rounded to its last digit.

    "About" or "more than" allows no further difference: some 41,000 are not 43,500.
    """
    if not one.agrees(other):
        return False
    left, right = one.measured_in(other.unit), other.value
    return abs(left - right) <= max(last_place(left), last_place(right)) / 2 or left == right


def measured(text: str) -> list[Amount]:
    """Return the figures that measure something, without years."""
    return [a for a in values(text).amounts if not _is_name(text, a)]


def unmeasured(text: str) -> str:
    """Return the text folded, with every measured figure replaced by "#"."""
    return fold(without(text, measured(text), "#")).rstrip(".")


def alike(one: TextInContext, other: TextInContext) -> bool:
    """Return whether two texts are identical except for their figures."""
    text = unmeasured(one.text)
    if text != unmeasured(other.text) or words(one.heads) != words(other.heads):
        return False
    return sum(map(is_content, words(f"{one.heads} {text}"))) >= LEAST_WORDS


def _of_one_time(one: TextInContext, other: TextInContext) -> bool:
    """Return whether two texts may refer to the same time, by their years and months.

    A text without years or months takes them from its `heads`, and years from `above` too. Sharing
    one is enough, except for a table row under several years: it gives a figure for each, so its
    years must equal the other text's.
    """
    years, other_years = (_years(t.text) or _years(t.whole) for t in (one, other))
    if not _compatible(*(_months(t.text) or _months(t.whole) for t in (one, other))):
        return False
    if (len(years) > 1 and "\t" in one.text) or (len(other_years) > 1 and "\t" in other.text):
        return years == other_years
    return _compatible(years or _years(one.above), other_years or _years(other.above))


def _compatible(one: frozenset[int], other: frozenset[int]) -> bool:
    """Return whether the sets overlap or one of them is empty."""
    return not one or not other or bool(one & other)


def _of_one_thing(
    one: TextInContext, other: TextInContext, figures: tuple[Amount, Amount], least_words: int
) -> bool:
    """Return whether the two figures, one from each text, may measure the same thing.

    Either text must mention what the other counts, or they must share `least_words` words; if
    neither counts anything ("£12"), one shared word is enough. Texts that each have a proper name
    the other lacks are about different things.
    """
    if _names_only_in(one, other) and _names_only_in(other, one):
        return False
    stems, others = (content_stems(unmeasured(t.text)) - {"#"} for t in (one, other))
    counted = counted_in(one.text, figures[0]), counted_in(other.text, figures[1])
    shared = len(stems & others)
    if not any(counted):
        return shared > 0
    return counted[0] in others or counted[1] in stems or shared >= least_words


def _names_only_in(one: TextInContext, other: TextInContext) -> bool:
    known = set(words(f"{other.above} {other.whole}"))
    return any(not set(words(name.text)) <= known for name in values(one.whole).names)


def _is_name(text: str, amount: Amount) -> bool:
    """Return whether a number is a label: a year, page 4, Ward 4, an item or telephone number."""
    if amount.kind is FigureKind.YEAR:
        return True
    if amount.unit or amount.kind is not FigureKind.QUANTITY:
        return False
    before, end = text[: amount.span.start], amount.span.end
    marker, capitalised = _MARKER.match(text), _NAMED.search(before)
    return bool(
        (marker and end <= marker.end())
        or _CODE.match(amount.span.of(text))
        or _LAST_DIGITS.search(before)
        or _FIRST_DIGITS.match(text, end)
        or (capitalised and not amount.about and is_content(capitalised["word"].lower()))
        or _REFERENCE.search(before)
    )


def _years(text: str) -> frozenset[int]:
    parsed = values(text)
    years = {int(a.value) for a in parsed.amounts if a.kind is FigureKind.YEAR}
    return frozenset(years | {d.year for d in parsed.dates if d.year})


def _months(text: str) -> frozenset[int]:
    return frozenset(d.month for d in values(text).dates if d.month)
