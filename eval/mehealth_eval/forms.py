"""Finds forms of words in a text: whole words and whole figures, never part of another.

"26 billion" is not in "126 billion", nor "seven" in "twenty-seven" or "seven hundred". Where an
accepted and a forbidden form overlap, the longer one decides: "three" is no mistake inside "two of
the three", and "seven" no answer inside the forbidden "seven of the nine".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from mehealth_rag.language.figures import NUMBER_WORDS, SCALES
from mehealth_rag.types import Span

_ALIKE = str.maketrans(
    {"‘": "'", "’": "'", "‛": "'", "“": '"', "”": '"', "„": '"'}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"\u00ad": None, "\u200b": None, "\ufeff": None}
)
_MARKUP = re.compile(r"\*\*|\s*\[\d{1,3}\]")
"""Bold, and citation numbers: the "1" in "[1]" is not a figure of the answer."""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NOT_AFTER_TENS = "".join(rf"(?<!\b{tens}[- ])" for tens in _TENS)
_LONG_SCALES = "|".join(sorted((s for s in SCALES if len(s) > 1), key=len, reverse=True))
_NO_SCALE_AFTER = rf"(?![- ]?(?:{_LONG_SCALES})\b)"
_INFLECTED = r"(?:'?s|s')?"
_LEAST_INFLECTED = 4
"""Letters that a word needs to match with an "s" added: "Centre" is in "Centres", but "as" not in
"ass"."""


@dataclass(frozen=True, slots=True)
class FormMatch:
    """Which facts a text contains, in their order, and which forbidden forms."""

    facts: tuple[bool, ...]
    forbidden: tuple[str, ...]


def plain(text: str) -> str:
    """A text as it is compared: no markup or case, single spaces, one kind of dash and quote."""
    bare = _MARKUP.sub("", text.translate(_ALIKE))
    # NFKC resolves ligatures, wide digits and non-breaking spaces
    words = unicodedata.normalize("NFKC", bare).casefold().split()
    return re.sub(r"(?<=\d) %", "%", " ".join(words))


def match_forms(
    text: str, facts: Sequence[Sequence[str]], forbidden: Sequence[str] = ()
) -> FormMatch:
    """Which of `facts` (each a list of accepted forms) and of `forbidden` forms a text contains."""
    compared = plain(text)
    accepted = [[s for form in fact for s in _occurrences(form, compared)] for fact in facts]
    banned = {form: _occurrences(form, compared) for form in forbidden}
    every_accepted = list(chain.from_iterable(accepted))
    every_banned = list(chain.from_iterable(banned.values()))
    return FormMatch(
        facts=tuple(
            any(not _inside(span, every_banned, proper=True) for span in spans)
            for spans in accepted
        ),
        forbidden=tuple(
            form
            for form, spans in banned.items()
            if any(not _inside(span, every_accepted, proper=False) for span in spans)
        ),
    )


def first_words(text: str, count: int) -> str:
    """The first `count` words of a text without its markup."""
    return " ".join(_MARKUP.sub("", text).split()[:count])


def word_count(text: str) -> int:
    """The number of words in a text without its markup; bullets do not count."""
    return sum(any(c.isalnum() for c in word) for word in _MARKUP.sub("", text).split())


def _occurrences(form: str, compared: str) -> list[Span]:
    return [Span(*match.span()) for match in _pattern(form).finditer(compared)]


def _inside(span: Span, others: Iterable[Span], *, proper: bool) -> bool:
    return any(
        other.start <= span.start and span.end <= other.end and not (proper and other == span)
        for other in others
    )


@lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    text = plain(form)
    return re.compile(_before(text) + re.escape(text) + _after(text) if text else r"(?!)")


def _before(form: str) -> str:
    """Regex for what may precede a form: not the beginning of a longer word or figure."""
    if not form[0].isalnum():
        return ""
    guard = r"(?<!\w)"
    if form[0].isdigit():
        return guard + r"(?<!\d[.,])"
    first = re.split(r"\W", form, maxsplit=1)[0]
    return guard + (_NOT_AFTER_TENS if first in NUMBER_WORDS else "")


def _after(form: str) -> str:
    """Regex for what may follow a form: an inflection, but not the rest of a word or figure."""
    if not form[-1].isalnum():
        return ""
    if form[-1].isdigit():
        return r"(?!\w)(?![.,]\d)" + _NO_SCALE_AFTER
    last = re.split(r"\W", form)[-1]
    if last in NUMBER_WORDS:
        unit = r"(?![- ](?:one|two|three|four|five|six|seven|eight|nine)\b)" * (last in _TENS)
        return r"(?!\w)" + unit + _NO_SCALE_AFTER
    return (_INFLECTED if len(last) >= _LEAST_INFLECTED else "") + r"(?!\w)"
