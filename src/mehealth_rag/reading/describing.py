"""Title and date of a document, taken from the document itself.

The title comes from the metadata if a person wrote it, else from the first page. The date is one
that the document gives, never the date of its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mehealth_rag.language.dates import DATE, iso_date, sensible_date
from mehealth_rag.types import BlockKind, Document, Page, Passage

_ENDING = re.compile(
    r"\.(?:docx?|dotx?|pdf|pptx?|potx?|xlsx?|csv|indd|qxp|tex|dvi|rtf|odt|html?|txt|md|pub|ai|wpd|"
    r"pages|png|jpe?g|tiff?)\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"\w[\\/]\w+[\\/]\w|^\w:\\")
_OF_PROGRAMS = re.compile(
    r"(?:microsoft \w+ ?- .*|(?:(?!\b(?:template|vorlage|modèle|plantilla)\b).)*+"
    r"\b(?:template|vorlage|modèle|plantilla)\b.*"
    r"|[(<\[]?(?:untitled|unnamed|anonymous|no title|unknown(?: title)?|"
    r"ohne titel|sans titre|unspecified|none|null|"
    r"new document|(?:word|powerpoint|excel|microsoft|google)? ?(?:document|presentation|"
    r"workbook|spreadsheet|slides?|book|doc|scan|layout|page|print)|home ?page|index|"
    r"(?:document |your )?title(?: here)?)[\s\d._-]*[)>\]]?)",
    re.IGNORECASE,
)
"""Titles that programs and templates fill in when nobody has written one."""
_FOLIO = re.compile(
    r"\W*\b(?:page|seite|p\.)\s*\d+(?:\s*(?:of|von|/)\s*\d+)?\W*$|^\W*\d+\W+|\W+\d{1,3}$",
    re.IGNORECASE,
)
_PUBLISHED = ("published", "date", "issued", "pubdate", "updated", "lastmod", "revised")
_MADE = ("creationdate", "moddate", "modified", "created")
"""Metadata about the file's creation; less reliable than a date on the first page."""
_LABELLED = re.compile(
    rf"(?:^|[|·•(–—;]\s*)(?:(?:first |last |date )?(?:published|updated|reviewed|revised|issued|"
    rf"posted|printed|amended|modified|dated?)(?: date)?(?: on| in)?|as (?:of|at)|publication date|"
    rf"date of (?:issue|publication))\s*+(?:[:–-]\s*+)?(?P<date>{DATE})",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"\W*(?:[^\W\d_][\w ]{{1,30}}, )?(?P<date>{DATE})\W*", re.IGNORECASE)
_TITLED = re.compile(
    rf".*?(?:(?P<joint>\bof|[,:|(–—-])\s*)?(?P<date>{DATE})\W*(?:$|[|–—-].*)", re.IGNORECASE
)
_NOT_ITS_OWN = re.compile(
    r"\b(?:until|till|by|before|after|from|to|since|between|through|expires?|due|ends?|ending|"
    r"closing|valid|deadline|starts?|starting|begins?|opens?)\b",
    re.IGNORECASE,
)
"""Words that make a date one of something that the document speaks of."""
_LONGEST = 300
"""Characters of a title, or of a line with its page's number, at the most."""
_TITLE_WORDS = 20


def described(document: Document) -> Document:
    """Return the document with its own title and date set on its source."""
    source, metadata = document.source, document.metadata
    first = next((page for page in document.pages if page.blocks), None)
    title = source.title
    if source.guessed:
        entry = " ".join(metadata.get("title", "").split())
        heading = _title_on(first) if first else None
        title = entry if is_title(entry) else heading or title
    # Publication metadata comes first, then the printed date, then the file's creation date.
    printed = _printed(first) if first else None
    dated = _dated(metadata, _PUBLISHED) or printed or _dated(metadata, _MADE)
    return replace(document, source=replace(source, title=title, dated=dated))


def _dated(metadata: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next(filter(None, (sensible_date(metadata.get(name, "")) for name in names)), None)


def with_distinct_title(
    document: Document, passages: Sequence[Passage], titles: set[str]
) -> tuple[Document, tuple[Passage, ...]]:
    """Add the file name to the title of a document if another document has the same title.

    `titles` holds the titles of earlier documents; this one's is added. Yearly reports, for
    example, often share a title. Returns the document and its passages, retitled alike.
    """
    source = document.source
    title = source.title
    if source.guessed and title in titles and source.path is not None:
        title = f"{title} ({source.path.stem.replace('_', ' ')})"
        document = replace(document, source=replace(source, title=title))
        passages = [replace(passage, title=title) for passage in passages]
    titles.add(title)
    return document, tuple(passages)


def is_title(text: str) -> bool:
    """Return whether a metadata entry looks like a title that a person wrote."""
    if len(text.split()) < 2 and (len(text) < 12 or any(map(str.isdigit, text))):
        return False
    if "_" in text or _ENDING.search(text) or _PATH.search(text):
        return False
    return _is_text(text) and not _OF_PROGRAMS.fullmatch(text)


def _is_text(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    odd = "\ufffd" in text or "þÿ" in text
    return 3 <= letters <= _LONGEST and 2 * letters >= len(text) - text.count(" ") and not odd


def _title_on(page: Page) -> str | None:
    """Return the largest heading of a page, else its running header; None without either.

    Headings that are dates, program defaults or not text are passed over.
    """
    heads = [b for b in page.blocks if b.kind is BlockKind.HEADING]
    for block in sorted(heads, key=lambda block: block.level):
        text = block.span.of(page.text).strip()
        if _is_text(text) and not _OF_PROGRAMS.fullmatch(text) and not _ALONE.fullmatch(text):
            return text
    first = page.blocks[0]
    text = _FOLIO.sub("", first.span.of(page.text)[:_LONGEST]).strip()
    return text if first.kind is BlockKind.FURNITURE and is_title(text) else None


def _printed(page: Page) -> str | None:
    """Return the ISO date of a first page: labelled as its own, alone on a line, or in a title."""
    lines = [line.span.of(page.text) for line in page.lines]
    texts = [*lines, *(block.span.of(page.text) for block in page.blocks)]
    heads = [b for b in page.blocks if b.kind in (BlockKind.HEADING, BlockKind.FURNITURE)]
    candidates = [
        *(match["date"] for text in texts if (match := _LABELLED.search(text))),
        *(match["date"] for text in texts if (match := _ALONE.fullmatch(text))),
        *(date for block in heads for date in _in_title(block.span.of(page.text))),
    ]
    return next(filter(None, map(iso_date, candidates)), None)


def _in_title(text: str) -> Iterator[str]:
    """Yield a title's last date; a day only if it is joined on ("Minutes of 4 March 2025")."""
    short = len(text) <= _LONGEST and len(text.split()) <= _TITLE_WORDS
    match = _TITLED.fullmatch(text) if short else None
    if match is None or _NOT_ITS_OWN.search(text[: match.start("date")]):
        return
    if match["joint"] or len((iso_date(match["date"]) or "").split("-")) == 2:
        yield match["date"]
