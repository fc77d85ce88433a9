"""Web pages: main content by trafilatura, with headings, lists, table rows and links."""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from pathlib import Path

import trafilatura

from mehealth_rag.errors import ReadingError
from mehealth_rag.language.dates import sensible_date
from mehealth_rag.reading.describing import is_title
from mehealth_rag.reading.encoding import Decoded, decode, decode_declared
from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import Node, Read, flow_pages
from mehealth_rag.reading.hypertext import HEADINGS, put_into_words, take_out_hidden, walk

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*+=\s*+(?:[\"']\s*+)?([\w:.-]{1,40})", re.IGNORECASE
)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w:.-]{1,40})")
_BODY = re.compile(r"<(?:html|body|frameset)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_AS_HTML = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "ref": "a", "lb": "br",
            "quote": "blockquote", "code": "pre"}  # fmt: skip
"""Maps trafilatura's element names, a subset of TEI, to HTML."""
_FIELDS = ("title", "author", "description")
"""Metadata taken from trafilatura; not date and site name, which it guesses if missing."""
_DEFAULT_HEADING = "h3"
_META = {
    "published": (
        "article:published_time", "datepublished", "dcterms.issued", "dc.date.issued",
        "dcterms.date", "dc.date", "citation_publication_date", "pubdate", "publish_date",
        "publication_date", "date", "dcterms.created", "dc.date.created", "datecreated",
    ),
    "modified": (
        "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
        "dc.date.modified", "last-modified", "revised", "updated",
    ),
}  # fmt: skip
"""Names of date metadata in the head of a page, most reliable first."""
_JSON = re.compile(r'"date(Published|Modified)"\s*:\s*"([^"]{4,40})"')
_PUBLICATION = re.compile(
    r"publi|updat|posted|modified|revised|reviewed|issued|entry-date|post-?date", re.IGNORECASE
)
_BYLINE = re.compile(r"\bby [^\W\d_]", re.IGNORECASE)


def read_html(path: Path, content: bytes, url: str | None = None) -> Read:
    """Read a web page as one page per section, and its metadata.

    Menus, footers and other site furniture are left out. `url` is the base of relative links.
    Raises ReadingError if the file has no readable text.
    """
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL + 1)
    decoded = decode_html(path, content)
    tree = trafilatura.load_html(_whole(decoded.text))
    if tree is None:
        raise ReadingError(f"{path}: not a web page (no HTML is in it); check its format")
    for element in tree.xpath("//noscript"):  # not shown when scripts run
        element.drop_tree()
    _keep(tree)
    dates, title = _dates(tree), " ".join(tree.xpath("string(//head/title)").split())
    hidden = take_out_hidden(tree)
    put_into_words(tree)
    extracted = _content(tree, url)
    if extracted is None:
        raise ReadingError(
            f"{path}: the web page holds no text (it may be made by a script); save the page from "
            "a browser"
        )
    pages = flow_pages(walk(_as_html(extracted.body)))
    metadata = {
        key: str(getattr(extracted, key)) for key in _FIELDS if getattr(extracted, key, None)
    }
    metadata |= dates
    if not is_title(metadata.get("title", "")) and is_title(title):
        metadata["title"] = title  # trafilatura prefers the only h1 of a page
    return with_hidden(pages, hidden, decoded.note), metadata


def _keep(tree: Node) -> None:
    """Rename what trafilatura would drop: figures, captions, the author under a quotation.

    It also drops what has a telling class, such as "wp-caption".
    """
    for figure in tree.iter("figure"):
        figure.tag = "div"
    for caption in tree.xpath("//figcaption | //blockquote//footer"):
        caption.tag = "p"
        caption.attrib.clear()


def _whole(text: str) -> str:
    """Add a body to an HTML fragment, as saved by an editor or from a mail."""
    if _BODY.search(text) or not _TAG.search(text):
        return text
    return f"<!DOCTYPE html><html><body>{text}</body></html>"


