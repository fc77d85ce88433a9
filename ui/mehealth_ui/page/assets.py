"""The page's own files, and what stands in its head."""

from __future__ import annotations

from pathlib import Path

from mehealth_ui.markup import tag

STATIC = Path(__file__).parent / "static"
FILES = {
    "page.css": "text/css",
    "reading.css": "text/css",
    "page.js": "text/javascript",
    "facts.css": "text/css",
    "facts.js": "text/javascript",
    "conversations.js": "text/javascript",
    "store.js": "text/javascript",
    "people.css": "text/css",
    "people.js": "text/javascript",
    "documents.css": "text/css",
    "documents.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}
"""The only files that are served, with their types."""


def head(title: str, description: str) -> str:
    """What goes into the page's head before anything is drawn: title, look, a first picture."""
    return "".join(
        [
            tag("title", title),
            tag("meta", name="description", content=description),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="icon", type="image/svg+xml", href="ui/favicon.svg"),
            tag("link", rel="stylesheet", href="ui/page.css"),
            tag("link", rel="stylesheet", href="ui/reading.css"),
            tag("link", rel="stylesheet", href="ui/people.css"),
            tag("link", rel="stylesheet", href="ui/facts.css"),
            tag("link", rel="stylesheet", href="ui/documents.css"),
            tag("script", src="ui/store.js"),
            tag("script", src="ui/conversations.js"),
            tag("script", src="ui/page.js"),
            tag("script", src="ui/people.js"),
            tag("script", src="ui/facts.js"),
            tag("script", src="ui/documents.js"),
        ]
    )
