"""Builds HTML; text is escaped unless it is already an `Html` value."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ADDRESS = re.compile(r"(https?://[^\s<>\"'“”]+[^\s<>\"'“”.,;:!?)\]])")
_MARKER = re.compile(r"\[(\d{1,3})\]")
_VOID = frozenset({"img", "input", "br", "hr", "meta", "link"})

Attribute = str | int | float | bool | None


class Html(str):
    """Text that is markup already and is not escaped."""

    __slots__ = ()


def escape(text: str) -> Html:
    """Escape text, quotes included."""
    return text if isinstance(text, Html) else Html(html.escape(text, quote=True))


def tag(name: str, /, *children: str, **attributes: Attribute) -> Html:
    """Return an element. `class_` becomes class, `data_act` data-act; None is left out."""
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(start if name in _VOID else f"{start}{join(children)}</{name}>")


def button(*children: str, **attributes: Attribute) -> Html:
    """Return a button that submits no form."""
    return tag("button", *children, type="button", **attributes)


def join(parts: Iterable[str]) -> Html:
    """Join parts, each escaped unless it is markup."""
    return Html("".join(escape(part) for part in parts))


def web_address(url: str | None) -> str | None:
    """Return an http or https address; None for anything else."""
    address = (url or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.netloc else None


def link(url: str | None, /, *children: str, **attributes: Attribute) -> Html:
    """Return a link to another site, or just the words if the address is not a web address."""
    safe = web_address(url)
    if safe is None:
        return join(children)
    return tag("a", *children, href=safe, target="_blank", rel="noopener noreferrer", **attributes)


def rich(text: str, chips: Mapping[int, Html]) -> Html:
    """Format answer text: `**bold**`, web addresses, and markers `[1]` of known citations."""

    def linked(text: str) -> Html:
        return _replaced(text, _ADDRESS, lambda address: link(address, address), marked)

    def marked(text: str) -> Html:
        return _replaced(
            text, _MARKER, lambda number: chips.get(int(number), f"[{number}]"), escape
        )

    return _replaced(text, _BOLD, lambda words: tag("strong", linked(words)), linked)


def _replaced(
    text: str, pattern: re.Pattern[str], match: Callable[[str], str], between: Callable[[str], Html]
) -> Html:
    """Apply `match` to the pattern's one group, and `between` to the text between matches."""
    pieces = pattern.split(text)
    return join(match(p) if n % 2 else between(p) for n, p in enumerate(pieces))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
