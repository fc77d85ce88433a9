"""Tokens of titles, ids and file names: words, periods and form numbers such as "10-K".

Titles and questions use the same rules, so "BESTBUY_2024Q2_10Q" and "Best Buy's 10-Q for Q2 of
FY2024" give matching tokens.
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
    """The kind of a title token."""

    WORD = "word"
    MARK = "mark"
    """A number with one or two letters ("10-K", "8K"): usually a document type, not a name."""
    YEAR = "year"
    QUARTER = "quarter"
    DAY = "day"

    @property
    def is_period(self) -> bool:
        """True for a year, a quarter or a day."""
        return self not in {TokenKind.WORD, TokenKind.MARK}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its canonical form ("bestbuy", "10k", "2024", "q2", "2022-07-01") and span.

    `capital` is true if it contains a capital letter.
    """

    text: str
    kind: TokenKind
    span: Span
    capital: bool = False


_NTH = ORDINAL_WORDS[:4]
_ALONE, _END = r"(?<![^\W_])", r"(?![^\W_])"
_YEAR_START, _YEAR_END = r"(?<![£$€.]|[^\W_])", r"(?=[^\w.,]|_|Q[1-4]|[.,]?$|[.,]\s)"
# Cheap lookaheads at the first character come before the expensive patterns.
_TOKEN = re.compile(
    rf"""
    {_ALONE}(?=[\djfmasond])(?P<day>\d{{4}}[-_]\d{{2}}[-_]\d{{2}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}
        |\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH},?\s+\d{{4}}
        |{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}){_END}
    | (?=[f12])(?P<year>{_YEAR_START}(?:FY\s?|fiscal\s+(?:year\s+)?)?(?:19|20)\d{{2}}{_YEAR_END}
        |{_ALONE}FY\s?['’]?\d{{2}}{_END})
    | (?:{_ALONE}|(?<=\d))(?P<quarter>Q[1-4]|[1-4]Q|(?:{"|".join(_NTH)})[\s-]quarter){_END}
    | {_ALONE}(?P<mark>\d{{1,2}}-?[a-z]{{1,2}}){_END}
    | (?P<word>[^\W_]+(?:['’&.][^\W_]+)*)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a title, id, file name or question, in order."""
    return tuple(_token(m) for m in _TOKEN.finditer(text))


def _token(match: re.Match[str]) -> Token:
    raw, kind = match.group(), TokenKind(match.lastgroup or "word")
    return Token(_canonical(fold(raw), kind), kind, Span(*match.span()), raw != raw.lower())


def _canonical(text: str, kind: TokenKind) -> str:
    match kind:
        case TokenKind.DAY if "/" in text:
            month, day, year = map(int, text.split("/"))
            if month > 12:  # only the British order makes it a date
                month, day = day, month
            return f"{year:04}-{month:02}-{day:02}"
        case TokenKind.DAY:
            text = text.replace("_", "-")
            return iso_date(text) or text
        case TokenKind.YEAR:
            digits = re.sub(r"\D", "", text)
            return digits if len(digits) == 4 else f"20{digits}"
        case TokenKind.QUARTER:
            nth = (n for n, word in enumerate(_NTH, start=1) if text.startswith(word))
            return f"q{next(nth, None) or text.strip('q')}"
        case TokenKind.MARK:
            return text.replace("-", "")
        case TokenKind.WORD:
            return text.removesuffix("'s").replace(".", "")
