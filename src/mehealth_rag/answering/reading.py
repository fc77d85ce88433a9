"""The answer that the reader chooses: its sentences as statements, in reading order, as a draft."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag.answering.conflicts import disagreeing
from mehealth_rag.answering.questions import Wanted
from mehealth_rag.guard.verdict import Case, decisive, weighings
from mehealth_rag.language.words import OWNERS, SUBJECTS, content_words, fold, stem_all, words
from mehealth_rag.passages.tables import column_quotes
from mehealth_rag.reader.choice import choose, order, ranked
from mehealth_rag.reader.rows import gathered, readable
from mehealth_rag.types import BlockKind, Quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mehealth_rag.answering.questions import Question
    from mehealth_rag.reader.choice import Chosen
    from mehealth_rag.reader.model import Limits, PassageReading, Reader
    from mehealth_rag.reader.rows import PassageText
    from mehealth_rag.retrieval.retriever import Evidence
    from mehealth_rag.types import Hit, Page, PageOf, Passage, Sentence, Span

    _Place = tuple[str, int, Span]

MOST_WORDS, MOST_LISTED = 75, 150
"""Words of an answer at the most, its best sentence aside; the second of items and rows."""

NEAREST = 3
"""Sentences that are shown where nothing answers."""

MOST_BEFORE = 2
"""Sentences that are told before one that leans: what is named further back is told too dearly."""

SURE = 0.8
"""The probability from which on a yes or a no is said: a wrong one is worse than none."""

_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine found: each statement with the quotes that say it, and how sure it is.

    `statements` is empty where nothing answers. `headings` has for each the heading that names what
    it speaks of, empty where its own words do. `introduction` is the quote that announces a list,
    None where the answer is no list; `left` counts the items of that list which are not told.
    `before` has for each statement the sentences that it leans
    on, each with its quotes. `answerable` is the probability that the documents answer,
    `confidence` that this answer is right. `disagree` says that the statements give different
    figures for the same thing. `lead` is "Yes" or "No" where that is what they say. `listed`: each
    statement stands on a line of its own.
    """

    statements: tuple[tuple[Quote, ...], ...]
    answerable: float
    confidence: float
    headings: tuple[str, ...] = ()
    introduction: Quote | None = None
    left: int = 0
    before: tuple[tuple[tuple[Quote, ...], ...], ...] = ()
    disagree: bool = False
    lead: str = ""
    listed: bool = False

    def speaks_of(self, subject: Collection[str]) -> bool:
        """Whether what it quotes has a word of a subject, given by their stems."""
        quoted = (quote.text for quotes in self.statements for quote in quotes)
        return not set(stem_all(content_words(" ".join(quoted)))).isdisjoint(subject)


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A passage of a search with what the reader was given of it, and what it says of that."""

    hit: Hit
    text: PassageText
    reading: PassageReading

    @property
    def likeliest(self) -> float:
        """How likely its best sentence answers; 0 where it has none."""
        return max(self.reading.sentences, default=0.0)


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence that was chosen, in its passage; `before` names what it speaks of."""

    passage: Passage
    sentence: Sentence
    before: tuple[Sentence, ...] = ()

    @property
    def quote(self) -> Quote:
        """Its words as they stand on the page."""
        return self.passage.quote(self.sentence.span)

    @property
    def place(self) -> _Place:
        """Where it stands."""
        return self.passage.document, self.passage.page, self.sentence.span

    @property
    def said(self) -> tuple[str, ...]:
        """What it says, with what stands before it: alike wherever that is word for word."""
        told = (self.passage.words(s.span) for s in (*self.before, self.sentence))
        return tuple(fold(" ".join(text.split())).rstrip(".") for text in told)


def drafted(question: Question, hits: Sequence[ReadHit], limits: Limits, page_of: PageOf) -> Draft:
    """The answer to a question that its passages were read for; without statements: none.

    What stands on several pages word for word is one statement with a quote of each. Items of one
    list are told after the words that introduce it, and those words never without its items. A
    sentence that leans on the one before it is told after that. Where a figure is asked for and
    pages give different ones, both are told.
    """
    choice = choose([h.reading for h in hits], limits)
    chosen = [_found(hits, c) for c in _fitting(choice.sentences, hits)]
    silenced = _silenced(hits)
    found = _with_items(chosen, silenced)
    rivals = _rivals(question, hits, limits) if found and question.wanted.is_figure else ()
    introduction = None if rivals else _introduction(found, page_of)
    if introduction is not None:
        found = [f for f in found if f.sentence.span != introduction.span]
    groups: dict[tuple[str, ...], list[_Found]] = {}
    for one in rivals or _with_before(found, silenced, page_of):
        groups.setdefault(one.said, []).append(one)
    led = introduction is not None  # its words say what the items are of
    headings = _once(
        None if led else _heading(question, group, page_of) for group in groups.values()
    )
    statements = tuple(
        (
            *(one.quote for one in group),
            *column_quotes(group[0].passage, group[0].sentence, page_of),
            *filter(None, [heading]),
        )
        for group, heading in zip(groups.values(), headings, strict=True)
    )
    named = tuple(heading.text if heading else "" for heading in headings)
    before = tuple(map(_before, groups.values()))
    return Draft(
        statements,
        answerable=choice.answerable,
        confidence=choice.confidence,
        headings=named,
        introduction=introduction,
        left=len(_items_of(introduction, hits) - {f.place for f in found}) if introduction else 0,
        before=before,
        disagree=bool(rivals),
    )


