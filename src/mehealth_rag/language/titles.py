"""The words of titles, ids and file names, and the periods that they give.

The same rules read titles and questions, so that "BESTBUY_2024Q2_10Q" and "Best Buy's 10-Q for Q2
of FY2024" come out alike: words, years, quarters and days, and marks such as "10-K".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mehealth_rag.language.dates import MONTH, iso_date
from mehealth_rag.language.figures import ORDINAL_WORDS
from mehealth_rag.language.words import fold
from mehealth_rag.types import Span


class TokenKind(StrEnum):
    """What a token of a title tells."""

    WORD = "word"
    MARK = "mark"
    """A number with a letter or two ("10-K", "8K"): a kind of document more often than a name."""
    YEAR = "year"
    QUARTER = "quarter"
    DAY = "day"

    @property
    def is_period(self) -> bool:
        """Whether it tells a time."""
        return self in {TokenKind.YEAR, TokenKind.QUARTER, TokenKind.DAY}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its canonical form ("bestbuy", "10k", "2024", "q2", "2022-07-01") and its place.

    `capital` says that it is written with a capital letter.
    """

    text: str
    kind: TokenKind
    span: Span
    capital: bool = False


_NTH = {word: str(n) for n, word in enumerate(ORDINAL_WORDS[:4], start=1)}
_ALONE = r"(?<![^\W_])"
_END = r"(?![^\W_])"
_YEAR_START = r"(?<![£$€.]|[^\W_])"
_YEAR_END = r"(?=[^\w.,]|_|Q[1-4]|[.,]?$|[.,]\s)"
_TOKEN = re.compile(
    rf"""
    {_ALONE}(?P<iso>\d{{4}}[-_]\d{{2}}[-_]\d{{2}}){_END}
    | {_ALONE}(?P<slashed>\d{{1,2}}/\d{{1,2}}/\d{{4}}){_END}
    | {_ALONE}(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH},?\s+\d{{4}}){_END}
    | {_ALONE}(?P<mdy>{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}){_END}
    | {_YEAR_START}(?P<year>(?:FY\s?|fiscal\s+(?:year\s+)?)?(?:19|20)\d{{2}}){_YEAR_END}
    | {_ALONE}(?P<short>FY\s?['’]?\d{{2}}){_END}
    | (?:{_ALONE}|(?<=\d))(?P<quarter>Q[1-4]|[1-4]Q|(?:{"|".join(_NTH)})[\s-]quarter){_END}
    | {_ALONE}(?P<mark>\d{{1,2}}-?[a-z]{{1,2}}){_END}
    | (?P<word>[^\W_]+(?:['’&.][^\W_]+)*)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a title, an id, a file name or a question, in order."""
    return tuple(_token(m) for m in _TOKEN.finditer(text))


def _token(match: re.Match[str]) -> Token:
    group = match.lastgroup or "word"
    raw = match.group()
    kind, text = _READ[group](raw)
    return Token(text, kind, Span(*match.span()), any(c.isupper() for c in raw))


def _day(raw: str) -> tuple[TokenKind, str]:
    """A day in any of its forms, as ISO writes it."""
    if "/" in raw:
        month, day, year = map(int, raw.split("/"))
        raw = f"{year:04}-{month:02}-{day:02}"
    return TokenKind.DAY, iso_date(raw.replace("_", "-")) or raw


def _year(raw: str) -> tuple[TokenKind, str]:
    digits = re.findall(r"\d+", raw)[0]
    return TokenKind.YEAR, digits if len(digits) == 4 else f"20{digits}"


def _quarter(raw: str) -> tuple[TokenKind, str]:
    digit = re.search(r"\d", raw)
    number = digit.group() if digit else _NTH[re.split(r"[\s-]", fold(raw))[0]]
    return TokenKind.QUARTER, f"q{number}"


def _mark(raw: str) -> tuple[TokenKind, str]:
    return TokenKind.MARK, fold(raw).replace("-", "")


def _word(raw: str) -> tuple[TokenKind, str]:
    return TokenKind.WORD, fold(raw).removesuffix("'s").replace(".", "")


_READ = {
    "iso": _day,
    "slashed": _day,
    "dmy": _day,
    "mdy": _day,
    "year": _year,
    "short": _year,
    "quarter": _quarter,
    "mark": _mark,
    "word": _word,
}
