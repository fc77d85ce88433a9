"""Web pages: what trafilatura takes for the content, with headings, lists, table rows and links."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import trafilatura

from mehealth_rag.errors import ReadingError
from mehealth_rag.language.dates import sensible_date
from mehealth_rag.reading.describing import is_title
from mehealth_rag.reading.encoding import Decoded, decode, decode_declared
from mehealth_rag.reading.faults import noted, with_hidden
from mehealth_rag.reading.flow import Node, flow_pages
from mehealth_rag.reading.hypertext import HEADINGS, put_into_words, take_out_hidden, walk
from mehealth_rag.types import Fault, Page

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*+=\s*+(?:[\"']\s*+)?([\w:.-]{1,40})", re.IGNORECASE
)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w:.-]{1,40})")
_BODY = re.compile(r"<(?:html|body|frameset)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_AS_HTML = {"list": "ul", "item": "li", "row": "tr", "cell": "td", "ref": "a", "lb": "br",
            "quote": "blockquote", "code": "pre"}  # fmt: skip
"""Trafilatura's names of elements (a small part of TEI), where HTML has others."""
_TOLD = ("title", "author", "description")
"""Not the date and the site's name: trafilatura guesses them where the page does not tell."""
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
"""Names under which the head of a page gives its dates, by what they are, the surest first."""
_JSON = re.compile(r'"date(Published|Modified)"\s*:\s*"([^"]{4,40})"')
_OWN = re.compile(
    r"publi|updat|posted|modified|revised|reviewed|issued|entry-date|post-?date", re.IGNORECASE
)
_BYLINE = re.compile(r"\bby [^\W\d_]", re.IGNORECASE)


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
    for element in tree.iter("figure", "figcaption"):  # trafilatura drops figures, captions and all
        element.tag = "div" if element.tag == "figure" else "p"
    dates, title = _dates(tree), " ".join(tree.xpath("string(//head/title)").split())
    hidden = take_out_hidden(tree)
    put_into_words(tree)
    found = _content(tree, url)
    if found is None:
        raise ReadingError(
            f"{path}: the web page holds no text (it may be made by a script); save the page from "
            "a browser"
        )
    pages = flow_pages(walk(_as_html(found.body)))
    metadata = {key: str(getattr(found, key)) for key in _TOLD if getattr(found, key, None)}
    metadata |= dates
    if not is_title(metadata.get("title", "")) and is_title(title):
        metadata["title"] = title  # trafilatura rather takes a page's one h1
    return noted(with_hidden(pages, hidden), decoded.told, Fault.ENCODING), metadata


def _whole(text: str) -> str:
    """A web page with a body: a piece of one, as an editor or a mail saves it, gets one."""
    if _BODY.search(text) or not _TAG.search(text):
        return text
    return f"<!DOCTYPE html><html><body>{text}</body></html>"


def _content(tree: Node, url: str | None) -> Node:
    """What trafilatura takes for the content; of the whole body where it would lose much of it.

    Where a page does not mark its main part, it gathers paragraphs wherever they stand and drops
    their headings; with all of the body marked as the main part, it only drops menus and the like.
    It is worse where it lost half of the words or headings, or took menus for content.
    """
    whole, chosen = _extracted(_marked_as_main(tree), url), _extracted(tree, url)
    if whole is None or chosen is None:
        return whole
    heads, all_heads = (len(found.body.findall(".//head")) for found in (chosen, whole))
    share = len(chosen.text) / len(whole.text)
    return chosen if 0.5 <= share <= 1 and 2 * heads >= all_heads else whole


def _extracted(tree: Node, url: str | None) -> Node:
    found: Node = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_links=True, favor_recall=True,
        with_metadata=True,
    )  # fmt: skip
    return found if found is not None and str(found.text or "").strip() else None


def _marked_as_main(tree: Node) -> Node:
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


def decode_html(path: Path, content: bytes) -> Decoded:
    """Decode a web page: by its mark, as UTF-8, by the encoding that it declares, else guessed."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return decode(path, content)
    declared = _CHARSET.search(content[:4096]) or _DECLARED.search(content[:256])
    name = declared[1].decode("ascii").lower() if declared else ""
    # Whoever could read as much as the declaration did not read UTF-16.
    return decode_declared(path, content, "utf-8" if name.startswith("utf-16") else name)


def _as_html(body: Node) -> Node:
    """Trafilatura's content with the names that elements have in HTML."""
    for element in body.iter("*"):
        if element.tag == "head":
            level = element.get("rend") or ""
            element.tag = level if level in HEADINGS else _DEFAULT_HEADING
        elif element.tag == "ref":
            element.set("href", element.get("target") or "")
        element.tag = _AS_HTML.get(element.tag, element.tag)
    return body


def _dates(tree: Node) -> dict[str, str]:
    """The dates that a page gives itself, as ISO writes them: in its head, its data, a `time`.

    Only what is said to be the page's own counts: a `time` in its text is as likely an event's.
    """
    told = _in_head(tree)
    for script in tree.xpath('//script[@type="application/ld+json"]'):
        for kind, text in _JSON.findall(script.text or ""):
            told.setdefault(kind.lower(), text)
    if "published" not in told and (shown := _shown(tree)):
        told["published"] = shown
    dates = {kind: sensible_date(text) for kind, text in told.items()}
    return {kind: date for kind, date in dates.items() if date}


def _in_head(tree: Node) -> dict[str, str]:
    given: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = (meta.get(key) for key in ("name", "property", "itemprop", "http-equiv"))
        for name in filter(None, names):
            given.setdefault(name.lower(), (meta.get("content") or "").strip())
    told = {kind: filter(None, map(given.get, names)) for kind, names in _META.items()}
    return {kind: text for kind, texts in told.items() if (text := next(texts, None))}


def _shown(tree: Node) -> str:
    """The first `time` that says that it is the page's, by its name or the words around it."""
    for time in tree.iter("time"):
        around, own = time.getparent(), time.text_content().strip()
        words = " ".join(around.text_content().split())
        names = (e.get(key) or "" for e in (time, around) for key in ("class", "itemprop", "id"))
        near = words if len(words) < 120 else ""
        told = time.get("pubdate") is not None or _OWN.search(" ".join((*names, near)))
        if told or words == own or _BYLINE.search(near):
            return str(time.get("datetime") or own)
    return ""
