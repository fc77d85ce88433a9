"""Web pages: what trafilatura takes for the content, with headings, lists, table rows and links."""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import trafilatura

from mehealth_rag.describing import is_title
from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.encoding import Decoded, decode, noted
from mehealth_rag.reading.flow import FlowBlock, Visible, flow_pages, row_of
from mehealth_rag.reading.hidden_words import hidden_words
from mehealth_rag.reading.web_dates import page_dates
from mehealth_rag.reading.web_marks import put_into_words, take_out_hidden
from mehealth_rag.types import BlockKind, Fault, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w:.-]{1,40})")
_BODY = re.compile(r"<(?:html|body|frameset)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_BROWSERS_MEAN = (
    dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252")
    | dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030")
    | dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932")
    | dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949")
    | {"iso-8859-9": "cp1254", "big5": "big5hkscs", "x-mac-roman": "mac_roman"}
)
"""What a browser takes a declared encoding for: pages say "iso-8859-1" over curly quotes."""
_KINDS = {
    "head": BlockKind.HEADING,
    "item": BlockKind.ITEM,
    "row": BlockKind.ROW,
}
_BLOCKS = frozenset({"body", "p", "div", "head", "list", "item", "table", "row", "quote", "code"})
_META = ("title", "author", "description")
"""Not the date and the site's name: trafilatura guesses them where the page does not tell."""
_DEFAULT_LEVEL = 3


def read_html(
    path: Path, content: bytes, url: str | None = None
) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a web page, one a section, and its metadata.

    Menus, footers and other furniture of a site are left out. `url` is what relative links start
    from. Raises ReadingError where the file holds no text that can be read.
    """
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL + 1)
    decoded = decode_html(path, content)
    tree = trafilatura.load_html(_whole(decoded.text))
    if tree is None:
        raise ReadingError(f"{path}: not a web page (no HTML is in it); check its format")
    for element in tree.xpath("//noscript"):  # it is not shown where a page's scripts run
        element.drop_tree()
    dates, title = page_dates(tree), " ".join(tree.xpath("string(//head/title)").split())
    hidden = take_out_hidden(tree)
    put_into_words(tree)
    found = _content(tree, url)
    if found is None:
        raise ReadingError(
            f"{path}: the web page holds no text (it may be made by a script); save the page from "
            "a browser"
        )
    pages = flow_pages(_walk(found.body, BlockKind.PARAGRAPH))
    metadata = {key: str(getattr(found, key)) for key in _META if getattr(found, key, None)}
    metadata |= dates
    if not is_title(metadata.get("title", "")) and is_title(title):
        metadata["title"] = title  # trafilatura rather takes a page's one h1
    if hidden:
        pages = noted(pages, hidden_words(hidden), Fault.HIDDEN)
    return noted(pages, decoded.told, Fault.ENCODING), metadata


def _whole(text: str) -> str:
    """A web page with a body: a piece of one, as an editor or a mail saves it, gets one."""
    if _BODY.search(text) or not _TAG.search(text):
        return text
    return f"<!DOCTYPE html><html><body>{text}</body></html>"


def _content(tree: Any, url: str | None) -> Any:  # noqa: ANN401 - lxml has no types
    """What trafilatura takes for the content; of the whole body where it would lose much of it.

    Where a page does not mark its main part, it gathers paragraphs wherever they stand and drops
    their headings; with all of the body marked as the main part, it only drops menus and the like.
    """
    whole = _extracted(_marked_as_main(tree), url)
    chosen = _extracted(tree, url)
    return whole if None in (whole, chosen) or _is_worse(chosen, whole) else chosen


def _extracted(tree: Any, url: str | None) -> Any:  # noqa: ANN401
    found: Any = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_links=True, favor_recall=True,
        with_metadata=True,
    )  # fmt: skip
    return found if found is not None and str(found.text or "").strip() else None


def _marked_as_main(tree: Any) -> Any:  # noqa: ANN401
    """A copy whose body's content is one `main`, without what is no content for sure."""
    copy = deepcopy(tree)
    for element in copy.xpath("//nav | //body/header | //body/footer | //script | //style"):
        element.drop_tree()
    for body in copy.xpath("//body"):
        main = copy.makeelement("main")
        main.text, body.text = body.text, None
        main.extend(list(body))
        body.append(main)
    return copy


def _is_worse(chosen: Any, whole: Any) -> bool:  # noqa: ANN401
    """Whether a choice lost half of the words or headings, or took menus for content."""
    heads, all_heads = (len(found.body.findall(".//head")) for found in (chosen, whole))
    share = len(chosen.text) / len(whole.text)
    return not 0.5 <= share <= 1 or 2 * heads < all_heads


def decode_html(path: Path, content: bytes) -> Decoded:
    """Decode a web page: by its mark, as UTF-8, by the encoding that it declares, else guessed."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return decode(path, content)
    try:
        return Decoded(content.decode("utf-8"))
    except UnicodeDecodeError:
        declared = _CHARSET.search(content[:4096]) or _DECLARED.search(content[:256])
    name = declared[1].decode("ascii").lower() if declared else ""
    try:
        return Decoded(content.decode(_BROWSERS_MEAN.get(name, name)))
    except (LookupError, UnicodeDecodeError):
        pass  # no encoding that anybody knows, or not the one that the page is in
    return decode(path, content)


def _walk(element: Any, kind: BlockKind) -> Iterator[FlowBlock]:  # noqa: ANN401
    """Blocks of an element in trafilatura's vocabulary (a small part of TEI), depth first."""
    kind = _KINDS.get(element.tag, kind)
    if kind is BlockKind.ROW and element.tag == "row":
        yield FlowBlock(kind, row_of(_cell(cell) for cell in element))
        return
    level = _level(element) if kind is BlockKind.HEADING else 0
    words = Visible()
    words.add(element.text)
    for child in element:
        if child.tag in _BLOCKS:
            yield FlowBlock(kind, words, level)
            words = Visible()
            yield from _walk(child, kind)
        else:
            _add(words, child)
        words.add(child.tail)
    yield FlowBlock(kind, words, level)


def _add(words: Visible, element: Any) -> None:  # noqa: ANN401
    """Add what stands inside a line: a link with its address, anything else as its words."""
    if not isinstance(element.tag, str):
        return
    target = element.get("target") if element.tag == "ref" else None
    words.add(" " if element.tag == "lb" else "".join(element.itertext()), target)


def _cell(element: Any) -> Visible:  # noqa: ANN401
    words = Visible()
    words.add(element.text)
    for child in element:
        if child.tag in _BLOCKS:
            words.join(_cell(child))
            words.add(" ")
        else:
            _add(words, child)
        words.add(child.tail)
    return words


def _level(element: Any) -> int:  # noqa: ANN401
    digits = (element.get("rend") or "").lstrip("h")
    return int(digits) if digits.isdigit() else _DEFAULT_LEVEL
