"""The addresses that a fetched document links to, for a person to look through."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import httpx

from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.outcomes import FetchFailure


def new_links(path: Path, base: str, known: Iterable[str]) -> tuple[str, ...]:
    """The web addresses in a PDF or web page that are not known yet, in their order.

    `base` is where the document came from. One that cannot be read has none: reading it is another
    step's work, and its complaint.
    """
    old = {_plain(url, base) for url in (*known, base)}
    try:
        pdf = path.suffix.lower() == ".pdf"
        found, base = (_pdf_links(path), base) if pdf else _page_links(path, base)
    except Exception:
        return ()
    plain = (_plain(url, base) for url in found)
    return tuple(dict.fromkeys(url for url in plain if url is not None and url not in old))


def _plain(url: str, base: str) -> str | None:
    """An address without its fragment; None where it is none of the web."""
    try:
        return str(web_address(url, httpx.URL(base)))
    except FetchFailure:
        return None


def _pdf_links(path: Path) -> tuple[str, ...]:
    import pypdfium2

    from mehealth_rag.reading.pdf_file import addresses

    with closing(pypdfium2.PdfDocument(path)) as document:
        return addresses(document)


def _page_links(path: Path, base: str) -> tuple[tuple[str, ...], str]:
    """The links of a web page, and what they are relative to."""
    import lxml.html

    if path.suffix.lower() not in {".html", ".htm", ".xhtml", ".md", ".markdown"}:
        return (), base
    page = lxml.html.document_fromstring(path.read_bytes())
    for href in page.xpath("//base/@href")[:1]:
        base = str(httpx.URL(base).join(href))
    return tuple(str(href) for href in page.xpath("//a/@href")), base
