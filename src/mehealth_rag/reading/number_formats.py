"""Formats cell values as a spreadsheet shows them, by codes such as `#,##0.00` and `dd/mm/yyyy`.

Covers digits, thousands, percent, currency, brackets for negative figures, dates and times. Values
with fractions, exponents or locale-dependent formats are shown plainly.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

Value = str | float | datetime.date | datetime.time | datetime.timedelta | None

_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|[_*].|\[\$([^\[\]-]*+)(?:-[^\[\]]*+)?\]|\[[^\[\]]*+\]|([#0?.,]+)|(.)',
    re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\[\]]*+\]|[^;])*')
_LITERALS = re.compile(r'"([^"]*)"|\\(.)|\[[^\[\]]*+\]|[_*].')
_DATE_PART = re.compile(
    r"y+|m+|d+|h+|s+(?:\.0+)?|am/pm|a/p|\"[^\"]*\"|\\.|\[[^\[\]]*+\]|.", re.IGNORECASE | re.DOTALL
)
_PLAIN = frozenset(("", "general", "@"))
_LOCAL_DATES = frozenset(("mm-dd-yy", "m/d/yy", "m/d/yy h:mm", "m/d/yyyy"))
"""Formats that Excel shows in the order of the user's locale; we write ISO dates instead."""
_MOST_DIGITS = 15
"""Significant digits that spreadsheets store."""


def shown(value: Value, code: str = "") -> str:
    """Return a cell's value as text in the number format `code`."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number(value, code)
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    return _date(value, code)


def _number(value: float, code: str) -> str:
    section, has_sign = _section(value, code)
    if section.lower() in _PLAIN or "E+" in section or "/" in _LITERALS.sub("", section):
        return _general(value)
    before, digits, after, percents = _parts(section)
    if not digits:
        return f"{before}{after}".strip() or _general(value)
    amount = Decimal(repr(float(value))) * 100**percents
    scale = len(digits) - len(digits.rstrip(","))
    amount /= 1000**scale
    whole, _, decimals = digits.rstrip(",").partition(".")
    places = len(decimals.replace(",", ""))
    amount = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(amount):{',' if ',' in whole else ''}.{places}f}"
    if optional := len(decimals) - len(decimals.rstrip("#?")):
        full = text[: len(text) - optional]
        text = (full + text[len(full) :].rstrip("0")).rstrip(".")
    if text == "0" and "0" not in whole:
        text = ""  # "#" and "?" show no zero, so the format `"-"??` gives only the dash
    text = text.zfill(whole.replace(",", "").count("0"))
    sign = "-" if amount < 0 and not has_sign else ""
    return f"{sign}{before}{text}{after}".strip()


@cache
def _sections(code: str) -> tuple[str, ...]:
    parts, at = [], 0
    while at <= len(code):
        match = _SECTION.match(code, at)
        assert match is not None  # noqa: S101 - the pattern also matches the empty string
        parts.append(match[0])
        at = match.end() + 1
    return tuple(parts)


def _section(value: float, code: str) -> tuple[str, bool]:
    """Return the section of a format for a value, and whether that section shows the sign."""
    parts = _sections(code)
    if value < 0 and len(parts) > 1:
        return parts[1], True
    if value == 0 and len(parts) > 2:
        return parts[2], True
    return parts[0], False


@cache
def _parts(section: str) -> tuple[str, str, str, int]:
    """Split a section into (text before, digit pattern, text after, number of `%`)."""
    before, digits, after, percents = "", "", "", 0
    for quoted, escaped, currency, pattern, other in _TOKEN.findall(section):
        if pattern and not digits and set(pattern) - {",", "."}:
            digits = pattern
            continue
        literal = quoted or escaped or currency or pattern or other
        percents += literal == "%" and not quoted
        before, after = (before, after + literal) if digits else (before + literal, after)
    return before, digits, after, percents


def _general(value: float) -> str:
    if float(value).is_integer() and abs(value) < 10**_MOST_DIGITS:
        return str(int(value))
    return format(value, f".{_MOST_DIGITS}g")


def _duration(value: datetime.timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _date(value: datetime.date | datetime.time, code: str) -> str:
    section = _sections(code)[0]
    if section.lower() in _PLAIN | _LOCAL_DATES or section.startswith("[$-F"):
        return _iso(value)
    text = ""
    for directive, single, literal in _fields(section):
        part = value.strftime(directive) if directive else literal
        text += part.lstrip("0") or "0" if directive and single else part
    return text.strip() or _iso(value)


def _iso(value: datetime.date | datetime.time) -> str:
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, datetime.date) else value.strftime("%H:%M")


_DIRECTIVES = {
    "yyyy": "%Y", "yyy": "%Y", "yy": "%y", "y": "%y", "mmmmm": "%b", "mmmm": "%B", "mmm": "%b",
    "mm": "%m", "m": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d", "d": "%d", "hh": "%H", "h": "%H",
    "ss": "%S", "s": "%S", "am/pm": "%p",
}  # fmt: skip


@cache
def _fields(section: str) -> tuple[tuple[str, bool, str], ...]:
    """Split a date format into (strftime directive, no leading zero, literal) tuples.

    The directive is empty for a literal.
    """
    parts = [t.lower() if t[:1].isalpha() else t for t in _DATE_PART.findall(section)]
    twelve_hours = "am/pm" in parts or "a/p" in parts
    units = "".join(part[0] if part[0] in "ymdhs" else " " for part in parts)
    fields = []
    for place, part in enumerate(parts):
        directive = _DIRECTIVES.get(part, "")
        after_hour = units[:place].rstrip().endswith("h")
        if part in ("m", "mm") and (after_hour or units[place + 1 :].lstrip().startswith("s")):
            directive = "%M"
        elif twelve_hours and directive == "%H":
            directive = "%I"
        quoted = _LITERALS.fullmatch(part)
        literal = part if quoted is None else quoted[1] or quoted[2] or ""
        fields.append((directive, len(part) == 1, literal))
    return tuple(fields)
