"""Pieces of HTML that stand in other formats: their blocks, without a site's furniture."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mehealth_rag.reading.flow import FlowBlock, Visible, row_of
from mehealth_rag.reading.web_marks import put_into_words, take_out_hidden
from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = (
    "address article aside blockquote body center details dd dialog dir div dl dt fieldset "
    "figcaption figure footer form head header hr html iframe legend li link main menu nav ol p "
    "pre script section style summary table tbody td textarea tfoot th thead title tr ul"
).split()
_HEADINGS = re.compile(r"h[1-6]")
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "textarea"})
_INLINE = (
    "a abbr b bdi bdo big br cite code data del dfn em font i img ins kbd mark picture q s samp "
    "small source span strike strong sub sup time tt u var wbr input label button"
).split()

OPENING = re.compile(rf" {{0,3}}</?({'|'.join(_BLOCKS)}|h[1-6])(?=[\s/>]|$)", re.IGNORECASE)
"""How a line begins that is of HTML."""
TAG = rf"</?(?:{'|'.join((*_BLOCKS, *_INLINE))}|h[1-6])(?:\s[^<>]*)?/?>"
"""A tag of HTML; words in angle brackets that are none stay words."""


def blocks_of(source: str, css: str = "") -> tuple[list[FlowBlock], str]:
    """The blocks of a piece of HTML with its styles, and the words that a browser does not show."""
    from lxml import html  # only where there is any

    try:
        tree = html.document_fromstring(f"<body><div>{source}</div></body>")
    except (ValueError, html.etree.ParserError):
        return [], ""
    hidden = take_out_hidden(tree)
    put_into_words(tree, css)
    found = _walk(tree, BlockKind.PARAGRAPH, 0)
    return [replace(b, words=b.words.stripped()) for b in found if b.words.text.strip()], hidden


def _walk(element: Any, kind: BlockKind, level: int) -> Iterator[FlowBlock]:  # noqa: ANN401
    if element.tag == "tr":
        cells = [child for child in element if child.tag in ("td", "th")]
        heads = len(cells) > 1 and all(cell.tag == "th" for cell in cells)
        yield FlowBlock(BlockKind.ROW, row_of(map(_words, cells)), int(heads))
        return
    if element.tag == "li":
        kind = BlockKind.ITEM
    elif _HEADINGS.fullmatch(element.tag):
        kind, level = BlockKind.HEADING, int(element.tag[1])
    words = Visible()
    words.add(element.text)
    for child in element:
        if isinstance(child.tag, str) and _is_block(child):
            yield FlowBlock(kind, words, level)
            words = Visible()
            if child.tag not in _UNSEEN:
                yield from _walk(child, kind, level)
        else:
            _add(words, child)
        words.add(child.tail)
    yield FlowBlock(kind, words, level)


def _is_block(element: Any) -> bool:  # noqa: ANN401
    return element.tag in _BLOCKS or bool(_HEADINGS.fullmatch(element.tag))


def _words(element: Any) -> Visible:  # noqa: ANN401
    """All words below an element in one line."""
    words = Visible()
    words.add(element.text)
    for child in element:
        if isinstance(child.tag, str) and _is_block(child):
            words.join(_words(child))
            words.add(" ")
        else:
            _add(words, child)
        words.add(child.tail)
    return words


def _add(words: Visible, element: Any) -> None:  # noqa: ANN401
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return
    if element.tag == "br":
        words.add(" ")
        return
    target = element.get("href") if element.tag == "a" else None
    url = target if target and target.startswith(("http://", "https://")) else None
    words.add(element.get("alt") if element.tag == "img" else "".join(element.itertext()), url)
