"""Where the blocks of Markdown begin and end: headings, items, rows, code, pieces of HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from mehealth_rag.reading.fragments import OPENING
from mehealth_rag.reading.raised import raised
from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|:{3,}.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)")
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_NOTE = re.compile(r" {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)")
_DEFINITION = re.compile(r" {0,3}:[ \t]+(\S.*)")
_WHOLE = frozenset({"table", "pre", "script", "style"})
"""Pieces of HTML that a blank line does not end."""

REFERENCE = re.compile(
    r" {0,3}\[(?!\^)([^\[\]]+)\]:[ \t]*<?([^\s<>]+)>?"
    r"(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^)]*\)))?[ \t]*"
)
"""The address of a named link: no words of the text."""


class Cut(Enum):
    """What a block's lines are written in."""

    MARKDOWN = auto()
    CODE = auto()
    HTML = auto()


@dataclass(slots=True)
class SourceBlock:
    """A block's source lines while it is read. `term` is what they define."""

    kind: BlockKind
    lines: list[str]
    level: int = 0
    cut: Cut = Cut.MARKDOWN
    term: str = ""


def cells_of(line: str) -> list[str]:
    """The cells of a table's row, with outer pipes or without."""
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip() for cell in _CELL_BORDER.split(inner)]


def cut(lines: Sequence[str]) -> Iterator[SourceBlock]:
    """Blocks of one page, cut as Markdown cuts them."""
    current: SourceBlock | None = None
    listed = False
    at = 0
    while at < len(lines):
        line = _QUOTE.sub("", lines[at])
        whole, until = _whole(lines, at, free=not (current and current.lines), listed=listed)
        if until > at:
            if current:
                yield current
            current, at = None, until
            yield from whole
            continue
        at += 1
        opened = _opened(line, current)
        if opened is None:
            if current is not None:
                _extend(current, line)
            continue
        if current:
            yield current
        current = opened
        if line.strip():
            listed = opened.kind is BlockKind.ITEM or (listed and line[:1].isspace())
    if current:
        yield current


def _whole(
    lines: Sequence[str], at: int, *, free: bool, listed: bool
) -> tuple[list[SourceBlock], int]:
    """Blocks whose end is known where they begin, and where that is; `at` where none begins."""
    line = _QUOTE.sub("", lines[at])
    if fence := _FENCE.match(line):
        return _fenced(lines, at, fence[1])
    if free and not listed and _INDENTED.match(line) and line.strip():
        end = _run(lines, at, lambda text: bool(_INDENTED.match(text)) or not text.strip())
        return _code(lines[at:end]), end
    if opening := OPENING.match(line):
        return _html(lines, at, opening[1].lower())
    if _heads_table(line, lines[at + 1 : at + 2]):
        end = _run(lines, at + 2, lambda text: "|" in text and not _FENCE.match(text))
        rows = [line, *(_QUOTE.sub("", row) for row in lines[at + 2 : end])]
        return [SourceBlock(BlockKind.ROW, [row]) for row in rows], end
    return [], at


def _run(lines: Sequence[str], at: int, goes_on: Callable[[str], bool]) -> int:
    while at < len(lines) and goes_on(_QUOTE.sub("", lines[at])):
        at += 1
    return at


def _fenced(lines: Sequence[str], at: int, mark: str) -> tuple[list[SourceBlock], int]:
    """Code between fences; the one that closes is as long as the one that opens, or longer."""
    closing = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    end = _run(lines, at + 1, lambda text: not closing.fullmatch(text))
    return _code([_QUOTE.sub("", line) for line in lines[at + 1 : end]]), end + 1


def _code(lines: Sequence[str]) -> list[SourceBlock]:
    """Code as blocks: a blank line parts them."""
    blocks: list[SourceBlock] = []
    gap = True
    for line in lines:
        if line.strip() and gap:
            blocks.append(SourceBlock(BlockKind.PARAGRAPH, [], cut=Cut.CODE))
        if line.strip():
            blocks[-1].lines.append(line)
        gap = not line.strip()
    return blocks


def _html(lines: Sequence[str], at: int, name: str) -> tuple[list[SourceBlock], int]:
    end = _run(lines, at, lambda text: bool(text.strip()))
    if name in _WHOLE:
        closing = f"</{name}"
        last = _run(lines, at, lambda text: closing not in text.lower())
        end = last + 1 if last < len(lines) else end
    taken = [_QUOTE.sub("", line) for line in lines[at:end]]
    return [SourceBlock(BlockKind.PARAGRAPH, taken, cut=Cut.HTML)], end


def _heads_table(line: str, below: Sequence[str]) -> bool:
    """Whether a line is the first of a table: a divider of as many cells stands below it."""
    if "|" not in line or not below:
        return False
    divider = _QUOTE.sub("", below[0])
    fits = bool(_DIVIDER.fullmatch(divider)) and "|" in divider
    return fits and len(cells_of(line)) == len(cells_of(divider))


def _extend(block: SourceBlock, line: str) -> None:
    """Take a line into a block: a heading's underline, or more of its words."""
    if block.kind is BlockKind.PARAGRAPH and (underline := _UNDERLINE.fullmatch(line)):
        block.kind, block.level = BlockKind.HEADING, 1 if underline[1][0] == "=" else 2
    elif (definition := _DEFINITION.fullmatch(line)) and not block.term:
        block.kind, block.term = BlockKind.ITEM, block.lines[0].strip()
        block.lines = [_defined(block.term, definition[1])]
    else:
        block.lines.append(line)


def _opened(line: str, current: SourceBlock | None) -> SourceBlock | None:
    """Give the block that a line opens; None where it goes on in `current`."""
    written = current is not None and bool(current.lines)
    paragraph = written and current is not None and current.kind is BlockKind.PARAGRAPH
    if paragraph and line.strip() and _UNDERLINE.fullmatch(line):
        return None
    if own := _own(line) or _next_definition(line, current):
        return own
    if paragraph and current and len(current.lines) == 1 and _DEFINITION.fullmatch(line):
        return None
    going = current is not None and current.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM)
    return None if going and written else SourceBlock(BlockKind.PARAGRAPH, [line])


def _own(line: str) -> SourceBlock | None:
    """The block that a line opens wherever it stands."""
    if not line.strip() or REFERENCE.fullmatch(line):
        return SourceBlock(BlockKind.PARAGRAPH, [])
    if heading := _HEADING.fullmatch(line):
        return SourceBlock(BlockKind.HEADING, [heading[2] or ""], len(heading[1]))
    if note := _NOTE.fullmatch(line):
        mark = f"{raised(note[1])} " if note[1].isdecimal() else ""
        return SourceBlock(BlockKind.PARAGRAPH, [mark + note[2]])
    if _RULE.fullmatch(line) or ("|" in line and _DIVIDER.fullmatch(line)):
        return SourceBlock(BlockKind.PARAGRAPH, [])
    if _ITEM.match(line) or _is_row(line):
        return SourceBlock(BlockKind.ROW if _is_row(line) else BlockKind.ITEM, [line])
    return None


def _next_definition(line: str, current: SourceBlock | None) -> SourceBlock | None:
    """One more text for the term that the block before defines."""
    definition = _DEFINITION.fullmatch(line)
    if not definition or current is None or not current.term:
        return None
    text = _defined(current.term, definition[1])
    return SourceBlock(BlockKind.ITEM, [text], term=current.term)


def _defined(term: str, text: str) -> str:
    return f"{term} {text}" if term.endswith((":", "?")) else f"{term}: {text}"


def _is_row(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 2
