"""What a visitor is told of an error: its own words, without a path of the machine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mehealth_rag.index.sources import SourceStatus

UNEXPECTED = (
    "something unexpected went wrong; try again, and if it stays, tell whoever runs this page"
)
_POSIX = re.compile(r"(?<![\w:/.~])~?(?:/[^\s/:;,'\"“”()]+)+/([^\s/:;,'\"“”()]*)")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:\\(?:[^\s\\:;,'\"“”()]+\\)*([^\s\\:;,'\"“”()]*)")


def told(error: Exception | str, *folders: Path) -> str:
    """An error's words, each path in them cut to its last name.

    `folders` are cut off first: a path under one of them may hold spaces.
    """
    text = str(error)
    for folder in sorted((str(f) for f in folders if f.is_absolute()), key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(f"{folder}/", "").replace(folder, Path(folder).name)
    return _WINDOWS.sub(r"\1", _POSIX.sub(r"\1", text))


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def public(status: SourceStatus, corpus: Path) -> SourceStatus:
    """A source's state, with no path in its reason."""
    path = status.source.path
    folders = [corpus, *([path.parent] if path else [])]
    return replace(status, reason=told(status.reason, *folders))
