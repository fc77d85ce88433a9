"""Split generated text into sentences and list items as it arrives, however it is cut."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mehealth_rag.generating.markers import blanked, ends_marked, without_marks
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.types import Span

LONGEST = 600
"""Characters after which an unfinished sentence is cut; only a model in a loop writes that much."""

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
"""Words that only announce the evidence, which the citation does better."""

_ASSENT = re.compile(r"^(?:yes|no)(?:[,.:;!]|\s[–—-])\s+(?=\S)", re.IGNORECASE)
"""A yes or no to the question; what follows may be true even if it is not."""

_HEADING = re.compile(r"^#{1,6}\s+")
_DECORATION = re.compile(r"^`{3,}\w*|\*\*|__|`{1,3}|^#{1,6}\s+|^>\s+")
_LINK = re.compile(r"!?\[(?P<words>[^\[\]]+)\]\((?P<address>[^()\s]+)\)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or list item as written, without its citation marks, and their numbers.

    `whole` is False if it was cut off; `broken` means that a mark could not be read; a `heading`
    states nothing. `opening` says little by itself ("Yes,", "Not yet."); `lead` is the introduction
    of an item's list.
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
        """The opening and the text, as shown."""
        return f"{self.opening} {self.text}".strip()

    @property
    def without_opening(self) -> Unit:
        """The unit without its opening."""
        return replace(self, opening="", text=_capitalised(self.text)) if self.opening else self

    @property
    def claim(self) -> str:
        """The claim, in the form the reader was trained on.

        An item that is not a sentence by itself follows its lead.
        """
        if self.text.endswith(":"):
            return self.told.removesuffix(":")
        is_sentence = self.text[:1].isupper() and self.text.endswith((".", "!"))
        stands_alone = is_sentence or not self.lead
        claim = self.told if stands_alone else f"{self.lead.rstrip(' :')} {self.text}"
        return _capitalised(claim) + "." * (not _ENDED.search(claim))


class Splitter:
    """Takes text in pieces and returns each unit once its end is certain."""

    def __init__(self) -> None:
        self._rest = ""
        self._heads: list[str] = []

    def feed(self, piece: str) -> list[Unit]:
        """Return the units that are now complete."""
        self._rest += piece
        return self._units(final=False)

    def finish(self, *, ended: bool = False) -> list[Unit]:
        """Return the remaining units; the last is cut off unless it, or its writer, has `ended`."""
        return self._units(final=True, ended=ended)

    def _units(self, *, final: bool, ended: bool = False) -> list[Unit]:
        units = []
        while (end := next_end(self._rest, final=final)) is not None:
            written, self._rest = self._rest[:end], self._rest[end:]
            whole = len(written.lstrip()) < LONGEST and (
                bool(self._rest) or ended or _is_ended(written) or not final
            )
            unit = as_unit(self._as_item(written), whole=whole)
            if unit.text or unit.broken:
                units.append(unit)
        return units

    def _as_item(self, written: str) -> str:
        """Return a table row as a list item, each cell after its heading; other text unchanged."""
        line = written.strip()
        if not line.startswith("|"):
            self._heads = []
            return written
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not self._heads:
            self._heads = cells
            return ""
        if not any(map(str.isalnum, line)):  # the rule below the header row
            return ""
        heads = [*self._heads, *cells][: len(cells)]
        pairs = (f"{h}: {c}" if h else c for h, c in zip(heads[1:], cells[1:], strict=True) if c)
        return f"- {'; '.join([cells[0], *pairs])}"


def next_end(text: str, *, final: bool) -> int | None:
    """Return where the first unit of a text ends, with its marks; None if that may still change.

    Later text never moves an end: a sentence boundary counts only if a whole word follows it or the
    line has ended.
    """
    start = len(text) - len(text.lstrip())
    if start == len(text):
        return None
    view = text[: start + LONGEST]
    line = view.find("\n", start)
    stop = len(view) if line < 0 else line
    complete = final or line >= 0 or len(text) > len(view)
    if text[start] == "|":  # a table row has no sentences
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
    """Return written text as a unit, without bullets, emphasis and marks."""
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
    """Return a link as its words and address; a citation mark stays as it is."""
    if not without_marks(link[0]).text:
        return link[0]
    words, address = link["words"], link["address"].removeprefix("mailto:")
    return address if words in address else f"{words} ({address})"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_ended(written: str) -> bool:
    return ends_marked(written) or _ENDED.search(blanked(written, final=True).rstrip()) is not None
