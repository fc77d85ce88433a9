"""Generated text cut into sentences and list items as it arrives, the same at every cut."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mehealth_rag.generating.markers import blanked, ends_marked, without_marks
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.types import Span

LONGEST = 600
"""Characters after which a sentence that has not ended is cut: nobody writes so, but a model in a
loop does."""

_MARKS_AFTER = re.compile(r"[^\S\n]*")
_WHOLE_WORD = re.compile(r"(?<!\w)[^\W\d_]\w*[^\w]")
_ENDED = re.compile(r"[.!?…][\s\"'”’»)\]*_]*$")
_BULLET = re.compile(r"^(?:[-*•▪◦‣●–—]|\(?\d{1,2}[.)])\s+")
_SOURCE = r"(?:evidence|documents?|texts?|sources?|passages?|context|information|quotes?)"
_LEAD_IN = re.compile(
    rf"^(?:according to|based on|as (?:stated|mentioned|described|given) (?:in|by)|from|per)\s*+"
    rf"(?:(?:the\s++)?(?:(?:provided|given|above)\s++)?{_SOURCE}(?:\s++provided)?(?:\s++\d++)?)?"
    r"\s*+,\s*"
    rf"|^(?:the\s++)?{_SOURCE}(?:\s++\d++)?\s++(?:says|states|mentions|notes|shows) that\s+"
    r"|^(?:the )?answer(?: is)?:\s*",
    re.IGNORECASE,
)
"""Words that only say that there is evidence, which the citation says better."""

_ASSENT = re.compile(r"^(?:yes|no)(?:[,.:;!]|\s[–—-])\s+(?=\S)", re.IGNORECASE)
"""A "yes" or "no" to the question: what follows may be true where this is not."""

_HEADING = re.compile(r"^#{1,6}\s+")
_DECORATION = re.compile(r"^`{3,}\w*|\*\*|__|`{1,3}|^#{1,6}\s+|^>\s+")
_LINK = re.compile(r"!?\[(?P<words>[^\[\]]+)\]\((?P<address>[^()\s]+)\)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence or list item that was written: its words without marks, and their numbers.

    `whole` is False where it was cut off; `broken` where a mark in it cannot be read; a `heading`
    states nothing. `opening` says little alone ("Yes,", "Not yet."); `lead` are the words that
    introduce an item's list.
    """

    text: str
    numbers: tuple[int, ...] = ()
    item: bool = False
    whole: bool = True
    broken: bool = False
    opening: str = ""
    lead: str = ""
    heading: bool = False

    @property
    def told(self) -> str:
        """Its words as they are shown."""
        return f"{self.opening} {self.text}".strip()

    @property
    def without_opening(self) -> Unit:
        """The same without its opening."""
        return replace(self, opening="", text=_capitalised(self.text)) if self.opening else self

    @property
    def claim(self) -> str:
        """What it claims, as the sentences are written that a reader learns from.

        An item that is no sentence by itself follows the words of its lead.
        """
        if self.text.endswith(":"):
            return self.told.removesuffix(":")
        sentence = self.text[:1].isupper() and self.text.endswith((".", "!"))
        alone = sentence or not self.lead
        claim = self.told if alone else f"{self.lead.rstrip(' :')} {self.text}"
        return _capitalised(claim) + "." * (not _ENDED.search(claim))


class Splitter:
    """Takes text in pieces and gives each unit once it is sure where it ends."""

    def __init__(self) -> None:
        self._rest = ""
        self._heads: list[str] = []

    def feed(self, piece: str) -> list[Unit]:
        """The units that are complete now."""
        self._rest += piece
        return self._units(final=False)

    def finish(self, *, ended: bool = False) -> list[Unit]:
        """The units that are left; the last was cut off unless it, or its writer, has `ended`."""
        return self._units(final=True, ended=ended)

    def _units(self, *, final: bool, ended: bool = False) -> list[Unit]:
        found = []
        while (end := next_end(self._rest, final=final)) is not None:
            written, self._rest = self._rest[:end], self._rest[end:]
            whole = len(written.lstrip()) < LONGEST and (
                bool(self._rest) or ended or _is_ended(written) or not final
            )
            unit = as_unit(self._as_item(written), whole=whole)
            if unit.text or unit.broken:
                found.append(unit)
        return found

    def _as_item(self, written: str) -> str:
        """A row of a table as a list item, its cells under their heads; other text as it is."""
        line = written.strip()
        if not line.startswith("|"):
            self._heads = []
            return written
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not self._heads:
            self._heads = cells
            return ""
        if not any(map(str.isalnum, line)):  # the rule below the heads
            return ""
        heads = [*self._heads, *cells][: len(cells)]
        told = (f"{h}: {c}" if h else c for h, c in zip(heads[1:], cells[1:], strict=True) if c)
        return f"- {'; '.join([cells[0], *told])}"


def next_end(text: str, *, final: bool) -> int | None:
    """Where the first unit of a text ends, its marks included; None where that is not sure yet.

    What is sure stays so whatever follows: a border counts only when a whole word of what comes
    after it is there, or the line has ended.
    """
    start = len(text) - len(text.lstrip())
    if start == len(text):
        return None
    view = text[: start + LONGEST]
    line = view.find("\n", start)
    stop = len(view) if line < 0 else line
    complete = final or line >= 0 or len(text) > len(view)
    if text[start] == "|":  # a row of a table has no sentences
        return stop if complete else None
    plain = blanked(view[:stop], final=complete)
    spans = sentence_spans(plain, Span(start, len(plain)))
    if len(spans) > 1:
        after = _MARKS_AFTER.match(plain, spans[0].end)
        end = after.end() if after else spans[0].end
        return end if complete or _WHOLE_WORD.search(plain, end) else None
    if line >= 0:
        return line
    return stop if complete else None


def as_unit(written: str, *, whole: bool = True) -> Unit:
    """What was written as a unit: bullets, emphasis and marks taken off."""
    line = written.strip()
    item = _BULLET.match(line) is not None
    bare = _DECORATION.sub("", _BULLET.sub("", _DECORATION.sub("", line)))
    marked = without_marks(_LINK.sub(_in_words, bare))
    text = _LEAD_IN.sub("", marked.text)
    if text != marked.text:
        text = _capitalised(text)
    assent = _ASSENT.match(text)
    opening = assent.group().strip() if assent else ""
    rest = text[assent.end() :] if assent else text
    heading = _HEADING.match(line) is not None
    return Unit(rest, marked.numbers, item, whole, marked.broken, opening, heading=heading)


def _in_words(link: re.Match[str]) -> str:
    """A link with its address after its words, once; a citation's stays a mark."""
    if not without_marks(link[0]).text:
        return link[0]
    words, address = link["words"], link["address"].removeprefix("mailto:")
    return address if words in address else f"{words} ({address})"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_ended(written: str) -> bool:
    return ends_marked(written) or _ENDED.search(blanked(written, final=True).rstrip()) is not None
