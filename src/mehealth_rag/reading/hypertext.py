"""Converts HTML to blocks, for web pages, e-mails, books, and formats converted to HTML.

Meaning that is only in the markup is first written out as text: equations, raised figures,
definition lists, cells that span rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from mehealth_rag.reading.equations import mathml
from mehealth_rag.reading.flow import LONG_CELL, FlowBlock, Node, Visible, row_of
from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.types import BlockKind

_BLOCKS = (
    "address article aside blockquote body center details dd dialog dir div dl dt fieldset "
    "figcaption figure footer form head header hr html iframe legend li link main menu nav ol p "
    "pre script section style summary table tbody td textarea tfoot th thead title tr ul"
).split()
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
"""Heading tags, highest level first."""
_PARTING = frozenset((*_BLOCKS, *HEADINGS))
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "textarea"})
_INLINE = (
    "a abbr b bdi bdo big br cite code data del dfn em font i img ins kbd mark picture q s samp "
    "small source span strike strong sub sup time tt u var wbr input label button"
).split()

TAG = rf"</?(?:{'|'.join((*_BLOCKS, *_INLINE))}|h[1-6])(?:\s[^<>]*)?/?>"
"""Pattern of an HTML tag; other words in angle brackets are text."""

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|$)",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?<![^{}])([^{}]*+)\{([^{}]*+)\}")
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)\s*(?=,|$)")
"""A class at the end of a selector."""
_ALIGNED = re.compile(r"vertical-align\s*:\s*(super|sub|-?((?:\d*\.)?\d++)(?:%|em|ex|rem|px|pt))")
_MOVED = re.compile(r"(?<![\w-])top\s*:\s*(-?)((?:\d*\.)?\d++)(?:%|em|ex|rem|px|pt)")
_LONG_TEXT = 300
"""Maximum characters of a definition that is put on one line with its term."""
_FIGURE = re.compile(r"[^\w\s]{0,2}\d\S*(?: \S+){0,2}")
"""A figure with at most two words, such as "£1.4m" or "11 weeks"."""
_MOST_SPAN = 1_000
"""Maximum rows or columns that a cell may span, against absurd values."""
_INNER_BLOCKS = ("ul", "ol", "dl", "table", "pre", "blockquote", *HEADINGS)


def take_out_hidden(tree: Node) -> str:
    """Remove elements that a browser does not show, and return their words."""
    removed = []
    for element in list(tree.iter("*")):
        hides = _HIDING.search(element.get("style") or "") or element.get("hidden") is not None
        if element.tag == "template" or (hides and element.tag not in ("html", "body")):
            words = " ".join(element.text_content().split())
            removed.append(words)
            for inner in element.iter("*"):
                inner.attrib.clear()  # so that nested hidden elements are not counted again
            if element.getparent() is not None:
                element.drop_tree()
    return " ".join(filter(None, removed))


def put_into_words(tree: Node, css: str = "") -> None:
    """Write out as text what is only in the markup.

    Covers equations, raised figures, definition lists and merged cells. `css` holds the page's
    external style sheets.
    """
    _name_raised(tree, css)
    steps = ((_write_out, ("math",)), (_raise, ("sup", "sub")), (_tie_terms, ("dl",)),
             (_tie_labels, ("table",)), (_spread_cells, ("table",)),
             (_tie_figure, ("div", "li")))  # fmt: skip
    for step, tags in steps:
        for element in list(tree.iter(*tags)):
            step(element)


def _name_raised(tree: Node, css: str) -> None:
    """Rename elements that only CSS raises or lowers, as in many books, to `sup` or `sub`."""
    rules = " ".join((css, *("".join(sheet.itertext()) for sheet in tree.iter("style"))))
    classes: dict[str, str] = {}
    for names, style in _RULE.findall(rules):
        if tag := _position_tag(style):
            classes |= dict.fromkeys(_CLASS.findall(names), tag)
    for element in tree.iter("span", "small", "font", "a"):
        tags = [classes[name] for name in (element.get("class") or "").split() if name in classes]
        if tag := _position_tag(element.get("style") or "") or next(iter(tags), ""):
            element.tag = tag


def _position_tag(style: str) -> str:
    """Return the tag equivalent to the vertical position in a style: "sup", "sub" or ""."""
    if (aligned := _ALIGNED.search(style)) and float(aligned[2] or 1):
        return "sub" if aligned[1] == "sub" or aligned[1].startswith("-") else "sup"
    if "relative" in style and (moved := _MOVED.search(style)) and float(moved[2]):
        return "sup" if moved[1] else "sub"
    return ""


def _write_out(equation: Node) -> None:
    words = mathml(equation)
    equation.clear(keep_tail=True)
    equation.tag, equation.text = "span", words


def _raise(element: Node) -> None:
    words = element.text_content()
    text = raised(words) if element.tag == "sup" else lowered(words, _before(element))
    if text != words:
        for child in list(element):
            child.drop_tree()
        element.text = text
    if not len(element):  # an element with children, such as a link, stays
        element.drop_tag()


def _before(element: Node) -> str:
    previous = element.getprevious()
    if previous is not None:
        return previous.tail or previous.text_content() or ""
    parent = element.getparent()
    return "" if parent is None else parent.text or ""


def _tie_terms(listing: Node) -> None:
    """Turn a definition list into a plain list whose items are "term: definition"."""
    for group in listing.findall("div"):  # HTML allows a `div` around each pair
        group.drop_tag()
    terms: list[Node] = []
    tied: set[Node] = set()
    defined = False
    for child in list(listing):
        if child.tag == "dt":
            terms = [*([] if defined else terms), child]
            defined = False
        elif child.tag == "dd":
            defined = True
            if terms and _is_short(child):
                _put_before(child, ", ".join(" ".join(t.text_content().split()) for t in terms))
                tied.update(terms)
    for child in list(listing):
        if child in tied:
            child.drop_tree()
        elif child.tag in ("dt", "dd"):
            child.tag = "li"
    listing.tag = "ul"


def _tie_labels(table: Node) -> None:
    """Turn a table whose rows are each a heading and its value into a list like `_tie_terms`."""
    rows = list(table.iter("tr"))
    pairs = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    tags = {tuple(cell.tag for cell in pair) for pair in pairs}
    if tags != {("th", "td")} or not all(_is_short(value) for _, value in pairs):
        return
    for row, (label, value) in zip(rows, pairs, strict=True):
        _put_before(value, " ".join(label.text_content().split()))
        label.drop_tree()
        value.drop_tag()
        row.tag = "li"
    for group in list(table.iter("thead", "tbody", "tfoot")):
        group.drop_tag()
    table.tag = "ul"


def _tie_figure(element: Node) -> None:
    """Join a large figure and its caption, the only two children of an element, to one line."""
    texts = [" ".join(child.text_content().split()) for child in element]
    own = [element.text, *(child.tail for child in element)]
    if len(texts) != 2 or any((text or "").strip() for text in own):
        return
    figures = [bool(_FIGURE.fullmatch(text)) for text in texts]
    if all(texts) and sum(figures) == 1 and _is_short(element):
        element.tag = "p" if element.tag == "div" else element.tag
        for child in list(element):
            child.drop_tree()
        element.text = " ".join(texts)


def _is_short(text: Node) -> bool:
    """Return whether a definition fits on one line with its term: short and without blocks."""
    plain = next(text.iter(*_INNER_BLOCKS), None) is None and len(text.findall("p")) <= 1
    return plain and len(text.text_content()) <= _LONG_TEXT


def _put_before(text: Node, term: str) -> None:
    for paragraph in text.findall("p"):
        paragraph.drop_tag()
    colon = "" if term.endswith((":", "?", ".", "!")) else ":"
    text.text = f"{term}{colon} {(text.text or '').lstrip()}"


def _spread_cells(table: Node) -> None:
    """Expand merged cells: repeat row spans in each row, add empty cells for column spans."""
    if not table.xpath(".//*[@rowspan or @colspan]") or table.xpath(".//table"):
        return
    reaching: dict[int, tuple[int, Node]] = {}
    for row in list(table.iter("tr")):
        column = 0
        cells = [c for c in row if c.tag in ("td", "th")]
        own = any(cell.text_content().strip() or cell.find(".//img") is not None for cell in cells)
        for cell in cells:
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
        if not own:
            row.drop_tree()  # it only repeats the row above


def _fill(row: Node, cell: Node, column: int, reaching: dict[int, tuple[int, Node]]) -> int:
    """Insert the cells that span down into a row before `cell`; return the next free column."""
    while column in reaching:
        left, source = reaching.pop(column)
        if left > 1:
            reaching[column] = (left - 1, source)
        copy = row.makeelement("td")
        if source is not None and len(source.text_content()) <= LONG_CELL:
            copy.text = " ".join(source.text_content().split())
        if cell is None:
            row.append(copy)
        else:
            cell.addprevious(copy)
        column += 1
    return column


def _span(cell: Node, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), _MOST_SPAN) if value.isdecimal() else 1


def blocks_of(source: str, css: str = "") -> tuple[list[FlowBlock], str]:
    """Return the blocks of an HTML fragment and the words in it that a browser does not show.

    `css` holds its external style sheets.
    """
    from lxml import html  # imported only if needed

    try:
        tree = html.document_fromstring(f"<body><div>{source}</div></body>")
    except (ValueError, html.etree.ParserError):
        return [], ""
    hidden = take_out_hidden(tree)
    put_into_words(tree, css)
    blocks = walk(tree)
    return [replace(b, words=b.words.stripped()) for b in blocks if b.words.text.strip()], hidden


def walk(
    element: Node, kind: BlockKind = BlockKind.PARAGRAPH, level: int = 0
) -> Iterator[FlowBlock]:
    """Yield the blocks of an HTML element, depth first; some are empty."""
    if element.tag == "tr":
        cells = [child for child in element if child.tag in ("td", "th")]
        heads = len(cells) > 1 and all(cell.tag == "th" for cell in cells)
        yield FlowBlock(BlockKind.ROW, row_of(map(_words, cells)), int(heads))
        return
    if element.tag == "li":
        kind = BlockKind.ITEM
    elif element.tag in HEADINGS:
        kind, level = BlockKind.HEADING, int(element.tag[1])
    words = Visible()
    words.add(element.text)
    for child in element:
        if child.tag in _PARTING:
            yield FlowBlock(kind, words, level)
            words = Visible()
            if child.tag not in _UNSEEN:
                yield from walk(child, kind, level)
        else:
            _add(words, child)
        words.add(child.tail)
    yield FlowBlock(kind, words, level)


def _words(element: Node) -> Visible:
    """Return all text below an element as one line."""
    words = Visible()
    words.add(element.text)
    for child in element:
        if child.tag in _PARTING:
            words.join(_words(child))
            words.add(" ")
        else:
            _add(words, child)
        words.add(child.tail)
    return words


def _add(words: Visible, element: Node) -> None:
    """Add an inline element: a link with its address, anything else as its text."""
    if element.tag == "br":
        words.add(" ")
    elif element.tag not in _UNSEEN:
        words.add(_shown(element), element.get("href") if element.tag == "a" else None)


def _shown(element: Node) -> str:
    """Return the text of an inline element, with the alternative text of its pictures."""
    if not isinstance(element.tag, str):
        return ""
    if element.tag == "img":
        return element.get("alt") or ""
    return (element.text or "") + "".join(f"{_shown(child)}{child.tail or ''}" for child in element)
