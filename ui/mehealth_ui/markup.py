"""HTML that is safe by construction: whatever is not markup made here is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ADDRESS = re.compile(r"https?://[^\s<>\"'“”]+[^\s<>\"'“”.,;:!?)\]]")
_VOID = frozenset({"img", "input", "br", "hr", "meta", "link"})

Attribute = str | int | float | bool | None


class Html(str):
    """Text that is markup already. Everything else is escaped before it is shown."""

    __slots__ = ()


def escape(text: str) -> Html:
    """Text as it can stand in markup, quotes included."""
    return text if isinstance(text, Html) else Html(html.escape(text, quote=True))


def tag(name: str, /, *children: str, **attributes: Attribute) -> Html:
    """An element. `class_` is the attribute class, `data_act` is data-act; None leaves one out."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{shown}>")
    return Html(f"<{name}{shown}>{join(children)}</{name}>")


def button(*children: str, **attributes: Attribute) -> Html:
    """A button that sends no form."""
    return tag("button", *children, type="button", **attributes)


def join(parts: Iterable[str]) -> Html:
    """Parts one after the other, each escaped unless it is markup."""
    return Html("".join(escape(part) for part in parts))


def web_address(url: str | None) -> str | None:
    """An address that a person may follow: http or https and nothing else."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None


def link(url: str | None, /, *children: str, **attributes: Attribute) -> Html:
    """A link to another site; the bare words where the address is none to follow."""
    safe = web_address(url)
    if safe is None:
        return join(children)
    return tag("a", *children, href=safe, target="_blank", rel="noopener noreferrer", **attributes)


def rich(text: str, chips: Mapping[int, Html]) -> Html:
    """Answer text: `**bold**`, web addresses and the markers `[1]` of known citations."""
    parts: list[str] = []
    end = 0
    for match in _BOLD.finditer(text):
        parts += [_plain(text[end : match.start()], chips), tag("strong", _plain(match[1], chips))]
        end = match.end()
    return join([*parts, _plain(text[end:], chips)])


def _plain(text: str, chips: Mapping[int, Html]) -> Html:
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0]
        parts += [_marked(text[end : match.start()], chips), link(address, address)]
        end = match.end()
    return join([*parts, _marked(text[end:], chips)])


def _marked(text: str, chips: Mapping[int, Html]) -> Html:
    pieces = re.split(r"\[(\d{1,3})\]", text)
    return join(
        piece if position % 2 == 0 else chips.get(int(piece), escape(f"[{piece}]"))
        for position, piece in enumerate(pieces)
    )


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