def _fitting(chosen: Sequence[Chosen], hits: Sequence[ReadHit]) -> list[Chosen]:
    """The likeliest sentences, as many as make an answer that is not too long, in their order."""
    kept: set[Chosen] = set()
    words = 0
    for one in sorted(chosen, key=lambda c: -c.score):
        sentence = _found(hits, one)
        words += len(sentence.quote.text.split())
        running = sentence.sentence.kind is BlockKind.PARAGRAPH
        if kept and words > (MOST_WORDS if running else MOST_LISTED):
            break
        kept.add(one)
    return [c for c in chosen if c in kept]


def _found(hits: Sequence[ReadHit], chosen: Chosen) -> _Found:
    passage = hits[chosen.passage].hit.passage
    return _Found(passage, readable(passage)[chosen.sentence])


def _rivals(question: Question, hits: Sequence[ReadHit], limits: Limits) -> tuple[_Found, ...]:
    """The two likeliest sentences that answer and disagree; none where none do."""
    scored = ranked([h.reading for h in hits], limits)
    likely = [c for c in scored if c.score >= max(limits.sentence, limits.near * scored[0].score)]
    found = [_found(hits, c) for c in likely]
    pair = disagreeing(question.text, [f.quote for f in found])
    return tuple(f for f in found if pair and f.quote in pair)


def reordered(hits: Sequence[ReadHit], *, in_turns: bool = False) -> tuple[ReadHit, ...]:
    """The hits of a search, those first whose passages are likeliest to answer.

    `in_turns`: documents keep their places among each other, since the search knows better which
    of them is meant.
    """
    ordered = [hits[place] for place in order([h.reading for h in hits])]
    if not in_turns:
        return tuple(ordered)
    own: dict[str, list[ReadHit]] = {}
    for hit in reversed(ordered):
        own.setdefault(hit.hit.passage.document, []).append(hit)
    return tuple(own[hit.hit.passage.document].pop() for hit in hits)


def nearest(hits: Sequence[ReadHit]) -> tuple[Quote, ...]:
    """The likeliest sentence of each of the likeliest passages that have one that may be told."""
    told = [h for h in hits if h.likeliest > 0]
    return tuple(_likeliest(h) for h in sorted(told, key=lambda h: -h.likeliest)[:NEAREST])


def allowed(reading: PassageReading, evidence: Evidence) -> PassageReading:
    """What is said of a passage, its sentences that may not be evidence held to answer nothing."""
    pairs = zip(reading.sentences, readable(evidence.hit.passage), strict=True)
    chances = (0.0 if s.span in evidence.silenced else p for p, s in pairs)
    return replace(reading, sentences=tuple(chances))


def _silenced(hits: Sequence[ReadHit]) -> frozenset[_Place]:
    """Where the sentences stand that may not be told: no reader says 0 of another."""
    return frozenset(
        _Found(hit.hit.passage, sentence).place
        for hit in hits
        for sentence, chance in zip(readable(hit.hit.passage), hit.reading.sentences, strict=True)
        if not chance
    )


def _with_items(found: Sequence[_Found], silenced: Collection[_Place]) -> list[_Found]:
    """With the items that a sentence which was chosen introduces, where none of them was."""
    told = list(found)
    chosen = {f.place for f in found}
    for one in found:
        own = (s for s in one.passage.sentences if s.lead == one.sentence.span)
        items = [_Found(one.passage, s) for s in own]
        if not any(item.place in chosen for item in items):
            place = told.index(one) + 1
            told[place:place] = [item for item in items if item.place not in silenced]
    return told


def _with_before(
    found: Sequence[_Found], silenced: Collection[_Place], page_of: PageOf
) -> list[_Found]:
    """Each with the sentences before it that it leans on, as long as the answer is not too long.

    What is told anyway is not told twice, and what may not be told not at all.
    """
    chosen = {f.said for f in found}
    brought: set[_Place] = set()
    room = MOST_WORDS - sum(map(_length, found))
    led: list[_Found] = []
    for one in found:
        page = page_of(one.passage.document, one.passage.page)
        run = [_Found(one.passage, s) for s in named_before(one.passage, one.sentence, page)]
        new = [f for f in run if f.said not in chosen and f.place not in brought]
        length = sum(map(_length, new))
        if length > room or any(f.place in silenced for f in new):
            new, length = [], 0
        room -= length
        brought |= {f.place for f in new}
        led.append(replace(one, before=tuple(f.sentence for f in new)))
    return led


