"""Normalises characters and joins words broken at line ends.

Quotes must be found again in the file, so visible characters are kept: curly quotes, dashes,
currency signs, bullets. Only equivalent encodings (ligatures, various spaces) are unified and
invisible characters (controls, soft hyphens, zero widths) removed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

from mehealth_rag.reading.runs import HYPHENS, Draft, Piece
from mehealth_rag.types import Block, Line, Span

BROKEN = "\ufffe\x02"
"""What pdfium writes for a line-end hyphen that it takes for a broken word."""

SOFT_HYPHEN = "\u00ad"
_BREAKS = frozenset(HYPHENS + BROKEN)
_SUSPENDED = frozenset({"and", "or", "to"})
"""Words before which a hyphen is suspended, not broken: "pre- and post-merger"."""

_LIGATURES = {chr(code): normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_SIGNS = {
    "\uf0b0": "°",
    "\uf0b1": "±",
    "\uf0b3": "≥",
    "\uf0b4": "×",
    "\uf0b9": "≠",
    "\uf0bb": "≈",
}
"""Signs that files write as private-use codes of the font Symbol; other fonts rarely use these
codes."""
_CONTROL = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")
_AT_LETTERS = re.compile(
    r"(?<=[^\W\d_])(?:[\x0b-\x0f](?!\n)|[\x1b-\x1f])|[\x0b-\x0f\x1b-\x1f](?=[^\W\d_])"
)
_TEX = tuple(
    dict(zip(codes, "ﬀﬁﬂﬃﬄ", strict=True))
    for codes in ("\x1b\x1c\x1d\x1e\x1f", "\x0b\x0c\r\x0e\x0f")
)
"""Codes of the ligatures in TeX's T1 and OT1 fonts, which a file may contain unmapped."""
_FEW_CODES = 0.15
"""Maximum share of control characters in readable text."""
_ODD_SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u202f\u205f\u3000\u2028\u2029"
    + "".join(chr(code) for code in range(0x2000, 0x200B))
)
_NO_SHAPE = (
    "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
    "\u2068\u2069\ufff9\ufffa\ufffb\uffff"
)
_TABLE = str.maketrans(
    {chr(code): None for code in (*range(0x20), *range(0x7F, 0xA0))}
    | dict.fromkeys(_NO_SHAPE)
    | dict.fromkeys(_ODD_SPACES, " ")
    | dict.fromkeys(BROKEN, "-")
    | _LIGATURES
    | _SIGNS
)
_SPACES = re.compile(" {2,}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+(?:['’][^\W_]+)*)*")
_HEAD = re.compile(r"^[^\W_]+(?:['’][^\W_]+)*")
_TAIL = re.compile(r"(?<![^\W_])(?<![^\W_]-)[^\W_]++(?:-[^\W_]++)*+$")


def clean(text: str) -> str:
    """Normalise the characters of a line and collapse its spaces.

    A soft hyphen at the end is kept, because it marks a word that continues on the next line.
    """
    plain = text.isascii() and text.isprintable()
    tidy = (text if plain else text.translate(_TABLE)).strip(" ")
    if text.endswith(SOFT_HYPHEN) and tidy:
        tidy += SOFT_HYPHEN  # `glue` removes it when it joins the lines
    return _SPACES.sub(" ", tidy) if "  " in tidy else tidy


def with_ligatures(text: str) -> str:
    """Replace unmapped codes of TeX ligatures in a page's text with the ligatures.

    The length stays the same. A page with any other control characters is left unchanged, because
    its codes then mean something else.
    """
    controls = _CONTROL.findall(text)
    if not controls or len(controls) > _FEW_CODES * len(text):
        return text
    codes = next((codes for codes in _TEX if codes.keys() >= set(controls)), None)
    if codes is None:
        return text
    return _AT_LETTERS.sub(lambda match: codes.get(match[0], match[0]), text)


def ends_broken(text: str) -> bool:
    """Return whether a raw line ends in a hyphen right after a letter or digit."""
    stripped = text.rstrip()
    return stripped[-1:] in _BREAKS and len(stripped) > 1 and stripped[-2].isalnum()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Counts of the words and hyphenated compounds inside a document's lines."""

    words: Counter[str]
    compounds: Counter[str]
    prefixes: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Vocabulary:
        """Count the words of `lines`, without the parts of words broken at line ends."""
        unbroken: list[str] = []
        broken = False
        for line in lines:
            line_words = _WORD.findall(line.lower())
            if broken:
                del line_words[:1]
            broken = ends_broken(line)
            if broken:
                del line_words[-1:]
            unbroken += line_words
        words = Counter(unbroken)
        compounds = Counter({word: count for word, count in words.items() if "-" in word})
        parts = (word.split("-") for word in compounds)
        prefixes = frozenset(part for split in parts for part in split[:-1])
        return cls(words, compounds, prefixes)

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Return whether the word broken into `left`-`right` is a compound with a hyphen."""
        left, right = left.lower(), right.lower()
        if not left.isalpha() or not right.isalpha():
            return True
        joined, compound = self.words[left + right], self.compounds[f"{left}-{right}"]
        if joined or compound:
            return compound > joined
        known_left = left in self.words or left in self.prefixes
        return known_left and right in self.words


def glue(left: str, right: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Join two lines of a block.

    Returns the left line, without its hyphen if that only broke a word, and the separator: a space
    or nothing.
    """
    if not left or not right:
        return left, ""
    if left[-1] == SOFT_HYPHEN:
        return left[:-1], ""
    if left[-1] in HYPHENS and len(left) > 1 and left[-2].isalnum() and right[0].isalnum():
        return _mend(left, right, vocabulary)
    if left[-1] in "—/" and len(left) > 1 and left[-2] != " " and right[0].isalnum():
        return left, ""
    return left, " "


def _mend(left: str, right: str, vocabulary: Vocabulary) -> tuple[str, str]:
    head = _HEAD.match(right)
    tail = _TAIL.search(left[:-1])
    if not head or not tail:
        return left, ""
    if head[0].lower() in _SUSPENDED:
        return left, " "
    upper = head[0][0].isupper() and not tail[0].isupper()
    if upper or vocabulary.keeps_hyphen(tail[0], head[0]):
        return left, ""
    return left[:-1], ""


def compose(
    drafts: Sequence[Draft], vocabulary: Vocabulary
) -> tuple[str, tuple[Block, ...], tuple[Line, ...]]:
    """Compose the text, blocks and lines of a page.

    Blocks are separated by newlines; lines within a block are joined by `glue`.
    """
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
    """Return each non-empty line as it appears in the text, with the separator after it."""
    full = [piece for piece in pieces if piece.text.strip(SOFT_HYPHEN)]
    joined: list[tuple[Piece, str]] = []
    for piece, following in pairwise(full):
        text, between = glue(piece.text, following.text, vocabulary)
        joined.append((Piece(text, piece.box), between))
    if full:
        joined.append((Piece(full[-1].text.rstrip(SOFT_HYPHEN), full[-1].box), ""))
    return joined
