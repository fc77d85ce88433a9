"""Markdown: what a reader sees of it, with headings, items, table rows, code and links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mehealth_rag.reading.encoding import decode, noted
from mehealth_rag.reading.flow import FlowBlock, Visible, page_of, row_of
from mehealth_rag.reading.fragments import blocks_of
from mehealth_rag.reading.hidden_words import hidden_words
from mehealth_rag.reading.markdown_blocks import REFERENCE, Cut, SourceBlock, cells_of, cut
from mehealth_rag.reading.markdown_inline import visible
from mehealth_rag.reading.text import split_pages
from mehealth_rag.types import BlockKind, Fault, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIELD = re.compile(r"^(\w[\w-]*):[ \t]*(.+)$", re.MULTILINE)
_COMMENT = re.compile(
    r"(?P<fence>^[ \t>]*(?P<open>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*(?P=open)|\Z))"
    r"|(?P<code>(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`))"
    r"|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
"""A comment, or code before it, in which it would be none."""


def read_markdown(
    path: Path, content: bytes, *, code: bool = True
) -> tuple[tuple[Page, ...], Mapping[str, str]]:
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
    source = _COMMENT.sub(lambda match: match["fence"] or match["code"] or "", source)
    reader = _Reader(source, code=code)
    pages = tuple(reader.page(n, part) for n, part in enumerate(split_pages(source), 1))
    if hidden := " ".join(reader.hidden):
        pages = noted(pages, hidden_words(hidden), Fault.HIDDEN)
    return noted(pages, decoded.told, Fault.ENCODING), metadata


class _Reader:
    """What reading a document knows of it: its named links, and the hidden words it has met."""

    def __init__(self, source: str, *, code: bool) -> None:
        self._code = code
        self._references = {
            " ".join(match[1].lower().split()): match[2]
            for match in map(REFERENCE.fullmatch, source.split("\n"))
            if match
        }
        self.hidden: list[str] = []

    def page(self, number: int, source: str) -> Page:
        """One page of its blocks that hold words."""
        shown = (flow for block in cut(source.split("\n")) for flow in self._flow(block))
        return page_of(number, [flow for flow in shown if flow.words.text])

    def _flow(self, block: SourceBlock) -> Iterator[FlowBlock]:
        if block.cut is Cut.HTML:
            found, hidden = blocks_of("\n".join(block.lines))
            self.hidden += [hidden] if hidden else []
            yield from found
        elif block.cut is Cut.CODE:
            words = Visible()
            words.add(" ".join(line.strip() for line in block.lines if self._code))
            yield FlowBlock(BlockKind.PARAGRAPH, words.stripped())
        elif block.kind is BlockKind.ROW:
            cells = (visible(cell, self._references) for cell in cells_of(block.lines[0]))
            yield FlowBlock(BlockKind.ROW, row_of(cells))
        else:
            text = " ".join(line.strip() for line in block.lines)
            yield FlowBlock(block.kind, visible(text, self._references), block.level)
