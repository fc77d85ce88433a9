"""Groups lines into blocks and classifies them: headings, paragraphs, list items, table rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mehealth_rag.reading.labels import Group, with_whole_rows
from mehealth_rag.reading.marks import (
    ends_clause,
    ends_sentence,
    goes_on,
    is_figure,
    is_unfinished,
    is_upper,
    starts_item,
    starts_numbered,
    starts_title,
)
from mehealth_rag.reading.runs import Draft, Piece, Region, TextLine, in_groups
from mehealth_rag.types import BlockKind

_LARGER = 1.1
"""Minimum size of heading text, relative to body text."""
_HEADING_WORDS = 28
_HEADING_LINES = 5
_LEADING = 1.3
"""Maximum distance between the lines of a paragraph, relative to the usual leading."""
_SHORT = 0.8
"""Share of the column width below which a line counts as short."""
_VERY_SHORT = 0.5
"""Share of the column width below which a line ends its block even without a full stop."""
_PROSE_LINES = 5
"""Minimum lines of running text from which to take a page's own body size."""
_NOTE_SIGNS = "0123456789*†‡§"
_MAX_LEVEL = 6
_TEXT = (BlockKind.PARAGRAPH, BlockKind.ITEM)


@dataclass(frozen=True, slots=True)
class Style:
    """Typical style of a document: body size in points, leading in ems, and weight."""

    body: float
    leading: float
    mostly_bold: bool


def measure(regions: Iterable[Region]) -> Style:
    """Measure the body size, weighted by characters, and the most common leading."""
    sizes: Counter[float] = Counter()
    leadings: Counter[float] = Counter()
    bold = 0
    for region in regions:
        for line in region:
            sizes[_half(line.size)] += len(line.text)
            bold += line.bold * len(line.text)
        for above, below in pairwise(region):
            step = (above.baseline - below.baseline) / max(below.size, 1.0)
            if 0.9 < step < 2.2 and len(above.text) > 30 and not above.row:
                leadings[round(step, 1)] += 1
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    leading = leadings.most_common(1)[0][0] if leadings else 1.2
    return Style(body, leading, mostly_bold=2 * bold > sizes.total())


def _half(size: float) -> float:
    return round(2 * size) / 2


def draft_pages(pages: Sequence[Sequence[Region]], style: Style) -> list[list[Draft]]:
    """Draft the blocks of every page; heading levels are ranked across the document."""
    grouped = [_page_groups(regions, style) for regions in pages]
    heads = (g for groups in grouped for g in groups if g.kind is BlockKind.HEADING)
    looks = sorted({_look(head.lines[0], style) for head in heads}, reverse=True)
    levels = {look: min(rank, _MAX_LEVEL) for rank, look in enumerate(looks, 1)}

    def draft(group: Group) -> Draft:
        level = levels[_look(group.lines[0], style)] if group.kind is BlockKind.HEADING else 0
        return Draft(group.kind, tuple(Piece(line.text, line.box) for line in group.lines), level)

    return [list(map(draft, groups)) for groups in grouped]


def _look(line: TextLine, style: Style) -> tuple[float, int]:
    """Return the sort key of a heading: size if large, else capitals, bold and upright letters."""
    if line.size > _LARGER * style.body:
        return _half(line.size), 0
    return style.body, 4 * is_upper(line.text) + 2 * line.bold + (not line.slant)


def _page_groups(regions: Sequence[Region], style: Style) -> list[Group]:
    groups: list[Group] = []
    for region in regions:
        right = max((line.box[2] for line in region), default=0.0)
        for line in region:
            if groups and _belongs(groups[-1], line, style):
                groups[-1].lines.append(line)
            else:
                groups.append(Group(_kind(line), [line], right))
    body = _page_body(regions, style)
    return _rejoined(with_whole_rows([_classified(group, style, body) for group in groups]))


def _page_body(regions: Sequence[Region], style: Style) -> float:
    """Return the size of the page's running text, or the document's if the page has too little."""
    sizes = Counter(
        _half(line.size)
        for region in regions
        for line in region
        if len(line.text) > 40 and not (line.row or line.bold or line.furniture)
    )
    return style.body if sizes.total() < _PROSE_LINES else sizes.most_common(1)[0][0]


def _kind(line: TextLine) -> BlockKind:
    if line.furniture:
        return BlockKind.FURNITURE
    if line.row:
        return BlockKind.ROW
    return BlockKind.ITEM if _opens_item(line) else BlockKind.PARAGRAPH


def _opens_item(line: TextLine) -> bool:
    note = line.note and line.text[:1] in _NOTE_SIGNS
    return line.statement or line.item or note or starts_item(line.text)


def _belongs(group: Group, line: TextLine, style: Style) -> bool:
    """Return whether a line continues the block before it."""
    last = group.last
    if any(x.row or x.furniture or x.statement or not x.upright for x in (last, line)):
        return False
    if _opens_item(line) or not (_same_style(group, line) and _is_next(last, line, style)):
        return False
    if group.kind is BlockKind.ITEM:
        return _item_goes_on(group, line)
    return line.bold or not _ends_block(group, line)


