"""The page's own files: what is served, its head, and its fixed parts in HTML."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Template

from mehealth_ui.markup import Html, escape, tag

STATIC = Path(__file__).parent / "static"
_STYLES = ("page", "reading", "people", "facts", "documents")
_SCRIPTS = ("store", "conversations", "page", "people", "facts", "documents")
FILES = {
    **{f"{name}.css": "text/css" for name in _STYLES},
    **{f"{name}.js": "text/javascript" for name in _SCRIPTS},
    "favicon.svg": "image/svg+xml",
}
"""The served files with their types."""


def head(title: str, description: str) -> str:
    """Return the head: title, description, icon, styles and scripts."""
    return "".join(
        [
            tag("title", title),
            tag("meta", name="description", content=description),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="icon", type="image/svg+xml", href="ui/favicon.svg"),
            *(tag("link", rel="stylesheet", href=f"ui/{name}.css") for name in _STYLES),
            *(tag("script", src=f"ui/{name}.js") for name in _SCRIPTS),
        ]
    )


def part(name: str, **values: str) -> Html:
    """Return a file of `parts` with its values."""
    escaped = {key: escape(value) for key, value in values.items()}
    return Html(_template(name).substitute(escaped))


@cache
def _template(name: str) -> Template:
    """Read a file, joining its lines without white space."""
    text = (Path(__file__).parent / "parts" / f"{name}.html").read_text(encoding="utf-8")
    return Template(re.sub(r"\n\s*", "", text))
