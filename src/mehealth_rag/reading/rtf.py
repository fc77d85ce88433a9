"""Rich text (RTF), read with striprtf.

striprtf returns plain text only. Page breaks, cells, headings and the like, which it would lose,
are put into the source beforehand as private-use characters, and interpreted in its output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import Cell, FlowBlock, Grid, Read, flow_pages, plain, with_running
from mehealth_rag.reading.packages import damaged
from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.types import BlockKind

_PAGE, _CELL, _ROW, _LINE, _ITEM, _HEADING = (chr(0xE800 + n) for n in range(6))
"""Private-use characters; `_HEADING` is followed by its level as a digit."""
_COLUMN, _MERGED, _SUPER, _SUB, _ENDS = (chr(0xE806 + n) for n in range(5))
"""A column definition of the next row, preceded by `_MERGED` if its cell continues the row above;
the starts of superscript and subscript, and their end."""
_MARKS = {"page": _PAGE, "pagebb": _PAGE, "cell": _CELL, "nestcell": _CELL,
          "row": _ROW, "nestrow": _ROW, "line": _LINE}  # fmt: skip
_DEFINES = {"clvmrg": _MERGED, "cellx": _COLUMN}
_BREAK = re.compile(rf"\\({'|'.join(_MARKS)})(?![a-z0-9])")
_LOOK = re.compile(rf"{_ITEM}|{_HEADING}\d?")
_MARK = re.compile(rf"{_LOOK.pattern}|[{_COLUMN}-{_ENDS}]")
_COLUMNS = re.compile(rf"{_MERGED}?{_COLUMN}")
_DEFINED = re.compile(r"\\(clvmrg|cellx)(?![a-z])")
_STANDS = re.compile(
    r"\\((?:su(?:per|b)(?!\d)|(?:up|dn)[1-9]\d*)(?![a-z])) ?"
    r"((?:[^{}\\]|\\(?!nosupersub|plain|pard|super|sub|up\d|dn\d)[^{}])*)"
)
_STANDING = re.compile(rf"([{_SUPER}{_SUB}])([^{_SUPER}{_SUB}{_ENDS}]*){_ENDS}")
_TOKENS = re.compile(rf"([{_PAGE}{_CELL}{_ROW}\n])")
_OUTLINE = re.compile(r"\\outlinelevel(\d)(?!\d)")
_STYLESHEET = re.compile(r"\{\\stylesheet(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_STYLE = re.compile(r"\{\\s(\d++)(?![^{}]*\\\*)[^{}]*?\bheading ([1-9]);\s*\}", re.IGNORECASE)
_BULLET = re.compile(r"\{\\(?:listtext|pntext)(?![a-z])")
_FOOTNOTE = re.compile(r"\{(?:\\\*)?\\footnote(?![a-z])")
"""A footnote, which striprtf would leave out; it is kept at the place of its mark."""
_HIDDEN = re.compile(r"\{[^{}]*\\v(?![a-z0-9])[^{}]*\}")
_DELETED = re.compile(r"\{[^{}]*\\deleted(?![a-z0-9])[^{}]*\}")
_RAW = re.compile(rb"[\x80-\xff]")  # bytes that RTF requires to be escaped
_SHAPE = re.compile(r"\\(?:\*\\)?(?:shp|shpinst|shpgrp|(shptxt))(?![a-z])")
"""What wraps a text box up so that striprtf leaves it out."""
_BEGINS = re.compile(r"(?:(?<!\s)\s++)?\{\\rtf[^{}]*")
_BRACE = re.compile(r"\\[\\{}]|[{}]")
_RUNNING = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_INFO = ("title", "author")
_CREATED = re.compile(r"\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})(?!\d)")


def read_rtf(path: Path, content: bytes) -> Read:
    """Read the pages of an RTF file, cut at page breaks, else by section. Raises ReadingError."""
    escaped = _RAW.sub(lambda match: b"\\'%02x" % ord(match[0]), content)
    source = _DELETED.sub("", escaped.decode("ascii"))
    source = _SHAPE.sub(lambda match: r"\par" if match[1] else "", source)
    hidden = " ".join(_text(path, match[0]) for match in _HIDDEN.finditer(source))
    source = _HIDDEN.sub("", source)
    fonts = (r"{\fonttbl" + group[1:] for group in _groups(source, "fonttbl"))
    begins = "".join((*_BEGINS.findall(source)[:1], *fonts))
    heads = (
        block
        for group in _groups(source, *_RUNNING)
        for block in _blocks(_text(path, _marked(begins + group)))
    )
    pages = flow_pages(with_running(_blocks(_text(path, _marked(source))), heads))
    info = "".join(_groups(source, "info"))
    metadata = {
        name: _text(path, begins + group) for name in _INFO for group in _groups(info, name)
    }
    if created := _CREATED.search(info):
        metadata["created"] = f"{created[1]}-{int(created[2]):02}-{int(created[3]):02}"
    metadata = {key: " ".join(value.split()) for key, value in metadata.items() if value.strip()}
    return with_hidden(pages, hidden), metadata


def _groups(source: str, *names: str) -> Iterator[str]:
    """Yield the groups that begin with one of the control words `names`, without that word."""
    for match in re.finditer(rf"\{{\\(?:{'|'.join(names)})(?![a-z]) ?", source):
        depth = 0
        for brace in _BRACE.finditer(source, match.start()):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                yield "{" + source[match.end() : brace.end()]
                break


def _text(path: Path, source: str) -> str:
    try:
        text = str(rtf_to_text(source, errors="replace"))
        # RTF writes characters beyond U+FFFF as surrogate pairs.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return _STANDING.sub(_as_it_stands, text)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(path, NAMES["rtf"], error) from error


def _as_it_stands(match: re.Match[str]) -> str:
    if match[1] == _SUPER:
        return raised(match[2])
    return lowered(match[2], match.string[: match.start()][-1:])


def _blocks(text: str) -> Iterator[FlowBlock]:
    cells: list[Cell] = []
    columns: list[str] = []
    grid = Grid()
    words, breaks = "", False
    for part in (*_TOKENS.split(text), "\n"):
        if part == _CELL:
            columns = columns if cells else _COLUMNS.findall(words)
            goes_on = columns[len(cells) : len(cells) + 1] == [_MERGED + _COLUMN]
            cells.append(Cell(plain(_MARK.sub("", words)), goes_on))
            words = ""
        elif part == _ROW:
            yield grid.block(cells, new_page=breaks)
            cells, breaks, words = [], False, ""
        elif part == "\n" and cells:
            words += " "
        elif part in ("\n", _PAGE):
            if _MARK.sub("", words).strip():
                yield _paragraph(words, breaks)
                breaks = False
            words, breaks = "", breaks or part == _PAGE
        else:
            words += part.replace(_LINE, " ")


def _paragraph(words: str, breaks: bool) -> FlowBlock:
    look = _LOOK.search(words)
    visible = plain(_MARK.sub("", words))
    if look is None:
        return FlowBlock(BlockKind.PARAGRAPH, visible, 0, breaks)
    level = int(look[0][1:] or 0)
    return FlowBlock(BlockKind.HEADING if level else BlockKind.ITEM, visible, level, breaks)


def _marked(source: str) -> str:
    """Insert a private-use character for each element that striprtf drops."""
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
    source = _DEFINED.sub(lambda m: _letter(_DEFINES[m[1]]) + m[0], source)
    source = _STANDS.sub(
        lambda m: (
            _letter(_SUB if m[1].startswith(("sub", "dn")) else _SUPER) + m[2] + _letter(_ENDS)
        ),
        source,
    )
    return _BREAK.sub(lambda match: _letter(_MARKS[match[1]]), source)


def _letter(letter: str, after: str = "") -> str:
    return rf"{{\uc0\u{ord(letter)} {after}}}"