def _is_next(last: TextLine, line: TextLine, style: Style) -> bool:
    """Return whether a line is right below another, at the usual leading."""
    step = last.baseline - line.baseline
    usual = style.leading if abs(line.size - style.body) < 1 else max(style.leading, 1.25)
    near = -0.2 * line.size <= step <= _LEADING * usual * max(line.size, last.size)
    return near and line.box[0] <= last.box[2] and line.box[2] >= last.box[0]


def _same_style(group: Group, line: TextLine) -> bool:
    last = group.last
    if abs(line.size - last.size) > 0.08 * last.size:
        return False
    if line.bold and line.text.startswith("(") and is_upper(last.text):
        return False
    if line.slant != last.slant and len(group.lines) == 1 and _is_slanted_title(last.text):
        return False
    if line.bold == last.bold:
        return True
    inside = goes_on(line.text) and not ends_clause(last.text)
    full = last.box[2] > group.right - 0.1 * (group.right - last.box[0])
    return (inside and full) or (not line.bold and len(group.lines) > 1 and not group.lines[0].bold)


def _item_goes_on(group: Group, line: TextLine) -> bool:
    if line.box[0] > group.lines[0].box[0] + 0.3 * line.size:
        return True
    return not ends_clause(group.last.text) and (goes_on(line.text) or not _is_short(group))


def _ends_block(group: Group, line: TextLine) -> bool:
    """Return whether the paragraph ended before `line`: short last line, or an indent."""
    last = group.last
    if ends_clause(last.text):
        if _is_short(group) and not line.text[:1].islower():
            return True
        return line.box[0] > group.left + 0.8 * line.size and not _centred(group, line)
    if goes_on(line.text) or is_unfinished(last.text) or _centred(group, line):
        return False
    return last.box[2] < last.box[0] + _VERY_SHORT * (group.right - last.box[0])


def _is_short(group: Group) -> bool:
    """Return whether a block's last line ends well before the right edge of its column."""
    return group.last.box[2] < group.left + _SHORT * (group.right - group.left)


def _centred(group: Group, line: TextLine) -> bool:
    middle = (group.last.box[0] + group.last.box[2]) / 2
    return abs((line.box[0] + line.box[2]) / 2 - middle) < 0.5 * line.size


def _classified(group: Group, style: Style, body: float) -> Group:
    """Turn a group into a heading if it looks and reads like one."""
    text = " ".join(line.text for line in group.lines)
    item = group.kind is BlockKind.ITEM and starts_numbered(text) and not group.last.statement
    if not (item or group.kind is BlockKind.PARAGRAPH):
        return group
    size = group.lines[0].size
    large = size > _LARGER * max(body, style.body)
    bold = all(line.bold for line in group.lines) and not style.mostly_bold
    capitals = is_upper(text) and len(text.split()) <= 10
    slanted = len(group.lines) == 1 and group.last.slant and _is_slanted_title(text)
    stands_out = large or ((bold or capitals or slanted) and size > 0.93 * body)
    heading = stands_out and _is_title(text, len(group.lines))
    return replace(group, kind=BlockKind.HEADING) if heading else group


def _is_slanted_title(text: str) -> bool:
    """Return whether an italic line reads like a title rather than a name or remark."""
    return len(text.split()) <= 8 and "," not in text and text[:1].isupper()


def _is_title(text: str, lines: int) -> bool:
    letters = sum(map(str.isalpha, text))
    if letters < 2 or 2 * letters < len(text.replace(" ", "")) or is_figure(text):
        return False
    if lines > _HEADING_LINES or len(text.split()) > _HEADING_WORDS:
        return False
    if (text[0] == "(" and text[-1] == ")") or text[-1] in ",;" or is_unfinished(text):
        return False
    numbered = starts_title(text) or (starts_item(text) and len(text.split()) <= 10)
    return not ends_sentence(text) or text.endswith("?") or numbered


def _rejoined(groups: list[Group]) -> list[Group]:
    """Join paragraphs and items with their continuation at the top of the next column."""
    parts = in_groups(groups, lambda part, group: _continues(part[-1], group))
    return [
        replace(part[0], lines=[line for group in part for line in group.lines]) for part in parts
    ]


def _continues(before: Group, group: Group) -> bool:
    """Return whether a paragraph at the top of a column goes on with the block before it."""
    if before.kind not in _TEXT or group.kind is not BlockKind.PARAGRAPH:
        return False
    last, line = before.last, group.lines[0]
    moved = line.baseline > last.baseline + line.size
    same = abs(line.size - last.size) <= 0.08 * last.size and line.bold == last.bold
    lower = line.text.lstrip("(“‘\"'[")[:1].islower()
    return moved and same and lower and not ends_clause(last.text)
