"""Lists as a page has them: an introduction and its items, whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mehealth_rag.answering.announcing import (
    FEWEST,
    MOST,
    announced,
    announcement,
    place_of,
    run_of_items,
    series_around,
)
from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import BlockKind, Page, Span

MOST_WORDS, MOST_WORDS_ASIDE = 150, 70
"""A list has no more words than this with its introduction; the second where none is asked for."""

MOST_WORDS_AHEAD = 45
"""What is chosen is quoted with the introduction that follows it within so many words."""

_LEANS_BACK = re.compile(r"(?:it|they|he|she|these|this|its|their)\b", re.IGNORECASE)
_WHOLE_LIST = frozenset({Wanted.LIST, Wanted.NAME, Wanted.GENERAL, Wanted.MANNER, Wanted.REASON})


@dataclass(frozen=True, slots=True)
class PageList:
    """A list of one page: the words that announce it, if any do, and its items."""

    introduction: Span | None
    items: tuple[Span, ...]


def list_of(question: Question, best: Candidate, page: Page) -> PageList | None:
    """The list that is the answer where the best evidence announces it or stands in it, else None.

    An introduction ("We collaborate on:") is never an answer without its items. An item stands
    for its list only where a list is asked for, and the question speaks of what introduces it
    rather than of the item.
    """
    for found in _lists(question, best, page):
        fitting = _within(page, found, _room(question))
        if fitting is not None:
            return fitting
    return None


def _lists(question: Question, best: Candidate, page: Page) -> Iterator[PageList]:
    opens = best.text.rstrip().endswith(":")
    if opens or question.several or question.wanted in _WHOLE_LIST:
        yield from _announced_by(page, best.sentence.span)
    around = list_around(page, best)
    if around is not None and (opens or _stands_for_list(question, best, page, around)):
        yield around
    if question.several:
        yield from _series(page, best)
    if (question.several or question.wanted is Wanted.GENERAL) and not _enumerates(best.text):
        yield from _nearby(page, best, several=question.several)


def _announced_by(page: Page, sentence: Span) -> Iterator[PageList]:
    said = announcement(page, sentence)
    items = announced(page, said) if said is not None else ()
    if items:
        yield PageList(sentence, items)


def _series(page: Page, best: Candidate) -> Iterator[PageList]:
    """The marked paragraphs ("Step 1: …") that the best evidence is one of."""
    place = place_of(page, best.sentence.span)
    first, items = series_around(page, place) if place is not None else (0, ())
    if FEWEST <= len(items) <= MOST:
        yield PageList(_last_sentence(page, first - 1), items)


def _last_sentence(page: Page, place: int) -> Span | None:
    """What a list that begins below a block is put under."""
    if place < 0 or page.blocks[place].kind not in {BlockKind.PARAGRAPH, BlockKind.HEADING}:
        return None
    return sentence_spans(page.text, page.blocks[place].span)[-1]


def list_around(page: Page, best: Candidate) -> PageList | None:
    """The list that a sentence introduces or belongs to, None where there is none."""
    place = place_of(page, best.sentence.span)
    if place is None:
        return None
    first = _first_of_list(page, place)
    items = run_of_items(page.blocks[first : first + MOST])
    return PageList(_introduction(page, first, best), items) if items else None


def _first_of_list(page: Page, place: int) -> int:
    if page.blocks[place].kind is not BlockKind.ITEM:
        return place + 1
    while place > 0 and page.blocks[place - 1].kind is BlockKind.ITEM:
        place -= 1
    return place


def _stands_for_list(question: Question, best: Candidate, page: Page, found: PageList) -> bool:
    """Whether the question speaks of the list rather than of the item that was found in it."""
    if best.sentence.kind is not BlockKind.ITEM:
        apart = page.text[best.sentence.span.end : found.items[0].start].strip()
        return question.several and not apart and not _enumerates(best.text)
    if question.wanted not in _WHOLE_LIST and not question.several:
        return False
    asked = set(question.subject)
    above = " ".join((_text(page, found.introduction), *best.passage.headings))
    own = asked & _stems(best.text)
    theirs = asked & _stems(above)
    if question.several:
        whole = theirs | (asked & _stems(" ".join(_text(page, s) for s in found.items)))
        return len(theirs) >= len(own - theirs) or len(whole) > len(own)
    return len(theirs) > len(own - theirs)


def _nearby(page: Page, best: Candidate, *, several: bool) -> Iterator[PageList]:
    """The list that the rest of the paragraph leads to, or the sentence before announced.

    Where nobody asks for several things, only the sentence right after may announce it, and only
    of the same subject.
    """
    place = place_of(page, best.sentence.span)
    if place is None or page.blocks[place].kind is not BlockKind.PARAGRAPH:
        return
    sentences = sentence_spans(page.text, page.blocks[place].span)
    at = next((i for i, s in enumerate(sentences) if s.end >= best.sentence.span.end), 0)
    last = sentences[-1]
    if not several and (at != len(sentences) - 2 or not _LEANS_BACK.match(last.of(page.text))):
        return
    if at < len(sentences) - 1 and last.of(page.text).rstrip().endswith(":"):
        for found in _announced_by(page, last):
            yield PageList(_joined(page, best.sentence.span, last), found.items)
    if at > 0 and several:
        yield from _announced_by(page, sentences[at - 1])


def _joined(page: Page, chosen: Span, introduction: Span) -> Span:
    """Both with what stands between, where that is short; else the introduction alone."""
    whole = Span(chosen.start, introduction.end)
    return whole if len(_text(page, whole).split()) <= MOST_WORDS_AHEAD else introduction


def _enumerates(text: str) -> bool:
    """Whether a sentence is a list by itself."""
    return text.count(",") + text.count(";") >= 2


def _room(question: Question) -> int:
    return MOST_WORDS if question.several else MOST_WORDS_ASIDE


def _within(page: Page, found: PageList, room: int) -> PageList | None:
    """The list in so many words at the most: of long items the first sentences, or fewer items."""
    room -= len(_text(page, found.introduction).split())
    if sum(len(_text(page, s).split()) for s in found.items) <= room:
        return found
    short = tuple(sentence_spans(page.text, s)[0] for s in found.items)
    kept = 0
    while kept < len(short) and room >= len(_text(page, short[kept]).split()):
        room -= len(_text(page, short[kept]).split())
        kept += 1
    return PageList(found.introduction, short[:kept]) if kept >= FEWEST else None


def _introduction(page: Page, first: int, best: Candidate) -> Span | None:
    if best.sentence.lead is not None:
        return best.sentence.lead
    if best.sentence.kind is not BlockKind.ITEM:
        return best.sentence.span
    before = page.blocks[first - 1] if first > 0 else None
    return before.span if before is not None and before.kind is BlockKind.HEADING else None


def _text(page: Page, span: Span | None) -> str:
    return span.of(page.text) if span is not None else ""


def _stems(text: str) -> set[str]:
    return set(stem_all(content_words(text)))
