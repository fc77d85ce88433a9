"""Who says what: attributions in a sentence, and whose words a place of a page is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.language import kinds
from mehealth_rag.language.words import content_words
from mehealth_rag.types import BlockKind, Page, Span

_VERBS = (
    r"(?:says?|said|states?|stated|tells?|told \w+|adds?|added|explains?|explained|comments?|"
    r"commented|believes?|believed|argues?|argued|claims?|claimed|warns?|warned|insists?|insisted|"
    r"thinks?|thought|suggests?|suggested|notes?|noted|remarks?|remarked|declares?|declared|"
    r"announces?|announced|admits?|admitted|hopes?|hoped|feels?|felt|stresses|stressed|writes?|"
    r"wrote|emphasi[sz]e[sd]?|points? out|pointed out|highlights?|highlighted)"
)
_NOT_AFTER = r"(?<! is)(?<! was)(?<! are)(?<! were)(?<! been)"
_WHO = rf"(?:(?:the |The )?[A-Z][^.;:!?“”]{{1,90}}?{_NOT_AFTER}|[Hh]e|[Ss]he)"
_BEFORE = (
    re.compile(
        r"^(?:According to|In the (?:view|words|opinion) of)\s(?P<who>[^.;:]{2,120}?),\s"
        r"(?P<what>(?![A-Z][\w-]*(?:\s[A-Z][\w-]*)*,).+)$"
    ),
    re.compile(
        rf"^(?P<who>{_WHO})\s(?:has |have |had |also )?{_VERBS},?\s(?:that\s)?(?P<what>.+)$"
    ),
)
_AFTER = (
    re.compile(rf"^(?P<what>.+?)[,!?]?[”\"]?,?\s(?:{_VERBS})\s(?P<who>{_WHO})[.]?$"),
    re.compile(rf"^(?P<what>.+?)[,!?][”\"]?,?\s(?P<who>{_WHO})\s(?:{_VERBS})[.]?$"),
    re.compile(r"^(?P<what>.+?),?\saccording to\s(?P<who>.+?)[.]?$"),
)
_PERSONAL = re.compile(r"(?:he|she|they|we|i)\b", re.IGNORECASE)
_OPENING, _CLOSING = "“«", "”»"
_QUOTES = re.compile(r"^[“\"«]|[”\"»][.]?$")

SPEAKER_WORDS = 15
"""A line that names a speaker has no more words than this."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A sentence taken apart: whose statement it is, and what is stated, as a sentence.

    `span` is where that stands in the sentence.
    """

    who: str
    what: str
    span: Span

    @property
    def personal(self) -> bool:
        """Whether a person is said to say it, and not a report or a page."""
        return bool(
            kinds.person_names(self.who) or kinds.has_role(self.who) or _PERSONAL.match(self.who)
        )


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose words a quote is: the line that names who speaks, None where none does."""

    line: Span | None = None
    name: str = ""


def attribution(sentence: str) -> Attribution | None:
    """Who a sentence says to say the rest of it; None where it states it itself."""
    for pattern in (*_BEFORE, *_AFTER):
        match = pattern.match(sentence)
        if match and content_words(match["what"]):
            what = _QUOTES.sub("", match["what"].strip(" ,"))
            span = Span(*match.span("what"))
            return Attribution(match["who"].strip(" ,"), what[:1].upper() + what[1:], span)
    return None


def voice_at(page: Page, span: Span) -> Voice | None:
    """Whose words stand at a place of a page, None where the document itself speaks.

    A paragraph that opens with a quotation mark is someone's, up to the mark that closes it; who
    it is says the nearest short line above with a person's name in it, under the same heading.
    """
    place = next((i for i, b in enumerate(page.blocks) if b.span.end > span.start), None)
    if place is None or not _is_quoted(page, place, span):
        return None
    for block in reversed(page.blocks[:place]):
        text = block.span.of(page.text)
        if len(text.split()) <= SPEAKER_WORDS and kinds.person_names(text):
            return Voice(block.span, text)
        if block.kind is BlockKind.HEADING:
            break
    return Voice()


def same_speaker(claimed: str, given: str) -> bool:
    """Whether a speaker is the one that a text names: all words of his name stand there."""
    names = [w for w in re.findall(r"[A-Z][\w’'-]*", claimed) if len(w) > 1]
    known = {w.lower() for w in re.findall(r"[\w’'-]+", given)}
    words = [w.lower().removesuffix("’s").removesuffix("'s") for w in names] or content_words(
        claimed
    )
    return bool(words) and all(w in known for w in words)


def _is_quoted(page: Page, place: int, span: Span) -> bool:
    block = page.blocks[place].span
    before = page.text[block.start : span.start]
    if _open(before) or page.text[span.start : span.start + 1] in (*_OPENING, '"'):
        return True
    return before.lstrip()[:1] in (*_OPENING, '"') and not any(c in before for c in _CLOSING + '"')


def _open(text: str) -> bool:
    """Whether a quotation is begun and not ended in a text; each paragraph may begin it anew."""
    curly = sum(text.count(c) for c in _OPENING) > sum(text.count(c) for c in _CLOSING)
    return curly or text.count('"') % 2 == 1
