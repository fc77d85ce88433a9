"""Splits generated text into sentences and list items as it arrives, and reads its citation marks.

Marks are read as numbers and never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

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

_WIDE = str.maketrans("［］【】〔〕０１２３４５６７８９，–—", "[][][]0123456789,--")
"""Full-width and typographic forms some models write; each maps to one character, so offsets stay
valid."""

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LABEL = (
    r"(?:(?:evidence|sources?|citations?|refs?|references?|passages?|docs?|documents?|quotes?)"
    r"[\s:.#]*+)"
)
_PLACE = r"(?:(?:pages?|pp?\.|sections?|lines?)\s*+[\divx]++(?:\s*+-\s*+[\divx]++)?)"
_NUMBERS = r"\d{1,4}(?:\s*+(?:[-,;&/]|and)\s*+\d{1,4}){0,20}"
_INSIDE = rf"(?:[\^#]\s*+)?{_LABEL}?{_NUMBERS}(?:†[^\[\]]{{0,20}})?(?:\s*+[,:;]\s*+{_PLACE})?"
_MARK = re.compile(
    rf"\[{{1,2}}\s*+(?=[\w^#])(?P<square>{_INSIDE}|{_PLACE})\s*+\]{{1,2}}(?:\([^()\s]*\))?"
    rf"|\(\s*+(?P<round>{_LABEL}{_NUMBERS}|{_PLACE})\s*+\)"
    r"|(?<=[.!?,;:”\"’)\]])(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?<=[a-z]{3})(?P<after_word>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
    re.IGNORECASE,
)
_AT_END = rf"\[{{1,2}}\s*+(?:[\^#]\s*+)?(?:{_LABEL}?[\d,;&\s-]*+|[a-z]{{0,12}})$"
_HALF_AT_END = re.compile(_AT_END, re.IGNORECASE)
_OPEN_AT_END = re.compile(r"[\[(][^\[\]()\n]{0,60}$")
_HALF = re.compile(
    rf"{_AT_END}"
    rf"|\[\s*+\^?{_NUMBERS}(?=\s+[A-Za-z])(?![^\[\]]*\])"  # never closed
    rf"|(?<=\s){_NUMBERS}\s*+\](?:\])?",  # never opened
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<first>\d{1,4})(?:\s*-\s*(?P<last>\d{1,4}))?")
_LEFT = re.compile(r"\[\s*\^?\d|\d\s*\]|\[\s*$|[†［］【】]")
_SPACE_BEFORE_STOP = re.compile(r"(?<!\s)\s++(?=[.,;:!?](?:\s|$))")
_MOST_IN_RANGE = 20


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
    def shown(self) -> str:
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
            return self.shown.removesuffix(":")
        is_sentence = self.text[:1].isupper() and self.text.endswith((".", "!"))
        stands_alone = is_sentence or not self.lead
        claim = self.shown if stands_alone else f"{self.lead.rstrip(' :')} {self.text}"
        return _capitalised(claim) + "." * (not _ENDED.search(claim))


class Splitter:
    """Takes text in pieces and returns each unit once its end is certain."""

    def __init__(self) -> None:
        self._text = ""
        self._heads: list[str] = []

    def feed(self, piece: str) -> list[Unit]:
        """Return the units that are now complete."""
        self._text += piece
        return self._units(final=False)

    def finish(self, *, ended: bool = False) -> list[Unit]:
        """Return the remaining units; the last is cut off unless it, or its writer, has `ended`."""
        return self._units(final=True, ended=ended)

    def _units(self, *, final: bool, ended: bool = False) -> list[Unit]:
        units = []
        while (end := next_end(self._text, final=final)) is not None:
            written, self._text = self._text[:end], self._text[end:]
            whole = len(written.lstrip()) < LONGEST and (
                bool(self._text) or ended or not final or _is_ended(written)
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
    claim = text[assent.end() :] if assent else text
    heading = _HEADING.match(line) is not None
    return Unit(claim, marked.numbers, item, whole, marked.broken, opening, heading=heading)


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


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its marks, and the numbers they named, in order without repeats.

    `broken`: something like a mark could not be read, so the text must not be shown.
    """

    text: str
    numbers: tuple[int, ...]
    broken: bool = False


def without_marks(text: str) -> Marked:
    """Remove the marks from a text, including those cut in half."""
    plain = text.translate(_WIDE)
    numbers = dict.fromkeys(n for mark in _MARK.finditer(plain) for n in _numbers(mark))
    unmarked = _without(_without(text, _MARK), _HALF)
    tidy = _SPACE_BEFORE_STOP.sub("", " ".join(unmarked.split()))
    return Marked(tidy, tuple(numbers), bool(_LEFT.search(tidy)))


def blanked(text: str, *, final: bool) -> str:
    """Return the text with each mark replaced by as many spaces, so that sentence ends are visible.

    Half a mark at the end is blanked if the text is `final`. Otherwise what may still become a mark
    is cut off, so the result is shorter.
    """
    plain = _MARK.sub(_spaces, text.translate(_WIDE))
    return _HALF_AT_END.sub(_spaces, plain) if final else _OPEN_AT_END.sub("", plain)


def ends_marked(text: str) -> bool:
    """Return whether a text ends with a complete mark, which closes a sentence."""
    plain = text.translate(_WIDE).rstrip()
    return any(mark.end() == len(plain) for mark in _MARK.finditer(plain))


def _numbers(mark: re.Match[str]) -> list[int]:
    raised = mark["raised"] or mark["after_word"]
    if raised:
        return [int(raised.translate(_RAISED))]
    inside = (mark["square"] or mark["round"] or "").translate(_WIDE)
    inside = re.sub(rf"(?:†|{_PLACE}).*$", "", inside, flags=re.IGNORECASE)
    numbers: list[int] = []
    for number in _NUMBER.finditer(inside):
        first = int(number["first"])
        last = int(number["last"] or first)
        numbers += range(first, min(last, first + _MOST_IN_RANGE) + 1) if last >= first else [first]
    return numbers


def _without(text: str, pattern: re.Pattern[str]) -> str:
    pieces = []
    end = 0
    for match in pattern.finditer(text.translate(_WIDE)):
        pieces.append(text[end : match.start()])
        end = match.end()
    return "".join([*pieces, text[end:]])


def _spaces(mark: re.Match[str]) -> str:
    return " " * len(mark.group())
