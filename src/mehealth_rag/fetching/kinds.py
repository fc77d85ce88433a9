"""What a fetched file is: by its bytes, else by what the server calls it."""

from __future__ import annotations

import mimetypes
from email.message import Message
from pathlib import Path, PurePosixPath

import httpx

from mehealth_rag.corpus import FORMATS
from mehealth_rag.errors import ReadingError
from mehealth_rag.fetching.failures import BY_HAND, FetchFailure, Passing
from mehealth_rag.reading.sniffing import NAMES, check_kind, kind_of

_WEB_PAGE = NAMES["html"]
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""What servers say that do not know."""
_FORMS = {name: form for form, name in NAMES.items()}
_TEXTS = frozenset(("txt", "md", "rst", "csv", "tsv", "eml", "html"))
"""Formats that no first bytes tell."""
_TAIL = 2048


def format_of(source_format: str) -> str:
    """The format that a source's stands for; raises FetchFailure for one that cannot be read."""
    form = FORMATS.get(f".{source_format.lower()}", "")
    if not form:
        raise FetchFailure(
            f"the format '{source_format}' cannot be fetched",
            f"give the source one of these in sources.toml: {', '.join(NAMES)}",
        )
    return form


def check(path: Path, form: str, headers: httpx.Headers) -> None:
    """Raise FetchFailure where a file is not of its format, as a login page in its place."""
    content = path.read_bytes()
    if not content:
        raise FetchFailure("answers with an empty file", BY_HAND)
    found, sent = kind_of(content), _content_type(headers)
    shown = found or "something else"
    if found is None and sent in {"text/html", "application/xhtml+xml"}:
        found, shown = _WEB_PAGE, f"{_WEB_PAGE} ({sent})"
    try:
        if found == _WEB_PAGE and form != "html":
            raise FetchFailure(f"answers with {shown} instead of {NAMES[form]}", BY_HAND)
        check_kind(path, form, content)
    except ReadingError as error:
        raise FetchFailure(f"answers with {shown} instead of {NAMES[form]}", BY_HAND) from error
    framed = {"content-length", "transfer-encoding"} & set(headers)
    if form == "pdf" and not framed and b"%%EOF" not in content[-_TAIL:]:
        raise Passing("the PDF was cut short (its end is missing)")


def format_told(path: Path, response: httpx.Response) -> str:
    """The format of a file that the manifest does not tell; FetchFailure where nothing does."""
    sent = _content_type(response.headers)
    found = kind_of(path.read_bytes())
    if found is not None and found in _FORMS:
        return _FORMS[found]
    disposition = Message()
    disposition["Content-Disposition"] = response.headers.get("content-disposition", "")
    names = [disposition.get_filename() or "", response.url.path]
    endings = [PurePosixPath(name).suffix.lower() for name in names]
    endings.append(mimetypes.guess_extension(sent) or "")
    form = next((f for ending in endings if (f := FORMATS.get(ending)) in _TEXTS), None)
    if form is not None and found is None:
        return form
    if found is None and sent in _UNTOLD:
        raise FetchFailure(
            "does not say of what format the file is", "give the source its format in sources.toml"
        )
    what = "".join(c for c in found or sent[:80] if c.isprintable())  # it may say anything
    raise FetchFailure(f"answers with something that cannot be read ({what})", BY_HAND)


def _content_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()
