"""What a source must turn out to be: by what the server calls it, and by how it begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from mehealth_rag.corpus import FORMATS
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.reading.sniffing import NAMES

HEAD = 1024
"""Bytes at the beginning of a file that tell what it is."""

_ANY = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})
"""What servers say that do not know."""
_WEB_PAGE = ("text/html", "application/xhtml+xml")
_ZIP = ("application/zip", "application/x-zip-compressed")
_PLAIN = "text/plain"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_EXCEL = "application/vnd.ms-excel"
_MARKUP = re.compile(
    rb"<\s*(!doctype|html|head|body|title|meta|div|p|h1|!--|\?xml)\b", re.IGNORECASE
)
_BY_HAND = "open the address in a browser; get the document there and hand it over with --from"
_TELL = "give the source its format in sources.toml"


@dataclass(frozen=True, slots=True)
class Kind:
    """One format: its file ending, the content types that fit, the look of its first bytes."""

    name: str
    ending: str
    types: tuple[str, ...]
    begins_right: Callable[[bytes], bool]

    def check_type(self, content_type: str) -> None:
        """Raise FetchFailure where a content type cannot be that of this kind."""
        sent = _plain_type(content_type)
        if sent not in _ANY and sent not in self.types:
            what = "a web page" if sent in _WEB_PAGE else "something else"
            raise FetchFailure(
                f"answers with {what} ({_named(sent)}) instead of {self.name}", _BY_HAND
            )

    def check_head(self, head: bytes) -> None:
        """Raise FetchFailure where a file does not begin like this kind."""
        if not head:
            raise FetchFailure("answers with an empty file", _BY_HAND)
        if not self.begins_right(head):
            what = "a web page" if _is_web_page(head) else "something else"
            raise FetchFailure(f"answers with {what} instead of {self.name}", _BY_HAND)


def _plain_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _named(sent: str) -> str:
    return "".join(c for c in sent[:80] if c.isprintable())  # a server may say anything


def _starts(signs: tuple[bytes, ...], head: bytes) -> bool:
    return head.startswith(signs)


def _is_pdf(head: bytes) -> bool:
    return b"%PDF" in head


def _is_web_page(head: bytes) -> bool:
    return b"%PDF" not in head and _MARKUP.search(head.replace(b"\0", b"")) is not None


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and not _is_pdf(head[:8]) and not head.lower().startswith(b"<!doctype")


_is_zip = partial(_starts, (b"PK\x03\x04",))
_is_rtf = partial(_starts, (b"{\\rtf",))
_is_ole = partial(_starts, (b"\xd0\xcf\x11\xe0",))
_is_picture = partial(_starts, (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*"))

_LOOKS: dict[str, tuple[tuple[str, ...], Callable[[bytes], bool]]] = {
    "html": (_WEB_PAGE, _is_web_page),
    "pdf": (("application/pdf", "application/x-pdf", "application/force-download"), _is_pdf),
    "docx": ((f"{_OFFICE}.wordprocessingml.document", *_ZIP), _is_zip),
    "pptx": ((f"{_OFFICE}.presentationml.presentation", *_ZIP), _is_zip),
    "xlsx": (
        (f"{_OFFICE}.spreadsheetml.sheet", f"{_EXCEL}.sheet.macroenabled.12", *_ZIP),
        _is_zip,
    ),
    "doc": (("application/msword",), _is_ole),
    "ppt": (("application/vnd.ms-powerpoint",), _is_ole),
    "xls": ((_EXCEL,), _is_ole),
    "odt": ((f"{_OPEN}.text", *_ZIP), _is_zip),
    "ods": ((f"{_OPEN}.spreadsheet", *_ZIP), _is_zip),
    "odp": ((f"{_OPEN}.presentation", *_ZIP), _is_zip),
    "epub": (("application/epub+zip", *_ZIP), _is_zip),
    "rtf": (("application/rtf", "text/rtf", "application/msword"), _is_rtf),
    "msg": (("application/vnd.ms-outlook", "application/x-ole-storage"), _is_ole),
    "eml": (("message/rfc822", _PLAIN), _is_text),
    "txt": ((_PLAIN,), _is_text),
    "md": (("text/markdown", "text/x-markdown", _PLAIN), _is_text),
    "rst": (("text/x-rst", "text/prs.fallenstein.rst", _PLAIN), _is_text),
    "csv": (("text/csv", "application/csv", _EXCEL, _PLAIN), _is_text),
    "tsv": (("text/tab-separated-values", _PLAIN), _is_text),
    "png": (("image/png",), _is_picture),
    "jpg": (("image/jpeg", "image/jpg", "image/pjpeg"), _is_picture),
    "tiff": (("image/tiff", "image/x-tiff"), _is_picture),
}
"""Content types and first bytes of each format that can be read."""

_ALIKE = frozenset((*_ZIP, _PLAIN))
"""Content types that several formats share: only a name tells which it is."""

KINDS = {
    form: Kind(NAMES[form], f".{form}", types, begins) for form, (types, begins) in _LOOKS.items()
}
"""The formats that can be fetched, by what a source calls them."""


def kind_of(source_format: str) -> Kind:
    """The kind that a source's format stands for; raises FetchFailure for a format without one."""
    form = source_format.lower()
    kind = KINDS.get(FORMATS.get(f".{form}", form))
    if kind is None:
        known = ", ".join(KINDS)
        raise FetchFailure(
            f"the format '{source_format}' cannot be fetched",
            f"give the source one of these in sources.toml: {known}",
        )
    return kind


def kind_told(content_type: str, names: tuple[str, ...]) -> Kind:
    """The kind that a server tells: by its content type, and where that fits several, by a name.

    `names` are file names for it, the surest first. Raises FetchFailure where none is told.
    """
    sent = _plain_type(content_type)
    fitting = [form for form, kind in KINDS.items() if sent in _ANY or sent in kind.types]
    endings = (PurePosixPath(name).suffix.lower() for name in names)
    named = next((form for e in endings if (form := FORMATS.get(e)) in fitting), None)
    if named is not None:
        return KINDS[named]
    if not fitting:
        raise FetchFailure(f"answers with something that cannot be read ({_named(sent)})", _BY_HAND)
    if sent in _ANY or sent in _ZIP:
        raise FetchFailure("does not say of what format the file is", _TELL)
    return KINDS["txt" if sent == _PLAIN else fitting[0]]
