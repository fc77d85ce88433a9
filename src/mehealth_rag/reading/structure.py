"""What a PDF says about itself: printed page labels, links, title and author, by pypdf."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject

from mehealth_rag.types import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


_LOGGER = "pypdf"
_BROKEN = (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError,
           OSError, NotImplementedError, AssertionError, ZeroDivisionError)  # fmt: skip
"""What pypdf raises over a PDF with a broken structure; the text is read without it."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Labels and links of every page (boxes in the PDF's user space), and the metadata."""

    labels: tuple[str, ...]
    links: tuple[tuple[Link, ...], ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_structure(path: Path, pages: int) -> Structure:
    """Labels, links and metadata of a PDF that has `pages` pages.

    What cannot be read is left out: labels become the count, links and metadata empty.
    """
    labels = tuple(str(number + 1) for number in range(pages))
    nothing: tuple[tuple[Link, ...], ...] = ((),) * pages
    with _quiet():
        try:
            with path.open("rb") as file:
                reader = PdfReader(file, strict=False)
                if reader.is_encrypted and not reader.decrypt(""):
                    return Structure(labels, nothing)
                labels = _labels(reader, labels)
                return Structure(labels, _links(reader, pages), _metadata(reader))
        except _BROKEN:
            return Structure(labels, nothing)


@contextmanager
def _quiet() -> Iterator[None]:
    """No word from pypdf on standard error: what matters is told through the result."""
    logger = logging.getLogger(_LOGGER)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)  # its modules' loggers are children and take it over
    try:
        yield
    finally:
        logger.setLevel(before)


def _labels(reader: PdfReader, counted: tuple[str, ...]) -> tuple[str, ...]:
    """Read the printed numbers; a page without a label keeps its count."""
    if "/PageLabels" not in reader.root_object:
        return counted
    try:
        found = list(reader.page_labels)
    except _BROKEN:
        return counted
    if len(found) != len(counted):
        return counted
    return tuple(label.strip() or count for label, count in zip(found, counted, strict=True))


def _links(reader: PdfReader, pages: int) -> tuple[tuple[Link, ...], ...]:
    links: list[tuple[Link, ...]] = []
    for page in reader.pages:
        try:
            links.append(tuple(_page_links(page)))
        except _BROKEN:
            links.append(())
    links += [()] * pages
    return tuple(links[:pages])


def _page_links(page: DictionaryObject) -> Iterator[Link]:
    for reference in page.get("/Annots") or ():
        try:
            link = _link(reference.get_object())
        except _BROKEN:
            continue  # one broken annotation does not take the others along
        if link:
            yield link


def _link(annotation: DictionaryObject) -> Link | None:
    if annotation.get("/Subtype") != "/Link" or "/A" not in annotation:
        return None
    action = annotation["/A"].get_object()
    if not isinstance(action, DictionaryObject) or action.get("/S") != "/URI":
        return None
    address = action.get("/URI")
    url = address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address or "")
    if not url.strip():
        return None
    rect = annotation["/Rect"].get_object()
    if not isinstance(rect, ArrayObject):
        return Link(url.strip())
    left, bottom, right, top = (float(side) for side in rect)
    box = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
    return Link(url.strip(), box)


def _metadata(reader: PdfReader) -> dict[str, str]:
    """Title, author and the like in lower case; only what is a text and not empty."""
    found: dict[str, str] = {}
    try:
        entries = dict(reader.metadata or {})
    except _BROKEN:
        return found
    for key, value in entries.items():
        text = str(value).strip()
        if text:
            found[str(key).lstrip("/").lower()] = text
    return found
