"""Renders an answer's words: paragraphs, lists, and table rows as small tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from mehealth_rag.answering.compose import DISAGREE, table_row
from mehealth_rag.types import Answer, Conflict, Statement
from mehealth_ui.markup import Html, join, rich, tag

_ITEM = re.compile(r"^\s*[-*•]\s+")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_MARKS = r"(?:\*\*){0,2}"
_NUMBERS = r"(?P<numbers>(?:\s?\[\d{1,3}\])+)\.?"
_QUOTATION = ("“”", "„“", "«»", "‘’", '""', "''")


@dataclass(frozen=True, slots=True)
class Row:
    """A table row in an answer: label, cells with their headings, citation numbers."""

    label: str
    cells: tuple[tuple[str, str], ...]
    numbers: str
    bold: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column headings."""
        return tuple(name for name, _ in self.cells)


def answer_markup(answer: Answer, chips: Mapping[int, Html]) -> Html:
    """Render an answer's text; a marker becomes its chip, if it has one."""
    rows = _finders(answer)
    blocks: list[Html] = []
    lines = text(answer).split("\n")
    for listed, group in groupby(filter(str.strip, lines), lambda line: bool(_ITEM.match(line))):
        if listed:
            blocks += _list([_ITEM.sub("", line) for line in group], rows, chips)
        else:
            blocks += (block for line in group for block in _blocks(line, rows, chips))
    return join(blocks)


def text(answer: Answer) -> str:
    """Return an answer's text without the sentence that announces its conflicts."""
    return answer.answer.replace(DISAGREE, "") if answer.conflicts else answer.answer


def untold(conflict: Conflict, answer: Answer) -> bool:
    """Tell whether the answer's text leaves out one of the values, or one of its citations."""
    words = " ".join(_BOLD.sub(r"\1", text(answer)).split())
    return any(
        " ".join(value.value.split()) not in words
        or any(f"[{n}]" not in words for n in value.citations)
        for value in conflict.values
    )


def quoted(quote: str) -> str:
    """Put a quote in quotation marks, unless it has its own."""
    words = " ".join(quote.split())
    own = len(words) > 1 and words[0] + words[-1] in _QUOTATION
    return words if own and words[0] not in words[1:-1] else f"“{words}”"


def _finders(answer: Answer) -> list[tuple[re.Pattern[str], Row]]:
    """Return the statements that are table rows, with the patterns that find them in the text."""
    quotes = {c.number: c.quote for c in answer.citations}
    return [
        (re.compile(_MARKS.join(map(re.escape, s.text)) + _MARKS + _NUMBERS), row)
        for s in answer.statements
        if (row := _row(s, quotes)) is not None
    ]


def _row(statement: Statement, quotes: Mapping[int, str]) -> Row | None:
    cited = [quotes[n] for n in statement.citations if n in quotes]
    row = table_row(cited[0], cited[1:]) if len(cited) > 1 else None
    return Row(*row, "") if row and statement.text.startswith(f"{row[0]} – ") else None


def _blocks(
    line: str, rows: Sequence[tuple[re.Pattern[str], Row]], chips: Mapping[int, Html]
) -> Iterator[Html]:
    """Render a line as paragraphs and tables; adjacent rows share a table."""
    for is_row, group in groupby(_pieces(line, rows), lambda piece: isinstance(piece, Row)):
        if is_row:
            yield from _tables((p for p in group if isinstance(p, Row)), chips)
        else:
            yield from (tag("p", rich(p, chips)) for p in group if isinstance(p, str))


def _pieces(line: str, rows: Sequence[tuple[re.Pattern[str], Row]]) -> Iterator[str | Row]:
    """Yield the rows in a line and the text between them."""
    at = 0
    matches = [(match, row) for pattern, row in rows for match in pattern.finditer(line)]
    for match, row in sorted(matches, key=lambda pair: pair[0].start()):
        if match.start() < at:
            continue
        if line[at : match.start()].strip():
            yield line[at : match.start()].strip()
        bold = tuple(_BOLD.findall(match[0]))
        yield Row(row.label, row.cells, match["numbers"].strip(), bold)
        at = match.end()
    if line[at:].strip():
        yield line[at:].strip()


def _list(
    items: Sequence[str], rows: Sequence[tuple[re.Pattern[str], Row]], chips: Mapping[int, Html]
) -> Iterator[Html]:
    """Render a list; items that are only a table row become tables."""
    pieces = [list(_pieces(item, rows)) for item in items]
    for alone, group in groupby(pieces, lambda item: [type(p) for p in item] == [Row]):
        if alone:
            yield from _tables((p for item in group for p in item if isinstance(p, Row)), chips)
        else:
            yield tag("ul", *(tag("li", *_item(item, chips)) for item in group))


def _item(pieces: Sequence[str | Row], chips: Mapping[int, Html]) -> Iterator[Html]:
    for piece in pieces:
        yield from [rich(piece, chips)] if isinstance(piece, str) else _tables([piece], chips)


def _tables(rows: Iterable[Row], chips: Mapping[int, Html]) -> Iterator[Html]:
    """Render rows with the same columns as one table; a single row has a line per cell."""
    for names, group in groupby(rows, lambda row: row.names):
        same = list(group)
        table = _upright(same[0], chips) if len(same) == 1 else _grid(names, same, chips)
        yield tag("div", table, class_="rows", tabindex=0, role="group", aria_label="Table")


def _upright(row: Row, chips: Mapping[int, Html]) -> Html:
    cells = (
        tag("tr", tag("th", name, scope="row"), tag("td", _cell(row, value)))
        for name, value in row.cells
    )
    return tag(
        "table", tag("caption", f"{row.label} ", rich(row.numbers, chips)), tag("tbody", *cells)
    )


def _grid(names: Sequence[str], rows: Sequence[Row], chips: Mapping[int, Html]) -> Html:
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in names))
    body = (
        tag(
            "tr",
            tag("th", f"{row.label} ", rich(row.numbers, chips), scope="row"),
            *(tag("td", _cell(row, value)) for _, value in row.cells),
        )
        for row in rows
    )
    return tag("table", tag("thead", head), tag("tbody", *body))


def _cell(row: Row, value: str) -> Html:
    """Render a cell; what the question asks for stays bold, a whole cell without its parts."""
    whole = {cell for _, cell in row.cells}.intersection(row.bold)
    decisive = value in whole or (
        not whole and any(part in value or value in part for part in row.bold)
    )
    return tag("strong", value) if decisive else join([value])
