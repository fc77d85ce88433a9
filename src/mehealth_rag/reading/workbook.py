"""Excel workbooks (XLSX): every sheet as displayed, including merged cells and hidden sheets.

calamine reads the values, a hundred times as fast as openpyxl. Number formats, superscripts and
text boxes come from the XML.
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
from mehealth_rag.reading.flow import LONG_CELL, Read, as_it_stands
from mehealth_rag.reading.number_formats import shown
from mehealth_rag.reading.packages import opened, parse, properties, related
from mehealth_rag.reading.sheets import Sheet, sheet_pages
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.reading.wire import beat

_CELL = re.compile(
    rb'<(?:\w+:)?c (?=[^<>]*?\br="([A-Z]{1,3})(\d{1,7})")(?:(?=[^<>]*?\bs="(\d{1,6})"))?'
)
"""A cell element: its column, its row and, if present, its style number."""
_MOST_CELLS = 20_000_000
"""Maximum cells in a sheet's extent; a stray cell in the last corner makes seventeen billion."""
_STRINGS = "xl/sharedStrings.xml"
_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "mm-dd-yy",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss",
}  # fmt: skip
"""Built-in number formats, which a workbook refers to by number only."""

_Codes = dict[int, dict[int, str]]
"""The number formats of a sheet's cells, by row and column from 0."""


def read_workbook(path: Path, content: bytes) -> Read:
    """Read the sheets of a workbook as pages. Raises ReadingError if the file is damaged."""
    with opened(path, content, NAMES["xlsx"], "xl/workbook.xml", CalamineError) as package:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return sheet_pages(_sheets(path, book, package)), properties(package)


def _sheets(path: Path, book: CalamineWorkbook, package: zipfile.ZipFile) -> Iterator[Sheet]:
    styles, files = _styles(package), _sheet_files(package)
    shared = _raised_words(package.read(_STRINGS) if _STRINGS in package.namelist() else b"")
    for info in book.sheets_metadata:
        beat()
        content = package.read(files[info.name]) if info.name in files else b""
        codes, extent = _formats(content, styles)
        if extent > _MOST_CELLS:
            raise ReadingError(
                f"{path}: the sheet '{info.name}' reaches over {extent:,} cells; "
                "remove what stands far out"
            )
        sheet = book.get_sheet_by_name(info.name)
        rows = list(_rows(sheet, codes, shared | _raised_words(content)))
        wide, repeats = _merge(rows, sheet)
        rows += (row for box in _boxes(package, files.get(info.name, "")) for row in ([], [box]))
        yield Sheet(info.name, rows, wide, repeats, info.visible is not SheetVisibleEnum.Visible)


def _rows(sheet: CalamineSheet, codes: _Codes, raised: Mapping[str, str]) -> Iterator[list[str]]:
    first = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows()):
        row_codes = codes.get(number, {})
        row = [shown(value, row_codes.get(at, "")) for at, value in enumerate(values, first)]
        yield [raised.get(text, text) for text in row] if raised else row


def _raised_words(content: bytes) -> dict[str, str]:
    """Map the plain text that calamine gives for cells to their text with super- and subscripts."""
    texts: dict[str, str] = {}
    for cell in parse(content).iter("{*}si", "{*}is") if b"vertAlign" in content else ():
        plain, text = "", ""
        for run in cell.iterfind("./{*}r"):
            words, place = run.findtext("./{*}t") or "", run.find("./{*}rPr/{*}vertAlign")
            plain += words
            text += as_it_stands(words, None if place is None else place.get("val"), text)
        texts[plain] = text
    return texts


def _boxes(package: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """Yield the text of the text boxes on a sheet."""
    for drawing in _targets(package, sheet, "/drawing").values():
        for box in parse(package.read(drawing)).iter("{*}txBody"):
            lines = ("".join(line.itertext("{*}t")) for line in box.iterfind("./{*}p"))
            yield " ".join(filter(None, map(str.strip, lines)))


def _merge(
    rows: Sequence[list[str]], sheet: CalamineSheet
) -> tuple[frozenset[int], frozenset[int]]:
    """Repeat merged cells in each of their rows.

    Returns the rows with a cell that spans columns, and those that only repeat merged cells.
    """
    left = sheet.start[1] if sheet.start else 0
    wide = set()
    empty = [row for row, cells in enumerate(rows) if not any(cells)]
    for (top, start), (bottom, end) in sheet.merged_cell_ranges or ():
        if end > start:
            wide.add(top)
        if top < len(rows) and 0 <= start - left < len(rows[top]):
            words = rows[top][start - left]
            for row in rows[top + 1 : bottom + 1] if len(words) <= LONG_CELL else ():
                row[start - left] = words
    return frozenset(wide), frozenset(row for row in empty if any(rows[row]))


def _formats(content: bytes, styles: Mapping[int, str]) -> tuple[_Codes, int]:
    """Return the non-default number formats of a sheet's cells, and the size of its extent."""
    codes: _Codes = {}
    last_row, last_column = 0, 0
    for match in _CELL.finditer(content):
        row, column = int(match[2]), _column(match[1])
        last_row, last_column = max(last_row, row), max(last_column, column + 1)
        if code := styles.get(int(match[3] or 0)):
            codes.setdefault(row - 1, {})[column] = code
    return codes, last_row * last_column


def _styles(package: zipfile.ZipFile) -> dict[int, str]:
    """Map style numbers to their number formats, without default ones."""
    if "xl/styles.xml" not in package.namelist():
        return {}
    root = parse(package.read("xl/styles.xml"))
    custom = {int(f.get("numFmtId")): f.get("formatCode") for f in root.iterfind(".//{*}numFmt")}
    codes = _BUILT_IN | custom
    numbers = (int(s.get("numFmtId") or 0) for s in root.iterfind("./{*}cellXfs/{*}xf"))
    return {n: codes[f] for n, f in enumerate(numbers) if codes.get(f, "General") != "General"}


def _sheet_files(package: zipfile.ZipFile) -> dict[str, str]:
    """Map sheet names to their files in the package."""
    book = "xl/workbook.xml"
    targets = _targets(package, book)
    sheets = parse(package.read(book)).iterfind("./{*}sheets/{*}sheet")
    return {s.get("name"): targets[related(s)] for s in sheets if related(s) in targets}


def _targets(package: zipfile.ZipFile, file: str, kind: str = "") -> dict[str, str]:
    """Map relationship ids of a package file to existing target files, optionally of one kind.

    `kind` is the end of the relationship type.
    """
    folder, name = posixpath.split(file)
    relations = f"{folder}/_rels/{name}.rels"
    names = frozenset(package.namelist())
    elements = parse(package.read(relations)) if relations in names else ()
    matching = (r for r in elements if (r.get("Type") or "").endswith(kind))
    paths = {r.get("Id"): posixpath.join("/", folder, r.get("Target") or "") for r in matching}
    targets = {key: posixpath.normpath(path)[1:] for key, path in paths.items()}
    return {key: path for key, path in targets.items() if path in names}


@cache
def _column(name: bytes) -> int:
    """Return the index of a column from its letters ("A" is 0)."""
    place = 0
    for letter in name:
        place = 26 * place + letter - 64
    return place - 1
