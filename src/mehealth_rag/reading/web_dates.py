"""The dates that a web page gives itself: in its head, in its data for machines, in `time`.

Only what is said to be the page's own counts: a `time` in a page's text is as likely an event's.
"""

from __future__ import annotations

import re
from typing import Any

from mehealth_rag.dates import sensible_date

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


def page_dates(tree: Any) -> dict[str, str]:  # noqa: ANN401 - lxml has no types
    """The dates of a page as ISO writes them, under "published" and "modified"."""
    told = _in_head(tree)
    for script in tree.xpath('//script[@type="application/ld+json"]'):
        for kind, text in _JSON.findall(script.text or ""):
            told.setdefault(kind.lower(), text)
    if "published" not in told and (shown := _shown(tree)):
        told["published"] = shown
    dates = {kind: sensible_date(text) for kind, text in told.items()}
    return {kind: date for kind, date in dates.items() if date}


def _in_head(tree: Any) -> dict[str, str]:  # noqa: ANN401
    given: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = (meta.get(key) for key in ("name", "property", "itemprop", "http-equiv"))
        for name in filter(None, names):
            given.setdefault(name.lower(), (meta.get("content") or "").strip())
    found = ((kind, [given[n] for n in names if given.get(n)]) for kind, names in _META.items())
    return {kind: texts[0] for kind, texts in found if texts}


def _shown(tree: Any) -> str:  # noqa: ANN401
    """The first `time` that says that it is the page's, by its name or the words around it."""
    for time in tree.iter("time"):
        around = time.getparent()
        words = " ".join((around.text_content() if around is not None else "").split())
        own = time.text_content().strip()
        names = " ".join(
            element.get(key) or ""
            for element in (time, around)
            if element is not None
            for key in ("class", "itemprop", "pubdate", "id")
        )
        near = words if len(words) < 120 else ""
        alone = words == own or _BYLINE.search(near)
        if time.get("pubdate") is not None or _OWN.search(f"{names} {near}") or alone:
            return str(time.get("datetime") or own)
    return ""
