"""Units of measurement: their names, dimensions and factors, and the periods of rates."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

UNITS: dict[str, tuple[str, str]] = {
    unit: (dimension, factor)
    for dimension, units in {
        "length": {"mm": "0.001", "cm": "0.01", "m": "1", "km": "1000", "inch": "0.0254",
                   "ft": "0.3048", "yard": "0.9144", "mile": "1609.344"},
        "area": {"m²": "1", "hectare": "10000", "acre": "4046.86", "km²": "1000000"},
        "mass": {"mg": "0.000001", "g": "0.001", "kg": "1", "tonne": "1000", "lb": "0.4536"},
        "volume": {"ml": "0.001", "litre": "1", "gallon": "4.546", "ml/d": "1e6"},
        "duration": {"second": "1", "minute": "60", "hour": "3600", "day": "86400",
                     "week": "604800", "fortnight": "1209600", "month": "2629746",
                     "quarter": "7889238", "year": "31556952", "decade": "315569520",
                     "century": "3155695200"},
        "power": {"w": "1", "kw": "1e3", "mw": "1e6", "gw": "1e9"},
        "energy": {"wh": "1", "kwh": "1e3", "mwh": "1e6", "gwh": "1e9", "twh": "1e12"},
        "speed of data": {"kbit/s": "1e3", "mbit/s": "1e6", "gbit/s": "1e9"},
        "data": {"kb": "1e3", "mb": "1e6", "gb": "1e9", "tb": "1e12"},
        "points": {"point": "1"},
        "temperature": {"degree": "1"},
        "times": {"times": "1", "fold": "1"},
    }.items()
    for unit, factor in units.items()
}  # fmt: skip
"""Maps a unit to its dimension and its factor to the first of the dimension."""

_SPELT = {
    "metre": "m", "meter": "m", "kilometre": "km", "kilometer": "km", "centimetre": "cm",
    "centimeter": "cm", "millimetre": "mm", "millimeter": "mm", "foot": "ft", "feet": "ft",
    "inches": "inch", "yd": "yard", "square metre": "m²", "square meter": "m²", "sq m": "m²",
    "sq. m": "m²", "m2": "m²", "sqm": "m²", "square kilometre": "km²", "square kilometer": "km²",
    "sq km": "km²", "gram": "g", "kilogram": "kg", "kilo": "kg", "milligram": "mg",
    "ton": "tonne", "lbs": "lb", "liter": "litre", "l": "litre", "millilitre": "ml",
    "sec": "second",
    "min": "minute", "hr": "hour", "h": "hour", "yr": "year", "centuries": "century",
    "percentage point": "point", "megawatt": "mw", "kilowatt": "kw", "gigawatt": "gw",
    "kilowatt hour": "kwh", "kilowatt-hour": "kwh", "megawatt hour": "mwh",
    "gigawatt hour": "gwh", "kilobit": "kbit/s", "megabit": "mbit/s", "gigabit": "gbit/s",
    "kbps": "kbit/s", "mbps": "mbit/s", "gbps": "gbit/s", "megabyte": "mb", "gigabyte": "gb",
    "terabyte": "tb",
}  # fmt: skip
_INVARIABLE = {"ha": "hectare"}
"""Spellings without a plural: "has" is a verb."""

_NAMES = "|".join(map(re.escape, sorted({*UNITS, *_SPELT} - {"quarter"}, key=len, reverse=True)))
_UNIT = re.compile(rf"[\s-]?(?P<unit>(?:{_NAMES})s?|ha)(?![\w²])", re.IGNORECASE)
_OFTEN_NO_UNITS = frozenset({"", "second", "quarter", "point", "degree", "times", "fold"})
"""Units whose names mostly mean something else where no figure stands before them."""

_WORD = re.compile(r"[^\W\d_]+(?:²|/[^\W\d_]+)?")

_PERIODS = "second|minute|min|hour|day|night|week|fortnight|month|quarter|year|s|h|hr|yr"
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
            "yearly": "year", "annually": "year"}  # fmt: skip
_JOINING = "and|or|but|nor|for|in|within|over|after|before|until|by|since|at|to|from|than"
"""Words after which a period no longer belongs to the figure before them."""

_RATE = re.compile(
    rf"""(?:\s(?!(?:{_JOINING})\b)[\w-]+){{0,2}}?
    (?:(?:\s?/\s?|\s(?:an?|per|each|every)\s)(?P<period>{_PERIODS})\b
    |\s(?P<adverb>{"|".join(_ADVERBS)})\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_DIGIT = re.compile(r"\d")


def unit_at(text: str, start: int) -> tuple[str, int]:
    """Return the unit that starts at a position, and its end; empty if there is none."""
    match = _UNIT.match(text, start)
    return (unit_named(match["unit"]), match.end()) if match else ("", start)


def unit_named(word: str) -> str:
    """Return the unit of a name in the singular or plural; empty if it is none."""
    for name in (word.lower(), word.lower().removesuffix("s")):
        unit = _INVARIABLE.get(name) or _SPELT.get(name) or (name if name in UNITS else "")
        if unit:
            return unit
    return ""


@lru_cache(maxsize=2_000)
def units_in(text: str) -> frozenset[str]:
    """Return the units that a text names, wherever they stand; names of one letter are left out."""
    names = [name for name in _WORD.findall(text) if len(name) > 1]
    pairs = (" ".join(pair) for pair in pairwise(names))  # "square metres"
    units = frozenset(map(unit_named, (*names, *pairs)))
    return units - _OFTEN_NO_UNITS


def period_after(text: str, start: int) -> tuple[str, int]:
    """Return the period of a rate ("a year", "/month", "weekly") after a figure, and its end.

    Empty, with the start, if none follows.
    """
    match = _RATE.match(text, start)
    if match is None or _DIGIT.search(match.group()):
        return "", start
    if match["adverb"]:
        return _ADVERBS[match["adverb"].lower()], match.end()
    period = match["period"].lower()
    return unit_named({"s": "second", "night": "day"}.get(period, period)), match.end()