def _length(found: _Found) -> int:
    return len(found.quote.text.split())


def _introduction(found: Sequence[_Found], page_of: PageOf) -> Quote | None:
    """What introduces the list that all chosen sentences are items of; None where none does."""
    items = [f for f in found if f.sentence.lead is not None]
    leads = {(f.passage.document, f.passage.page, f.sentence.lead) for f in items}
    if len(leads) != 1 or len(items) < 2:
        return None
    ((document, page, lead),) = leads
    others = {f.place for f in found} - {f.place for f in items}
    if lead is None or not others <= {(document, page, lead)}:
        return None
    return Quote.of_page(document, page_of(document, page), lead)


def _items_of(introduction: Quote, hits: Sequence[ReadHit]) -> set[_Place]:
    """The items, of all that was read, of the list that these words introduce."""
    lead = introduction.document, introduction.page, introduction.span
    passages = (h.hit.passage for h in hits)
    return {
        _Found(passage, sentence).place
        for passage in passages
        for sentence in readable(passage)
        if (passage.document, passage.page, sentence.lead) == lead
    }


def _heading(question: Question, group: Sequence[_Found], page_of: PageOf) -> Quote | None:
    """The heading of a statement where only it has a word that the question asks about."""
    first = group[0]
    passage, text = first.passage, first.passage.heading
    asked = set(question.subject) & set(stem_all(content_words(text)))
    if not asked - set(stem_all(content_words(" ".join(first.said)))):
        return None
    page = page_of(passage.document, passage.page)
    above = (b for b in page.blocks if b.span.end <= first.sentence.span.start)
    same = [b.span for b in above if b.kind is BlockKind.HEADING and b.span.of(page.text) == text]
    return Quote.of_page(passage.document, page, same[-1]) if same else None


def _once(headings: Iterable[Quote | None]) -> list[Quote | None]:
    """Headings of statements in turn, each left out where the statement before has it already."""
    told: list[Quote | None] = []
    last = None
    for heading in headings:
        told.append(None if heading == last else heading)
        last = heading
    return told


def _before(group: Sequence[_Found]) -> tuple[tuple[Quote, ...], ...]:
    """The quotes of each sentence that is told before a statement."""
    return tuple(
        tuple(one.passage.quote(one.before[place].span) for one in group)
        for place in range(len(group[0].before))
    )


def _likeliest(hit: ReadHit) -> Quote:
    sentences = hit.reading.sentences
    best = max(range(len(sentences)), key=sentences.__getitem__)
    return hit.hit.passage.quote(readable(hit.hit.passage)[best].span)


def leans(sentence: str) -> bool:
    """Whether a sentence begins with a word for something that was named before."""
    first = words(sentence)[:2]
    return first[:1] != [] and (first[0] in SUBJECTS | OWNERS or first == ["the", "same"])


def named_before(passage: Passage, sentence: Sentence, page: Page) -> tuple[Sentence, ...]:
    """The sentences of its paragraph before one that leans, from the nearest that does not on.

    None where it does not lean, or what it leans on stands too far from it or in another passage.
    """
    if sentence.kind is not BlockKind.PARAGRAPH or not leans(passage.words(sentence.span)):
        return ()
    earlier = _earlier(passage, sentence, page)[-MOST_BEFORE:]
    whole = [n for n, one in enumerate(earlier) if not leans(passage.words(one.span))]
    return tuple(earlier[whole[-1] :]) if whole else ()


def _earlier(passage: Passage, sentence: Sentence, page: Page) -> Sequence[Sentence]:
    """The sentences of a passage that stand before one in its paragraph."""
    start = sentence.span.start
    own = next((b.span for b in page.blocks if b.span.start <= start < b.span.end), sentence.span)
    return [s for s in passage.sentences if own.start <= s.span.start < start]


def lead(question: Question, draft: Draft, hits: Sequence[ReadHit], reader: Reader) -> str:
    """The yes or no that what an answer quotes gives to what is asked; empty where it gives none.

    A question with a choice ("by bus or by train?") has neither answer.
    """
    if question.wanted is not Wanted.YES_NO or _CHOICE.search(question.text) or draft.disagree:
        return ""
    told = {quote.text for statement in draft.statements for quote in statement}
    told |= {quote.text for led in draft.before for quotes in led for quote in quotes}
    parts = [(h.text, [n for n, s in enumerate(h.text.sentences) if s in told]) for h in hits]
    evidence = gathered([(text, places) for text, places in parts if places])
    # A question has no opposite to be settled by.
    found = decisive(weighings(reader, Case(question.text, [evidence]))).judgement
    if found.carried >= SURE:
        return "Yes"
    return "No" if found.denied >= SURE else ""
