"""The one text of a page: blocks, lines and links as spans of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mehealth_rag.reading.runs import Draft, Piece
from mehealth_rag.reading.tidy import SOFT_HYPHEN, Vocabulary, glue
from mehealth_rag.types import Block, Line, Span

if TYPE_CHECKING:
    from collections.abc import Sequence


def compose(
    drafts: Sequence[Draft], vocabulary: Vocabulary
) -> tuple[str, tuple[Block, ...], tuple[Line, ...]]:
    """Text, blocks and lines of a page: blocks separated by a newline, lines joined inside."""
    parts: list[str] = []
    blocks: list[Block] = []
    lines: list[Line] = []
    at = 0
    for draft in drafts:
        pieces = _joined(draft.pieces, vocabulary)
        if not pieces:
            continue
        if parts:
            parts.append("\n")
            at += 1
        start = at
        for piece, between in pieces:
            lines.append(Line(Span(at, at + len(piece.text)), piece.box))
            parts.append(piece.text + between)
            at += len(piece.text) + len(between)
        blocks.append(Block(draft.kind, Span(start, at), draft.level))
    return "".join(parts), tuple(blocks), tuple(lines)


def _joined(pieces: Sequence[Piece], vocabulary: Vocabulary) -> list[tuple[Piece, str]]:
    """Each line as it stands in the text, with what stands between it and the next."""
    full = [piece for piece in pieces if piece.text.strip(SOFT_HYPHEN)]
    joined: list[tuple[Piece, str]] = []
    for piece, following in pairwise(full):
        text, between = glue(piece.text, following.text, vocabulary)
        joined.append((Piece(text, piece.box), between))
    if full:
        joined.append((Piece(full[-1].text.rstrip(SOFT_HYPHEN), full[-1].box), ""))
    return joined
