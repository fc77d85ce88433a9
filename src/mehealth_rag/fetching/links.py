"""The addresses that a fetched document links to, for a person to look through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import httpx

from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.failures import FetchFailure


def new_links(path: Path, source_format: str, base: str, known: Iterable[str]) -> tuple[str, ...]:
    """The web addresses in a document that are not known yet, in their order.

    `base` is where the document came from. A document that cannot be read has none: reading it is
    another step's work, and its complaint. Not for several threads: the PDF library is not.
    """
    try:
        found = tuple(_links(path, source_format, base))
    except Exception:
        return ()
    old = {_plain(url, base) for url in (*known, base)}
    plain = (_plain(url, base) for url in found)
    return tuple(dict.fromkeys(url for url in plain if url is not None and url not in old))


def _links(path: Path, source_format: str, base: str) -> Iterable[str]:
    if source_format == "pdf":
        return _pdf_links(path)
    return _page_links(path, base) if source_format in ("html", "md") else ()


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


class _Anchors(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = httpx.URL(base)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if href is None:
            return
        if tag == "base":
            self.base = self.base.join(href)
        elif tag == "a":
            try:
                self.found.append(str(web_address(href, self.base)))
            except FetchFailure:
                return


def _page_links(path: Path, base: str) -> Iterator[str]:
    anchors = _Anchors(base)
    anchors.feed(path.read_text(encoding="utf-8", errors="replace"))
    anchors.close()
    yield from anchors.found
