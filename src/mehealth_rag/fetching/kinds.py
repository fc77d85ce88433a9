"""What a source must turn out to be: by what the server calls it, and by how it begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mehealth_rag.fetching.failures import FetchFailure

HEAD = 1024
"""Bytes at the beginning of a file that tell what it is."""

_ANY = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})
"""What servers say that do not know."""
_WEB_PAGE = frozenset({"text/html", "application/xhtml+xml"})
_MARKUP = re.compile(
    rb"<\s*(!doctype|html|head|body|title|meta|div|p|h1|!--|\?xml)\b", re.IGNORECASE
)
_BY_HAND = "open the address in a browser; get the document there and hand it over with --from"


@dataclass(frozen=True, slots=True)
class Kind:
    """One format: its file ending, the content types that fit, the look of its first bytes."""

    name: str
    ending: str
    types: frozenset[str]
    begins_right: Callable[[bytes], bool]

    def check_type(self, content_type: str) -> None:
        """Raise FetchFailure where a content type cannot be that of this kind."""
        sent = content_type.partition(";")[0].strip().lower()
        if sent not in self.types | _ANY:
            what = "a web page" if sent in _WEB_PAGE else "something else"
            named = "".join(c for c in sent[:80] if c.isprintable())  # a server may say anything
            raise FetchFailure(f"answers with {what} ({named}) instead of {self.name}", _BY_HAND)

    def check_head(self, head: bytes) -> None:
        """Raise FetchFailure where a file does not begin like this kind."""
        if not head:
            raise FetchFailure("answers with an empty file", _BY_HAND)
        if not self.begins_right(head):
            what = "a web page" if _is_web_page(head) else "something else"
            raise FetchFailure(f"answers with {what} instead of {self.name}", _BY_HAND)


def _is_pdf(head: bytes) -> bool:
    return b"%PDF" in head


def _is_web_page(head: bytes) -> bool:
    return b"%PDF" not in head and _MARKUP.search(head.replace(b"\0", b"")) is not None


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and not _is_pdf(head[:8]) and not head.lower().startswith(b"<!doctype")


KINDS = {
    "pdf": Kind(
        "a PDF",
        ".pdf",
        frozenset({"application/pdf", "application/x-pdf", "application/force-download"}),
        _is_pdf,
    ),
    "html": Kind("a web page", ".html", _WEB_PAGE, _is_web_page),
    "docx": Kind(
        "a Word document",
        ".docx",
        frozenset(
            {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/zip",
                "application/x-zip-compressed",
            }
        ),
        lambda head: head.startswith(b"PK\x03\x04"),
    ),
    "txt": Kind("plain text", ".txt", frozenset({"text/plain"}), _is_text),
    "md": Kind("Markdown", ".md", frozenset({"text/plain", "text/markdown"}), _is_text),
}
"""The formats that can be fetched, by what a source calls them."""


def kind_of(source_format: str) -> Kind:
    """The kind that a source's format stands for; raises FetchFailure for a format without one."""
    kind = KINDS.get(source_format.lower())
    if kind is None:
        known = ", ".join(KINDS)
        raise FetchFailure(
            f"the format '{source_format}' cannot be fetched",
            f"give the source one of these in sources.toml: {known}",
        )
    return kind
