"""What a visitor is told of an error: its own words, without a path of the machine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mehealth_rag.index.accounting import SourceStatus

UNEXPECTED = (
    "something unexpected went wrong; try again, and if it stays, tell whoever runs this page"
)
_BEGINS = r"(?<![\w/\\.-])"
"""What stands before a relative path is no part of a longer one, or of an address."""

_POSIX = re.compile(r"(?<![\w:/.~])~?(?:/[^\s/:;,'\"“”()]+)+/([^\s/:;,'\"“”()]*)")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:\\(?:[^\s\\:;,'\"“”()]+\\)*([^\s\\:;,'\"“”()]*)")


def told(error: Exception | str, *folders: Path) -> str:
    """An error's words, each path in them cut to its last name.

    `folders`, absolute or relative, are cut off first: a path under one of them may hold spaces.
    """
    text = str(error)
    for folder in sorted(folders, key=lambda f: len(str(f)), reverse=True):
        if folder.name:  # neither the root nor the working folder
            begins = "" if folder.is_absolute() else _BEGINS
            here = begins + re.escape(str(folder))
            text = re.sub(rf"{here}[/\\]", "", text)
            text = folder.name.join(re.split(rf"{here}(?!\w)", text))
    return _WINDOWS.sub(r"\1", _POSIX.sub(r"\1", text))


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def public(status: SourceStatus, corpus: Path) -> SourceStatus:
    """A source's state, with no path in its reason."""
    path = status.source.path
    folders = [corpus, *([path.parent] if path else [])]
    return replace(status, reason=told(status.reason, *folders))
