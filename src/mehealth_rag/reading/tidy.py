"""Characters as a reader means them, and words that a line's end broke in two.

Quotes have to be found again in the file, so nothing is changed that a reader can see: curly
quotes, dashes, pound signs and bullets stay. What goes are spellings of the same thing (ligatures,
the many spaces) and what has no shape at all (control characters, soft hyphens, zero widths).
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
"""What pdfium writes for a hyphen at a line's end where it believes a word is broken."""

SOFT_HYPHEN = "\u00ad"
_BREAKS = frozenset(HYPHENS + BROKEN)
_SUSPENDED = frozenset({"and", "or", "to"})
"""After these a hyphen stands for a word left out: "pre- and post-merger"."""

_LIGATURES = {chr(code): normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_SIGNS = {
    "\uf0b0": "°",
    "\uf0b1": "±",
    "\uf0b3": "≥",
    "\uf0b4": "×",
    "\uf0b9": "≠",
    "\uf0bb": "≈",
}
"""Signs of figures that files write as codes of the font Symbol; other fonts' pictures there are
seldom used."""
_CONTROL = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")
_AT_LETTERS = re.compile(
    r"(?<=[^\W\d_])(?:[\x0b-\x0f](?!\n)|[\x1b-\x1f])|[\x0b-\x0f\x1b-\x1f](?=[^\W\d_])"
)
_TEX = tuple(
    dict(zip(codes, "ﬀﬁﬂﬃﬄ", strict=True))
    for codes in ("\x1b\x1c\x1d\x1e\x1f", "\x0b\x0c\r\x0e\x0f")
)
"""Where TeX's fonts (T1, OT1) have the ligatures, which a file may give as bare codes."""
_FEW_CODES = 0.15
"""Of a text that is nonsense, a larger share than this is control characters."""
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
    """One line of text without odd characters: single spaces, none at the ends.

    A soft hyphen at the very end stays, as the sign that a word goes on in the next line.
    """
    plain = text.isascii() and text.isprintable()
    tidy = (text if plain else text.translate(_TABLE)).strip(" ")
    if text.endswith(SOFT_HYPHEN) and tidy:
        tidy += SOFT_HYPHEN  # `glue` takes it away together with the line's end
    return _SPACES.sub(" ", tidy) if "  " in tidy else tidy


def with_ligatures(text: str) -> str:
    """A page's text with bare codes of TeX's ligatures as the ligatures that they are drawn as.

    The length stays. Nothing is changed where a page has other control characters too: its codes
    stand for something else then.
    """
    found = _CONTROL.findall(text)
    if not found or len(found) > _FEW_CODES * len(text):
        return text
    codes = next((codes for codes in _TEX if codes.keys() >= set(found)), None)
    if codes is None:
        return text
    return _AT_LETTERS.sub(lambda match: codes.get(match[0], match[0]), text)


def ends_broken(text: str) -> bool:
    """Whether a raw line ends in a hyphen right after a letter or digit."""
    stripped = text.rstrip()
    return stripped[-1:] in _BREAKS and len(stripped) > 1 and stripped[-2].isalnum()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How often each word and each compound with a hyphen stands inside a document's lines."""

    words: Counter[str]
    compounds: Counter[str]
    prefixes: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Vocabulary:
        """Count the words of `lines`; a piece left by a break at a line's end is not one."""
        found: list[str] = []
        broken = False
        for line in lines:
            whole = _WORD.findall(line.lower())
            if broken:
                del whole[:1]
            broken = ends_broken(line)
            if broken:
                del whole[-1:]
            found += whole
        words = Counter(found)
        compounds = Counter({word: count for word, count in words.items() if "-" in word})
        parts = (word.split("-") for word in compounds)
        prefixes = frozenset(part for split in parts for part in split[:-1])
        return cls(words, compounds, prefixes)

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Whether the word broken into `left`-`right` is a compound that keeps its hyphen."""
        left, right = left.lower(), right.lower()
        if not left.isalpha() or not right.isalpha():
            return True
        joined, compound = self.words[left + right], self.compounds[f"{left}-{right}"]
        if joined or compound:
            return compound > joined
        known_left = left in self.words or left in self.prefixes
        return known_left and right in self.words


def glue(left: str, right: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """How one line goes over into the next within a block.

    Returns the left line as it stands in the text (its hyphen dropped where a word was only
    broken) and what stands between the two: a space, or nothing.
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
