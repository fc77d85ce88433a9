"""Excel workbooks (XLSX): every sheet as it is shown, merged cells, hidden sheets and all.

calamine reads the values; it is a hundred times as fast as openpyxl. How a cell shows its value
(percent, currency, dates, raised figures) and text boxes are taken from the XML.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.flow import as_it_stands
from mehealth_rag.reading.number_formats import shown
from mehealth_rag.reading.packages import opened, parse, properties, related
from mehealth_rag.reading.sheets import Sheet, sheet_pages
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.reading.upkeep import beat
from mehealth_rag.types import Page

_CELL = re.compile(
    rb'<(?:\w+:)?c (?=[^<>]*?\br="([A-Z]{1,3})(\d{1,7})")(?:(?=[^<>]*?\bs="(\d{1,6})"))?'
)
"""A cell: its column, its row and, where it has one, the number of its style."""
_MOST_CELLS = 20_000_000
"""Cells that a sheet may reach over: a stray one in the last corner makes seventeen billion."""
_LONG_CELL = 120
"""A merged cell with more characters is not the label of its rows, and is not said again."""
_STRINGS = "xl/sharedStrings.xml"
_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "mm-dd-yy",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
}  # fmt: skip
"""Number formats that a workbook names by number alone."""

_Codes = dict[int, dict[int, str]]
"""The number formats of a sheet's cells, by row and column from 0."""


def read_workbook(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a workbook, one a sheet. Raises ReadingError where the file is damaged."""
    with opened(path, content, NAMES["xlsx"], "xl/workbook.xml", CalamineError) as package:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return sheet_pages(_sheets(path, book, package)), properties(package)


def _sheets(path: Path, book: CalamineWorkbook, package: zipfile.ZipFile) -> Iterator[Sheet]:
    styles, files = _styles(package), _sheet_files(package)
    shared = _raised_words(package.read(_STRINGS) if _STRINGS in package.namelist() else b"")
    for told in book.sheets_metadata:
        beat()
        written = package.read(files[told.name]) if told.name in files else b""
        codes, extent = _formats(written, styles)
        if extent > _MOST_CELLS:
            raise ReadingError(
                f"{path}: the sheet '{told.name}' reaches over {extent:,} cells; "
                "remove what stands far out"
            )
        sheet = book.get_sheet_by_name(told.name)
        rows = list(_rows(sheet, codes, shared | _raised_words(written)))
        wide = _merge(rows, sheet)
        rows += (row for box in _boxes(package, files.get(told.name, "")) for row in ([], [box]))
        yield Sheet(told.name, rows, wide, told.visible is not SheetVisibleEnum.Visible)


def _rows(sheet: CalamineSheet, codes: _Codes, raised: Mapping[str, str]) -> Iterator[list[str]]:
    first = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows()):
        own = codes.get(number, {})
        row = [shown(value, own.get(at, "")) for at, value in enumerate(values, first)]
        yield [raised.get(text, text) for text in row] if raised else row


def _raised_words(content: bytes) -> dict[str, str]:
    """What cells with raised or lowered letters say, by what calamine makes of them."""
    found: dict[str, str] = {}
    for cell in parse(content).iter("{*}si", "{*}is") if b"vertAlign" in content else ():
        plain, text = "", ""
        for run in cell.iterfind("./{*}r"):
            words, place = run.findtext("./{*}t") or "", run.find("./{*}rPr/{*}vertAlign")
            plain += words
            text += as_it_stands(words, None if place is None else place.get("val"), text)
        found[plain] = text
    return found


def _boxes(package: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """What the text boxes on a sheet say."""
    for drawing in _targets(package, sheet, "/drawing").values():
        for box in parse(package.read(drawing)).iter("{*}txBody"):
            lines = ("".join(line.itertext("{*}t")) for line in box.iterfind("./{*}p"))
            yield " ".join(filter(None, map(str.strip, lines)))


def _merge(rows: Sequence[list[str]], sheet: CalamineSheet) -> frozenset[int]:
    """Say a merged cell's words in each of its rows; give the rows with one over columns."""
    left = sheet.start[1] if sheet.start else 0
    wide = set()
    for (top, start), (bottom, end) in sheet.merged_cell_ranges or ():
        if end > start:
            wide.add(top)
        if top < len(rows) and 0 <= start - left < len(rows[top]):
            words = rows[top][start - left]
            for row in rows[top + 1 : bottom + 1] if len(words) <= _LONG_CELL else ():
                row[start - left] = words
    return frozenset(wide)


def _formats(content: bytes, styles: Mapping[int, str]) -> tuple[_Codes, int]:
    """The formats of a sheet's cells that are not plain, and how many cells it reaches over."""
    found: _Codes = {}
    last_row, last_column = 0, 0
    for match in _CELL.finditer(content):
        row, column = int(match[2]), _column(match[1])
        last_row, last_column = max(last_row, row), max(last_column, column + 1)
        if code := styles.get(int(match[3] or 0)):
            found.setdefault(row - 1, {})[column] = code
    return found, last_row * last_column


def _styles(package: zipfile.ZipFile) -> dict[int, str]:
    """The number formats that are not plain, by the number of their style."""
    if "xl/styles.xml" not in package.namelist():
        return {}
    root = parse(package.read("xl/styles.xml"))
    own = {int(f.get("numFmtId")): f.get("formatCode") for f in root.iterfind(".//{*}numFmt")}
    codes = _BUILT_IN | own
    numbers = (int(s.get("numFmtId") or 0) for s in root.iterfind("./{*}cellXfs/{*}xf"))
    return {n: codes[f] for n, f in enumerate(numbers) if codes.get(f, "General") != "General"}


def _sheet_files(package: zipfile.ZipFile) -> dict[str, str]:
    """The files of the sheets, by their names."""
    book = "xl/workbook.xml"
    targets = _targets(package, book)
    sheets = parse(package.read(book)).iterfind("./{*}sheets/{*}sheet")
    return {s.get("name"): targets[related(s)] for s in sheets if related(s) in targets}


def _targets(package: zipfile.ZipFile, file: str, kind: str = "") -> dict[str, str]:
    """The files that one of the package names, by their ids; of one kind only, where it is told."""
    folder, name = posixpath.split(file)
    relations = f"{folder}/_rels/{name}.rels"
    names = frozenset(package.namelist())
    told = parse(package.read(relations)) if relations in names else ()
    named = (r for r in told if (r.get("Type") or "").endswith(kind))
    paths = {r.get("Id"): posixpath.join("/", folder, r.get("Target") or "") for r in named}
    found = {key: posixpath.normpath(path)[1:] for key, path in paths.items()}
    return {key: path for key, path in found.items() if path in names}


@cache
def _column(name: bytes) -> int:
    """A column's place from its letters: A is 0."""
    place = 0
    for letter in name:
        place = 26 * place + letter - 64
    return place - 1
