"""What a file says it is called: a PDF's metadata and first page, a page's title."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from pathlib import Path

_FIRST = 1_500
"""Characters of a first page, and a hundredth of the bytes of a web page, that may name it."""
_TEXTS = frozenset(("html", "md", "rst", "txt"))
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def says_of_itself(path: Path, source_format: str) -> tuple[str, ...]:
    """The texts in a file that may hold its title; none where it cannot be read."""
    try:
        if source_format == "pdf":
            return _of_pdf(path)
        if source_format not in _TEXTS:
            return ()
        text = path.read_bytes()[: 100 * _FIRST].decode("utf-8", "replace")
    except Exception:
        return ()
    if source_format == "html":
        return tuple(unescape(_TAG.sub(" ", m[2])) for m in _TITLE.finditer(text))
    return (text[:_FIRST],)


def _of_pdf(path: Path) -> tuple[str, ...]:
    import pypdfium2

    from mehealth_rag.reading.pdf_file import metadata

    with closing(pypdfium2.PdfDocument(path)) as document:
        with closing(document[0]) as page, closing(page.get_textpage()) as textpage:
            first = textpage.get_text_range()[:_FIRST]
        title = metadata(document).get("title", "")
    return tuple(text for text in (title, first) if text.strip())
