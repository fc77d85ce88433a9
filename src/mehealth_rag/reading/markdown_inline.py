"""The words of a block of Markdown: inline marks taken off, code and figures as they stand."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.reading.flow import Visible
from mehealth_rag.reading.fragments import TAG
from mehealth_rag.reading.raised import lowered, raised

if TYPE_CHECKING:
    from collections.abc import Mapping

_INLINE = re.compile(
    r"(?P<ticks>(?<!`)`+(?!`))(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\[\^(?P<note>[^\]\s]+)\]"
    r"|!\[(?P<alt>[^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"
    r"|\[(?P<words>(?:[^\[\]]|\[[^\]]*\])+)\]\(\s*<?(?P<url>[^\s)>]+)>?(?:\s+[\"'][^)]*)?\)"
    r"|\[(?P<named>[^\[\]]+)\](?:\[(?P<name>[^\[\]]*)\])?"
    r"|<(?P<auto>https?://[^\s>]+|[^\s<>@]+@[^\s<>@]+\.\w+)>"
    r"|(?P<bare>https?://[^\s<>()]*[^\s<>().,;:!?\"'”’])"
    r"|<su(?P<script>[pb])>(?P<scripted>[^<]*)</su[pb]>"
    rf"|(?P<tag>{TAG})"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][\da-zA-Z]{1,31});)"
    r"|(?P<marks>\*+|_+)",
    re.IGNORECASE | re.DOTALL,
)
_LINE_BREAK = re.compile(r"</?(?:br|p|div|li|td|th|tr|hr)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Piece:
    """A stretch of words, or marks of emphasis that may yet find their other half."""

    text: str
    url: str | None = None
    opens: bool = False


def visible(source: str, references: Mapping[str, str]) -> Visible:
    """What a reader sees of a block; `references` are the addresses of named links."""
    pieces: list[_Piece] = []
    at = 0
    for match in _INLINE.finditer(source):
        pieces.append(_Piece(source[at : match.start()]))
        at = match.end()
        if match["marks"]:
            _emphasise(pieces, source, match)
        else:
            before = "".join(p.text for p in pieces[-2:])
            pieces.append(_piece(match, before, references))
    pieces.append(_Piece(source[at:]))
    shown = Visible()
    for piece in pieces:
        shown.add(piece.text, piece.url)
    return shown.stripped()


def _piece(match: re.Match[str], before: str, references: Mapping[str, str]) -> _Piece:
    """What stands for a mark that is whole in itself."""
    if match["words"] is not None:
        return _Piece(_inner(match["words"], references), match["url"])
    if match["named"] is not None:
        return _named(match, references)
    address = match["auto"] or match["bare"]
    if address:
        return _Piece(address, address if "://" in address else None)
    return _Piece(_plain(match, before))


def _plain(match: re.Match[str], before: str) -> str:
    """The words of a mark that leads nowhere."""
    if match["note"] is not None:
        return raised(match["note"]) if match["note"].isdecimal() else ""
    if match["script"] is not None:
        words = html.unescape(match["scripted"])
        return raised(words) if match["script"].lower() == "p" else lowered(words, before)
    if match["tag"] is not None:
        return " " if _LINE_BREAK.match(match["tag"]) else ""
    if match["entity"] is not None:
        return html.unescape(match["entity"])
    return next(words for words in match.group("code", "escaped", "alt") if words is not None)


def _named(match: re.Match[str], references: Mapping[str, str]) -> _Piece:
    """A link by name; where no such name is known, brackets are brackets."""
    name = " ".join((match["name"] or match["named"]).lower().split())
    if name not in references:
        return _Piece(match[0])
    return _Piece(_inner(match["named"], references), references[name])


def _inner(words: str, references: Mapping[str, str]) -> str:
    before, after = words[:1].isspace(), words[-1:].isspace()
    return " " * before + visible(words, references).text + " " * after


def _emphasise(pieces: list[_Piece], source: str, match: re.Match[str]) -> None:
    """Take off marks that close others, keep those that may open some, and mere signs."""
    marks = match["marks"]
    before, after = source[: match.start()][-1:], source[match.end() :][:1]
    inside = before.isalnum() and after.isalnum()
    operator = inside and (marks[0] == "_" or before.isdigit() or after.isdigit())
    closes = bool(before) and not (inside and marks[0] == "_")
    # Converters put the space inside: “**Note: **text”.
    loose = len(marks) > 1 and any(p.opens and p.text == marks for p in pieces)
    if closes and (not before.isspace() or (loose and not after.isspace())):
        marks = _closed(pieces, marks)
    bare = not after or after.isspace() or (before.isalnum() and not after.isalnum())
    if marks:
        pieces.append(_Piece(marks, opens=not (bare or operator)))


def _closed(pieces: list[_Piece], marks: str) -> str:
    """Take marks off with those that they close; give those that close nothing."""
    for place in range(len(pieces) - 1, -1, -1):
        piece = pieces[place]
        if not marks:
            break
        if piece.opens and piece.text[:1] == marks[0]:
            count = min(len(piece.text), len(marks))
            piece.text, marks = piece.text[count:], marks[count:]
            for passed in pieces[place + 1 :]:
                passed.opens = False  # what opened inside is left without its other half
    return marks
