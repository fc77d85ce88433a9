"""What an HTML tree says by its marks alone, put into words before trafilatura drops the marks."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from mehealth_rag.reading.raised import lowered, raised

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|$)",
    re.IGNORECASE,
)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)\s*(?=,|$)")
"""A class at the end of a selector."""
_ALIGNED = re.compile(r"vertical-align\s*:\s*(super|sub|-?(\d*\.?\d+)(?:%|em|ex|rem|px|pt))")
_MOVED = re.compile(r"(?<![\w-])top\s*:\s*(-?)(\d*\.?\d+)(?:%|em|ex|rem|px|pt)")
_LONG_TEXT = 300
"""A longer text does not stand on one line with the term that it explains."""
_LONG_CELL = 120
"""A merged cell with more characters is not the label of its rows, and is not said again."""
_MOST_SPAN = 1_000
"""No table has more rows or columns in one cell, whatever the page says."""
_INNER_BLOCKS = "ul|ol|dl|table|pre|blockquote|h1|h2|h3|h4|h5|h6"


def take_out_hidden(tree: Any) -> str:  # noqa: ANN401 - lxml has no types
    """Remove elements that a browser does not show; give their words."""
    taken = []
    for element in list(tree.iter("*")):
        hides = _HIDING.search(element.get("style") or "") or element.get("hidden") is not None
        if element.tag == "template" or (hides and element.tag not in ("html", "body")):
            words = " ".join(element.text_content().split())
            taken.append(words)
            for inner in element.iter("*"):
                inner.attrib.clear()  # counted once
            if element.getparent() is not None:
                element.drop_tree()
    return " ".join(filter(None, taken))


def put_into_words(tree: Any, css: str = "") -> None:  # noqa: ANN401 - lxml has no types
    """Make words of what marks say: raised figures, terms and their texts, cells over rows.

    `css` are the styles of the page that do not stand in it.
    """
    _name_raised(tree, css)
    for element in list(tree.iter("sup", "sub")):
        _raise(element)
    for element in list(tree.iter("dl")):
        _tie_terms(element)
    for element in list(tree.iter("table")):
        _spread_cells(element)


def _name_raised(tree: Any, css: str) -> None:  # noqa: ANN401
    """Call `sup` or `sub` what only a style raises or lowers: programs write books that way."""
    rules = " ".join((css, *("".join(style.itertext()) for style in tree.iter("style"))))
    classes: dict[str, str] = {}
    for names, look in _RULE.findall(rules):
        if stands := _stands(look):
            classes |= dict.fromkeys(_CLASS.findall(names), stands)
    for element in tree.iter("span", "small", "font", "a"):
        own = [classes[name] for name in (element.get("class") or "").split() if name in classes]
        if stands := _stands(element.get("style") or "") or next(iter(own), ""):
            element.tag = stands


def _stands(look: str) -> str:
    """The tag that says what a style does: `sup`, `sub`, or none."""
    if (aligned := _ALIGNED.search(look)) and float(aligned[2] or 1):
        return "sub" if aligned[1] == "sub" or aligned[1].startswith("-") else "sup"
    if "relative" in look and (moved := _MOVED.search(look)) and float(moved[2]):
        return "sup" if moved[1] else "sub"
    return ""


def _raise(element: Any) -> None:  # noqa: ANN401
    words = element.text_content()
    text = raised(words) if element.tag == "sup" else lowered(words, _before(element))
    if text != words:
        for child in list(element):
            child.drop_tree()
        element.text = text
    if not len(element):  # with a link in it, its words are raised no further
        element.drop_tag()


def _before(element: Any) -> str:  # noqa: ANN401
    previous = element.getprevious()
    if previous is not None:
        return previous.tail or previous.text_content() or ""
    parent = element.getparent()
    return "" if parent is None else parent.text or ""


def _tie_terms(listing: Any) -> None:  # noqa: ANN401
    """Make a list of a definition list: each item is a term with its text."""
    for group in listing.findall("div"):  # HTML lets a `div` hold each pair
        group.drop_tag()
    terms: list[Any] = []
    tied: set[Any] = set()
    told = False
    for child in list(listing):
        if child.tag == "dt":
            terms = [*([] if told else terms), child]
            told = False
        elif child.tag == "dd":
            told = True
            if terms and _is_short(child):
                _put_before(child, ", ".join(" ".join(t.text_content().split()) for t in terms))
                tied.update(terms)
    for child in list(listing):
        if child in tied:
            child.drop_tree()
        elif child.tag in ("dt", "dd"):
            child.tag = "li"
    listing.tag = "ul"


def _is_short(text: Any) -> bool:  # noqa: ANN401
    """Whether a text stands on one line with its term: no blocks in it, not long."""
    if text.xpath(" | ".join(f".//{name}" for name in _INNER_BLOCKS.split("|"))):
        return False
    return len(text.findall("p")) <= 1 and len(text.text_content()) <= _LONG_TEXT


def _put_before(text: Any, term: str) -> None:  # noqa: ANN401
    for paragraph in text.findall("p"):
        paragraph.drop_tag()
    colon = "" if term.endswith((":", "?", ".", "!")) else ":"
    text.text = f"{term}{colon} {(text.text or '').lstrip()}"


def _spread_cells(table: Any) -> None:  # noqa: ANN401
    """Give each row all its cells: those that reach down into it, empty ones for a wide one."""
    if not table.xpath(".//*[@rowspan or @colspan]") or table.xpath(".//table"):
        return
    reaching: dict[int, tuple[int, Any]] = {}
    for row in table.iter("tr"):
        column = 0
        for cell in [c for c in row if c.tag in ("td", "th")]:
            column = _fill(row, cell, column, reaching)
            wide, deep = _span(cell, "colspan"), _span(cell, "rowspan")
            for place in range(column, column + wide):
                source = cell if place == column else None
                if deep > 1:
                    reaching[place] = (deep - 1, deepcopy(source))
                if place > column:
                    cell.addnext(cell.makeelement(cell.tag))
            for name in ("colspan", "rowspan"):
                cell.attrib.pop(name, None)
            column += wide
        _fill(row, None, column, reaching)


def _fill(row: Any, cell: Any, column: int, reaching: dict[int, tuple[int, Any]]) -> int:  # noqa: ANN401
    """Put the cells that reach down into a row before `cell`; give the next free column."""
    while column in reaching:
        left, source = reaching.pop(column)
        if left > 1:
            reaching[column] = (left - 1, source)
        copy = row.makeelement("td")
        if source is not None and len(source.text_content()) <= _LONG_CELL:
            copy.text = " ".join(source.text_content().split())
        if cell is None:
            row.append(copy)
        else:
            cell.addprevious(copy)
        column += 1
    return column


def _span(cell: Any, name: str) -> int:  # noqa: ANN401
    told = (cell.get(name) or "1").strip()
    return min(max(int(told), 1), _MOST_SPAN) if told.isdecimal() else 1
