"""Markdown: what a reader sees of it, with headings, items, table rows and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.reading.encoding import decode, noted
from mehealth_rag.reading.flow import FlowBlock, Visible, page_of, row_of
from mehealth_rag.reading.text import split_pages
from mehealth_rag.types import BlockKind, Fault, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIELD = re.compile(r"^(\w[\w-]*):[ \t]*(.+)$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|:{3,}.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_DIVIDER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_INLINE = re.compile(
    r"!\[(?P<alt>[^\]]*)\]\([^)]*\)"
    r"|\[(?P<words>(?:[^\[\]]|\[[^\]]*\])+)\]\(\s*<?(?P<url>[^\s)>]+)>?(?:\s+[\"'][^)]*)?\)"
    r"|<(?P<auto>https?://[^\s>]+)>"
    r"|(?P<bare>https?://[^\s<>()]*[^\s<>().,;:!?\"'”’])"
    r"|`(?P<code>[^`]+)`"
    r"|\\(?P<escaped>[\\`*_{}\[\]()#+.!|>~-])"
    r"|(?P<strong>\*\*|__(?=\w)|(?<=\w)__|(?<=[.,;:!?])__)"
    r"|(?P<light>(?<![\w*])[*_](?=[^\s*_])|(?<=[^\s*_])[*_](?![\w*]))"
)


@dataclass(slots=True)
class _Block:
    """A block's source lines while it is read."""

    kind: BlockKind
    lines: list[str]
    level: int = 0


def read_markdown(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a Markdown file (a form feed starts a new one) and its front matter.

    Every block is one line of the page, since a source line is no line of a layout.
    """
    decoded = decode(path, content)
    source = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(source):
        found = _FIELD.findall(front[1])
        metadata = {key.lower(): value.strip().strip("\"'") for key, value in found}
        source = source[front.end() :]
    source = _COMMENT.sub("", source)
    parts = split_pages(source)
    pages = tuple(_page(number, part) for number, part in enumerate(parts, 1))
    return noted(pages, decoded.told, Fault.ENCODING), metadata


def _page(number: int, source: str) -> Page:
    shown = ((block, _block_text(block)) for block in _blocks(source))
    return page_of(number, [FlowBlock(b.kind, words, b.level) for b, words in shown if words.text])


def _blocks(source: str) -> Iterator[_Block]:
    """Blocks of one page, cut as Markdown cuts them."""
    current: _Block | None = None
    fenced = False
    for line in source.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
            if current:
                yield current
            current = None
            continue
        opened = _Block(BlockKind.PARAGRAPH, [line]) if fenced else _opened(line, current)
        if opened is None:
            if current is not None:
                _extend(current, line)
            continue
        if current:
            yield current
        current = opened
    if current:
        yield current


def _extend(block: _Block, line: str) -> None:
    """Take a line into a block: a heading's underline, or more of its words."""
    if underline := _UNDERLINE.fullmatch(line):
        block.kind, block.level = BlockKind.HEADING, 1 if underline[1][0] == "=" else 2
    else:
        block.lines.append(line)


def _opened(line: str, current: _Block | None) -> _Block | None:
    """Give the block that a line opens; None where it goes on in `current`."""
    line = re.sub(r"^[ \t]*(?:>[ \t]?)+", "", line)
    going = current is not None and current.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM)
    if not line.strip():
        return _Block(BlockKind.PARAGRAPH, [])
    if heading := _HEADING.fullmatch(line):
        return _Block(BlockKind.HEADING, [heading[2] or ""], len(heading[1]))
    written = current is not None and bool(current.lines)
    if current and current.kind is BlockKind.PARAGRAPH and written and _UNDERLINE.fullmatch(line):
        return None
    if _RULE.fullmatch(line) or ("|" in line and _DIVIDER.fullmatch(line)):
        return _Block(BlockKind.PARAGRAPH, [])
    if _ITEM.match(line) or _is_row(line):
        return _Block(BlockKind.ROW if _is_row(line) else BlockKind.ITEM, [line])
    return None if going and written else _Block(BlockKind.PARAGRAPH, [line])


def _is_row(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 2


def _block_text(block: _Block) -> Visible:
    if block.kind is not BlockKind.ROW:
        return _visible(" ".join(line.strip() for line in block.lines))
    cells = _CELL_BORDER.split(block.lines[0].strip().strip("|"))
    return row_of(_visible(cell.strip()) for cell in cells)


def _visible(source: str) -> Visible:
    """Inline marks taken off; a link leaves its words."""
    shown = Visible()
    at = 0
    for match in _INLINE.finditer(source):
        shown.add(source[at : match.start()])
        at = match.end()
        shown.add(_words(match), match["url"] or match["auto"] or match["bare"])
    shown.add(source[at:])
    return shown.stripped()


def _words(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if match["words"] is not None:
        words = match["words"]
        before, after = words[:1].isspace(), words[-1:].isspace()
        return " " * before + _visible(words).text + " " * after
    if kind in ("strong", "light", None):
        return ""
    return match[kind]
