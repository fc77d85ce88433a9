"""The words of an error that a visitor may see: no path of this machine is in them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mehealth_rag.index.accounting import SourceStatus

UNEXPECTED = (
    "something unexpected went wrong; try again, and if it stays, tell whoever runs this page"
)
_NOT_INSIDE = r"(?<![\w/\\.-])"
"""A relative path does not begin inside a longer path or an address."""

_POSIX = re.compile(r"(?<![\w:/.~])~?(?:/[^\s/:;,'\"“”()]+)+/([^\s/:;,'\"“”()]*)")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:\\(?:[^\s\\:;,'\"“”()]+\\)*([^\s\\:;,'\"“”()]*)")


def visible_text(error: Exception | str, *folders: Path) -> str:
    """Return an error's words, each path in them cut to its last name.

    `folders`, absolute or relative, are cut off first because they may contain spaces.
    """
    text = str(error)
    for folder in sorted(folders, key=lambda f: len(str(f)), reverse=True):
        if folder.name:  # neither the root nor the working folder
            begins = "" if folder.is_absolute() else _NOT_INSIDE
            pattern = begins + re.escape(str(folder))
            text = re.sub(rf"{pattern}[/\\]", "", text)
            text = folder.name.join(re.split(rf"{pattern}(?!\w)", text))
    return _WINDOWS.sub(r"\1", _POSIX.sub(r"\1", text))


def sentence(text: str) -> str:
    """Add a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def visible_status(status: SourceStatus, corpus: Path) -> SourceStatus:
    """Return the state of a source, with no path in its reason."""
    path = status.source.path
    folders = [corpus, *([path.parent] if path else [])]
    return replace(status, reason=visible_text(status.reason, *folders))
