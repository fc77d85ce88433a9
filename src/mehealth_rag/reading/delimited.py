"""Tables as text (CSV, TSV): which sign parts the cells is found out from the rows themselves."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Literal

from mehealth_rag.reading.encoding import decode, noted
from mehealth_rag.reading.sheets import Sheet, sheet_pages
from mehealth_rag.reading.tidy import clean
from mehealth_rag.types import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mehealth_rag.types import Page

_DELIMITERS = ",;\t|"
_SAMPLE = 50
"""So many rows show which sign parts the cells."""
_LONGEST_CELL = 1_000_000
_TOLD = re.compile(r"sep=(.)\r?\n")
"""What Excel writes first where the sign is not the one of its country."""


def read_delimited(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the one page of a table in text, or several where it is long."""
    decoded = decode(path, content)
    text = decoded.text.removeprefix("\ufeff")
    told = _TOLD.match(text)
    text = text[told.end() :] if told else text
    rows = _rows(text, told[1] if told else _delimiter(text))
    return noted(sheet_pages([Sheet("", rows)]), decoded.told, Fault.ENCODING), {}


def _rows(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return [[*map(clean, row)] for row in _parsed(text, delimiter, csv.QUOTE_MINIMAL)]
    except csv.Error:  # a quotation mark that is never closed takes in the rest of the file
        return [[*map(clean, row)] for row in _parsed(text, delimiter, csv.QUOTE_NONE)]


def _parsed(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)


def _delimiter(text: str) -> str:
    """The sign that parts most rows into the same number of cells, two or more."""

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = islice(_parsed(text[:_LONGEST_CELL], delimiter, csv.QUOTE_NONE), _SAMPLE)
        counts = Counter(len(row) for row in rows if row)
        (width, often) = max(
            counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(1, 0)
        )
        return (often, width) if width > 1 else (0, 0)

    return max(_DELIMITERS, key=agreement)
