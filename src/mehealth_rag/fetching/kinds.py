"""What a fetched file is: by its bytes, else by what the server calls it."""

from __future__ import annotations

from pathlib import Path

import httpx

from mehealth_rag.corpus import FORMATS
from mehealth_rag.errors import ReadingError
from mehealth_rag.fetching.outcomes import BY_HAND, FetchFailure, Passing
from mehealth_rag.reading.sniffing import NAMES, check_kind, kind_of

_WEB_PAGE = NAMES["html"]
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


def _content_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()
