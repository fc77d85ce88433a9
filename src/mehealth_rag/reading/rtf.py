"""Rich text (RTF): striprtf reads the letters; page breaks, cells and headings are marked for it.

striprtf gives one run of text. What it would lose is put into its source beforehand as letters that
nobody writes, which come out between the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from striprtf.striprtf import rtf_to_text

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.encoding import noted
from mehealth_rag.reading.flow import FlowBlock, Visible, flow_pages, plain, row_of
from mehealth_rag.reading.hidden_words import hidden_words
from mehealth_rag.types import BlockKind, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mehealth_rag.types import Page

_PAGE, _CELL, _ROW, _LINE, _ITEM, _HEADING = (chr(0xE800 + n) for n in range(6))
"""Letters for private use; `_HEADING` is followed by its level as a digit."""
_MARKS = {"page": _PAGE, "pagebb": _PAGE, "cell": _CELL, "nestcell": _CELL,
          "row": _ROW, "nestrow": _ROW, "line": _LINE}  # fmt: skip
_BREAK = re.compile(rf"\\({'|'.join(_MARKS)})(?![a-z0-9])")
_LOOK = re.compile(rf"{_ITEM}|{_HEADING}\d?")
_TOKENS = re.compile(rf"([{_PAGE}{_CELL}{_ROW}\n])")
_OUTLINE = re.compile(r"\\outlinelevel(\d)(?!\d)")
_STYLESHEET = re.compile(r"\{\\stylesheet(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_STYLE = re.compile(r"\{\\s(\d+)(?![^{}]*\\\*)[^{}]*?\bheading ([1-9]);\s*\}", re.IGNORECASE)
_BULLET = re.compile(r"\{\\(?:listtext|pntext)(?![a-z])")
_FOOTNOTE = re.compile(r"\{(?:\\\*)?\\footnote(?![a-z])")
"""A note stands where its mark does; striprtf would leave it out."""
_HIDDEN = re.compile(r"\{[^{}]*\\v(?![a-z0-9])[^{}]*\}")


def read_rtf(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a rich text, cut at its page breaks, else by section."""
    source = content.decode("latin-1")
    hidden = " ".join(_text(path, match[0]) for match in _HIDDEN.finditer(source))
    text = _text(path, _marked(_HIDDEN.sub("", source)))
    pages = flow_pages(_blocks(text))
    return noted(pages, hidden_words(hidden) if hidden else None, Fault.HIDDEN), {}


def _text(path: Path, source: str) -> str:
    try:
        return str(rtf_to_text(source, errors="replace"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ReadingError(f"{path}: the RTF is damaged ({reason}); get the file again") from error


def _blocks(text: str) -> Iterator[FlowBlock]:
    cells: list[Visible] = []
    words, breaks = "", False
    for part in (*_TOKENS.split(text), "\n"):
        if part == _CELL:
            cells.append(plain(_LOOK.sub("", words)))
            words = ""
        elif part == _ROW:
            yield FlowBlock(BlockKind.ROW, row_of(cells), 0, breaks)
            cells, breaks = [], False
        elif part == "\n" and cells:
            words += " "
        elif part in ("\n", _PAGE):
            if words.strip():
                yield _paragraph(words, breaks)
                breaks = False
            words, breaks = "", breaks or part == _PAGE
        else:
            words += part.replace(_LINE, " ")


def _paragraph(words: str, breaks: bool) -> FlowBlock:
    look = _LOOK.search(words)
    visible = plain(_LOOK.sub("", words))
    if look is None:
        return FlowBlock(BlockKind.PARAGRAPH, visible, 0, breaks)
    level = int(look[0][1:] or 0)
    return FlowBlock(BlockKind.HEADING if level else BlockKind.ITEM, visible, level, breaks)


def _marked(source: str) -> str:
    """The source with a letter for each thing that striprtf does not keep."""
    levels: dict[str, str] = {}
    if sheet := _STYLESHEET.search(source):
        levels = dict(_STYLE.findall(sheet[0]))
        source = source[: sheet.start()] + source[sheet.end() :]
    if levels:
        named = re.compile(rf"\\s({'|'.join(levels)})(?!\d)")
        source = named.sub(lambda match: _letter(_HEADING, levels[match[1]]) + match[0], source)
    source = _OUTLINE.sub(lambda match: _letter(_HEADING, str(int(match[1]) + 1)), source)
    source = _BULLET.sub(lambda match: _letter(_ITEM) + match[0], source)
    source = _FOOTNOTE.sub(lambda _: "{" + _letter(_LINE), source)
    return _BREAK.sub(lambda match: _letter(_MARKS[match[1]]), source)


def _letter(letter: str, after: str = "") -> str:
    return rf"{{\uc0\u{ord(letter)} {after}}}"