def _content(tree: Node, url: str | None) -> Node:
    """Extract the main content with trafilatura, or the whole body if that would lose much.

    If a page does not mark its main part, trafilatura collects paragraphs and drops their headings.
    If the whole body is marked as the main part, it drops only menus and the like. The whole body
    is used if the first result has less than half of its words or headings, or more words.
    """
    whole, chosen = _extracted(_marked_as_main(tree), url), _extracted(tree, url)
    if whole is None or chosen is None:
        return whole
    heads, all_heads = (len(result.body.findall(".//head")) for result in (chosen, whole))
    share = len(chosen.text) / len(whole.text)
    return chosen if 0.5 <= share <= 1 and 2 * heads >= all_heads else whole


def _extracted(tree: Node, url: str | None) -> Node:
    result: Node = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_links=True, favor_recall=True,
        with_metadata=True,
    )  # fmt: skip
    return result if result is not None and str(result.text or "").strip() else None


def _marked_as_main(tree: Node) -> Node:
    """Return a copy with the body's content in one `main`, without menus, headers and scripts."""
    copy = deepcopy(tree)
    for element in copy.xpath("//nav | //body/header | //body/footer | //script | //style"):
        element.drop_tree()
    for body in copy.xpath("//body"):
        main = copy.makeelement("main")
        main.text, body.text = body.text, None
        main.extend(list(body))
        body.append(main)
    return copy


def decode_html(path: Path, content: bytes) -> Decoded:
    """Decode a web page by its byte order mark, as UTF-8, by its declaration, else by a guess."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return decode(path, content)
    declared = _CHARSET.search(content[:4096]) or _DECLARED.search(content[:256])
    name = declared[1].decode("ascii").lower() if declared else ""
    # A declaration that is readable as ASCII cannot be in UTF-16.
    return decode_declared(path, content, "utf-8" if name.startswith("utf-16") else name)


def _as_html(body: Node) -> Node:
    """Rename trafilatura's elements to their HTML names, in place, and return the body."""
    for element in body.iter("*"):
        if element.tag == "head":
            level = element.get("rend") or ""
            element.tag = level if level in HEADINGS else _DEFAULT_HEADING
        elif element.tag == "ref":
            element.set("href", element.get("target") or "")
        element.tag = _AS_HTML.get(element.tag, element.tag)
    return body


def _dates(tree: Node) -> dict[str, str]:
    """Return the page's own dates ("published", "modified") as ISO.

    They come from its head, its JSON-LD or a `time` element. A `time` counts only if marked as the
    page's own, because one in the text may well be the date of an event.
    """
    texts = _in_head(tree)
    for script in tree.xpath('//script[@type="application/ld+json"]'):
        for kind, text in _JSON.findall(script.text or ""):
            texts.setdefault(kind.lower(), text)
    if "published" not in texts and (shown := _shown(tree)):
        texts["published"] = shown
    dates = {kind: sensible_date(text) for kind, text in texts.items()}
    return {kind: date for kind, date in dates.items() if date}


def _in_head(tree: Node) -> dict[str, str]:
    values: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = (meta.get(key) for key in ("name", "property", "itemprop", "http-equiv"))
        for name in filter(None, names):
            values.setdefault(name.lower(), (meta.get("content") or "").strip())
    candidates = {kind: filter(None, map(values.get, names)) for kind, names in _META.items()}
    return {kind: text for kind, texts in candidates.items() if (text := next(texts, None))}


def _shown(tree: Node) -> str:
    """Return the date of the first `time` marked as the page's own, by attributes or context."""
    for time in tree.iter("time"):
        parent, printed = time.getparent(), time.text_content().strip()
        words = " ".join(parent.text_content().split())
        names = (e.get(key) or "" for e in (time, parent) for key in ("class", "itemprop", "id"))
        near = words if len(words) < 120 else ""
        marked = time.get("pubdate") is not None or _PUBLICATION.search(" ".join((*names, near)))
        if marked or words == printed or _BYLINE.search(near):
            return str(time.get("datetime") or printed)
    return ""
