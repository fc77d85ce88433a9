"""HTML to blocks: of web pages, of other formats' pieces of HTML, of what libraries make HTML.

What a tree says by its marks alone is put into words first: equations, raised figures, terms and
their texts, cells that reach over rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from mehealth_rag.reading.equations import mathml
from mehealth_rag.reading.flow import FlowBlock, Node, Visible, row_of
from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.types import BlockKind

_BLOCKS = (
    "address article aside blockquote body center details dd dialog dir div dl dt fieldset "
    "figcaption figure footer form head header hr html iframe legend li link main menu nav ol p "
    "pre script section style summary table tbody td textarea tfoot th thead title tr ul"
).split()
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
"""Tags of headings, the highest first."""
_PARTING = frozenset((*_BLOCKS, *HEADINGS))
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "textarea"})
_INLINE = (
    "a abbr b bdi bdo big br cite code data del dfn em font i img ins kbd mark picture q s samp "
    "small source span strike strong sub sup time tt u var wbr input label button"
).split()

TAG = rf"</?(?:{'|'.join((*_BLOCKS, *_INLINE))}|h[1-6])(?:\s[^<>]*)?/?>"
"""A tag of HTML; words in angle brackets that are none stay words."""

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
"""A longer text does not stand on one line with the term that it explains."""
_LONG_CELL = 120
"""A merged cell with more characters is not the label of its rows, and is not said again."""
_MOST_SPAN = 1_000
"""No table has more rows or columns in one cell, whatever the page says."""
_INNER_BLOCKS = ("ul", "ol", "dl", "table", "pre", "blockquote", *HEADINGS)


def take_out_hidden(tree: Node) -> str:
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


def put_into_words(tree: Node, css: str = "") -> None:
    """Make words of what marks say: equations, raised figures, terms and their texts, merged cells.

    `css` are the styles of the page that do not stand in it.
    """
    _name_raised(tree, css)
    steps = ((_write_out, ("math",)), (_raise, ("sup", "sub")), (_tie_terms, ("dl",)),
             (_spread_cells, ("table",)))  # fmt: skip
    for step, tags in steps:
        for element in list(tree.iter(*tags)):
            step(element)


def _name_raised(tree: Node, css: str) -> None:
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
    if not len(element):  # with a link in it, its words are raised no further
        element.drop_tag()


def _before(element: Node) -> str:
    previous = element.getprevious()
    if previous is not None:
        return previous.tail or previous.text_content() or ""
    parent = element.getparent()
    return "" if parent is None else parent.text or ""


def _tie_terms(listing: Node) -> None:
    """Make a list of a definition list: each item is a term with its text."""
    for group in listing.findall("div"):  # HTML lets a `div` hold each pair
        group.drop_tag()
    terms: list[Node] = []
    tied: set[Node] = set()
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


def _is_short(text: Node) -> bool:
    """Whether a text stands on one line with its term: no blocks in it, not long."""
    plain = next(text.iter(*_INNER_BLOCKS), None) is None and len(text.findall("p")) <= 1
    return plain and len(text.text_content()) <= _LONG_TEXT


def _put_before(text: Node, term: str) -> None:
    for paragraph in text.findall("p"):
        paragraph.drop_tag()
    colon = "" if term.endswith((":", "?", ".", "!")) else ":"
    text.text = f"{term}{colon} {(text.text or '').lstrip()}"


def _spread_cells(table: Node) -> None:
    """Give each row all its cells: those that reach down into it, empty ones for a wide one."""
    if not table.xpath(".//*[@rowspan or @colspan]") or table.xpath(".//table"):
        return
    reaching: dict[int, tuple[int, Node]] = {}
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


def _fill(row: Node, cell: Node, column: int, reaching: dict[int, tuple[int, Node]]) -> int:
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


def _span(cell: Node, name: str) -> int:
    told = (cell.get(name) or "1").strip()
    return min(max(int(told), 1), _MOST_SPAN) if told.isdecimal() else 1


def blocks_of(source: str, css: str = "") -> tuple[list[FlowBlock], str]:
    """The blocks of a piece of HTML with its styles, and the words that a browser does not show."""
    from lxml import html  # only where there is any

    try:
        tree = html.document_fromstring(f"<body><div>{source}</div></body>")
    except (ValueError, html.etree.ParserError):
        return [], ""
    hidden = take_out_hidden(tree)
    put_into_words(tree, css)
    found = walk(tree)
    return [replace(b, words=b.words.stripped()) for b in found if b.words.text.strip()], hidden


def walk(
    element: Node, kind: BlockKind = BlockKind.PARAGRAPH, level: int = 0
) -> Iterator[FlowBlock]:
    """The blocks of an element of HTML, depth first; some hold no words."""
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
    """All words below an element in one line."""
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
    """Add what stands inside a line: a link with its address, anything else as its words."""
    if element.tag == "br":
        words.add(" ")
    elif element.tag not in _UNSEEN:
        words.add(_shown(element), element.get("href") if element.tag == "a" else None)


def _shown(element: Node) -> str:
    """The words of an element inside a line, those that stand for its pictures among them."""
    if not isinstance(element.tag, str):
        return ""
    if element.tag == "img":
        return element.get("alt") or ""
    return (element.text or "") + "".join(f"{_shown(child)}{child.tail or ''}" for child in element)
