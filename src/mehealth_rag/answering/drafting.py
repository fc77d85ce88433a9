"""Turn the reader's judgement into a draft: the chosen sentences, in reading order."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from mehealth_rag.answering.conflicts import LEAST_WORDS, TextInContext, disputed, is_undated
from mehealth_rag.answering.questions import Question, Wanted
from mehealth_rag.answering.similar_rows import Contender, rows_not_meant
from mehealth_rag.guard.case import Case
from mehealth_rag.guard.readings import by_passage
from mehealth_rag.language.words import OWNERS, SUBJECTS, content_stems, fold, words
from mehealth_rag.passages.tables import column_quotes, quoted_columns
from mehealth_rag.reader.choice import Chosen, Weighed, answerable, chosen, order, ranked
from mehealth_rag.reader.model import Limits, PassageReading, Reader
from mehealth_rag.reader.rows import PassageText, gathered, readable
from mehealth_rag.reading.marks import ends_clause
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import BlockKind, Hit, Page, PageOf, Passage, Quote, Sentence, Span

MOST_WORDS, MOST_LISTED = 75, 150
"""Words in an answer at most, not counting its best sentence; the second limit is for list items
and table rows."""

NEAREST = 3
"""Sentences shown if nothing answers."""

MOST_BEFORE = 2
"""Sentences added before one that refers back; an earlier antecedent would cost too much text."""

MOST_HEAD_WORDS = 24
"""Words of context kept before a sentence; a reader row has room for few more."""

MOST_LABEL_WORDS = 12
"""Words of a line that may lack its subject, such as a name's title or a label with its figure."""

RIVAL = 0.5
"""The share of a chosen sentence's score that one with another figure needs to be shown beside it:
that both are about one thing is shown by exact comparison."""

SURE = 0.8
"""Probability needed to say yes or no: a wrong one is worse than none."""

_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """A statement of a draft: the quotes that prove it, and what it needs to be understood.

    `heading` names its subject, "" if the statement does so itself; `before` holds the quotes of
    each sentence that it refers back to.
    """

    quotes: tuple[Quote, ...]
    heading: str = ""
    before: tuple[tuple[Quote, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before composition: what it states, and probabilities.

    - `points`: its statements with their quotes; empty if nothing answers.
    - `answerable`: probability that the documents answer the question.
    - `confidence`: probability that this answer is right.
    - `introduction`: the quote that introduces a list; None if the answer is no list.
    - `left`: items of that list which are left out.
    - `disagree`: the statements give different figures for the same thing.
    - `undated`: of those figures, one is given without a year.
    - `lead`: "Yes" or "No" if the statements say so; or a short remark on what is shown.
    - `listed`: each statement is shown on a line of its own.
    """

    points: tuple[Point, ...]
    answerable: float
    confidence: float
    introduction: Quote | None = None
    left: int = 0
    disagree: bool = False
    undated: bool = False
    lead: str = ""
    listed: bool = False

    def speaks_of(self, subject: Collection[str]) -> bool:
        """Return whether the quotes contain a word of the subject, given as stems."""
        quoted = (quote.text for point in self.points for quote in point.quotes)
        return not content_stems(" ".join(quoted)).isdisjoint(subject)


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A retrieved passage, the text given to the reader, and the reader's judgement."""

    hit: Hit
    text: PassageText
    reading: PassageReading

    @property
    def quotable(self) -> PassageReading:
        """The judgement with the probability of header rows set to 0: only their rows are shown."""
        return _without(self.reading, self.hit.passage, header_rows(self.hit.passage))

    @property
    def likeliest(self) -> float:
        """Probability of the best sentence that may be quoted; 0 if there is none."""
        return max(self.quotable.sentences, default=0.0)


@dataclass(frozen=True, slots=True)
class _ChosenSentence:
    """A chosen sentence and its passage; `before` are the sentences it refers back to."""

    passage: Passage
    sentence: Sentence
    before: tuple[Sentence, ...] = ()

    @property
    def quote(self) -> Quote:
        """The sentence as a quote."""
        return self.passage.quote(self.sentence.span)

    def in_context(self, page_of: PageOf) -> TextInContext:
        """Return its text with what it needs to be understood."""
        return in_context(self.passage, self.sentence, page_of)

    @property
    def folded(self) -> tuple[str, ...]:
        """The folded sentence and those before it; equal wherever they are repeated."""
        texts = (self.passage.words(s.span) for s in (*self.before, self.sentence))
        return tuple(fold(" ".join(text.split())).rstrip(".") for text in texts)


def drafted(question: Question, hits: Sequence[ReadHit], limits: Limits, page_of: PageOf) -> Draft:
    """Return the draft answer from the passages read; without statements if nothing answers.

    Text repeated on several pages is one statement with a quote from each. List items follow their
    introduction, which never stands alone. A sentence that refers back follows what it refers to.
    If a figure is asked for and pages disagree, both sentences are given.
    """
    scored = ranked(_quotable(question, hits, limits, page_of), limits)
    choice = chosen(Weighed(answerable([h.reading for h in hits]), tuple(scored)), limits)
    sentences = [_chosen_sentence(hits, c) for c in _fitting(choice.sentences, hits)]
    silenced = _silenced(hits)
    best = _chosen_sentence(hits, choice.best).quote if choice.best else None
    shown = _with_items(sentences, silenced, best)
    rivals: tuple[_ChosenSentence, ...] = ()
    if shown and question.wanted.is_figure:
        rivals = _rivals(question, hits, scored, limits, page_of)
    introduction = None if rivals else _introduction(shown, page_of)
    if introduction is not None:
        shown = [s for s in shown if s.quote != introduction]
    groups: dict[tuple[str, ...], list[_ChosenSentence]] = {}
    for sentence in rivals or _with_before(shown, silenced, page_of):
        groups.setdefault(sentence.folded, []).append(sentence)
    points: list[Point] = []
    last = None
    for group in groups.values():  # an introduction names the subject of the items
        heading = _heading(question, group, page_of) if introduction is None else None
        points.append(_point(group, None if heading == last else heading, page_of))
        last = heading
    return Draft(
        tuple(points),
        answerable=choice.answerable,
        confidence=choice.confidence,
        introduction=introduction,
        left=len(_items_of(introduction, hits) - {s.quote for s in shown}) if introduction else 0,
        disagree=bool(rivals),
        undated=bool(rivals) and is_undated(*(s.in_context(page_of) for s in rivals)),
    )


def _quotable(
    question: Question, hits: Sequence[ReadHit], limits: Limits, page_of: PageOf
) -> list[PassageReading]:
    """Return the judgements with the probability of rows that may not be shown set to 0.

    These are header rows, and rows that the question does not mean. All of them count for whether
    their table answers.
    """
    excluded = rows_not_meant(question.text, _contenders(hits, page_of), limits.near)
    return [
        _without(hit.quotable, hit.hit.passage, {span for n, span in excluded if n == place})
        for place, hit in enumerate(hits)
    ]


def _contenders(hits: Sequence[ReadHit], page_of: PageOf) -> Iterator[Contender]:
    """Yield the table rows that were read."""
    for place, hit in enumerate(hits):
        passage, reading = hit.hit.passage, hit.quotable
        pairs = zip(readable(passage), reading.sentences, strict=True)
        rows = [(sentence, p) for sentence, p in pairs if sentence.columns]
        text = page_of(passage.document, passage.page).text if rows else ""
        for row, p in rows:
            if heads := quoted_columns(row, text):
                table = passage.document, heads[-1].of(text)
                likely = math.sqrt(reading.answers * p)
                yield Contender((place, row.span), table, passage.words(row.span), likely)


def _fitting(candidates: Sequence[Chosen], hits: Sequence[ReadHit]) -> list[Chosen]:
    """Return the likeliest sentences that fit the word limit, in their original order."""
    fitting: set[Chosen] = set()
    length = 0
    for candidate in sorted((c for c in candidates if c.score), key=lambda c: -c.score):
        sentence = _chosen_sentence(hits, candidate)
        length += _length(sentence)
        running = sentence.sentence.kind is BlockKind.PARAGRAPH
        if fitting and length > (MOST_WORDS if running else MOST_LISTED):
            break
        fitting.add(candidate)
    return [c for c in candidates if c in fitting]


def _chosen_sentence(hits: Sequence[ReadHit], choice: Chosen) -> _ChosenSentence:
    passage = hits[choice.passage].hit.passage
    return _ChosenSentence(passage, readable(passage)[choice.sentence])


def _rivals(
    question: Question,
    hits: Sequence[ReadHit],
    scored: Sequence[Chosen],
    limits: Limits,
    page_of: PageOf,
) -> tuple[_ChosenSentence, ...]:
    """Return the best sentence and the likeliest of another page that disputes it, if any does.

    One that gives no year disputes nothing of the year that a question names.
    """
    first, *later = scored
    likely = max(limits.sentence, limits.near * first.score)
    best = _chosen_sentence(hits, first)
    of_a_year, best_text = bool(TextInContext(question.text).years), best.in_context(page_of)
    for candidate in later:
        if candidate.score < RIVAL * likely:
            break
        other = _chosen_sentence(hits, candidate)
        if other.quote.place == best.quote.place:
            continue
        text = other.in_context(page_of)
        # Both answer the question if both are likely; else their own words have to show it.
        figures = disputed(best_text, text, 1 if candidate.score >= likely else LEAST_WORDS)
        if figures and not (of_a_year and is_undated(best_text, text)):
            return best, other
    return ()


def reordered(hits: Sequence[ReadHit], *, in_turns: bool = False) -> tuple[ReadHit, ...]:
    """Return the hits with the passages likeliest to answer first.

    `in_turns`: each document keeps its positions, since retrieval knows better which one is meant.
    """
    ordered = [hits[place] for place in order([h.reading for h in hits])]
    if not in_turns:
        return tuple(ordered)
    by_document: dict[str, list[ReadHit]] = {}
    for hit in reversed(ordered):
        by_document.setdefault(hit.hit.passage.document, []).append(hit)
    return tuple(by_document[hit.hit.passage.document].pop() for hit in hits)


def nearest(hits: Sequence[ReadHit]) -> tuple[Quote, ...]:
    """Return the best sentence of each of the likeliest passages, none that must not be quoted."""
    candidates = [h for h in hits if h.likeliest > 0]
    return tuple(_likeliest(h) for h in sorted(candidates, key=lambda h: -h.likeliest)[:NEAREST])


def allowed(reading: PassageReading, evidence: Evidence) -> PassageReading:
    """Return the reading with the probability of silenced sentences set to 0."""
    return _without(reading, evidence.hit.passage, evidence.silenced)


def _without(
    reading: PassageReading, passage: Passage, excluded: Collection[Span]
) -> PassageReading:
    pairs = zip(reading.sentences, readable(passage), strict=True)
    return replace(reading, sentences=tuple(0.0 if s.span in excluded else p for p, s in pairs))


def header_rows(passage: Passage) -> frozenset[Span]:
    """Return the spans of a passage's rows of column headings."""
    headings = (s.span for s in passage.sentences if s.kind is BlockKind.HEADING)
    columns = {span for s in passage.sentences for span in s.columns}
    return frozenset(h for h in headings if h in columns or "\t" in passage.words(h))


def _silenced(hits: Sequence[ReadHit]) -> frozenset[Quote]:
    """Return the silenced sentences; only they have a probability of exactly 0."""
    return frozenset(
        hit.hit.passage.quote(sentence.span)
        for hit in hits
        for sentence, p in zip(readable(hit.hit.passage), hit.reading.sentences, strict=True)
        if not p
    )


def _with_items(
    sentences: Sequence[_ChosenSentence], silenced: Collection[Quote], best: Quote | None
) -> list[_ChosenSentence]:
    """Return the sentences with whole lists.

    A list is whole if its introduction answers best or was chosen without an item, or if two thirds
    of its items were chosen: the reader loses a list's end.
    """
    extended = list(sentences)
    chosen = {s.quote for s in sentences}
    for sentence in sentences:
        introduces = sentence.sentence.lead is None
        items = [item for item in _list_of(sentence) if item.quote not in silenced]
        taken = sum(item.quote in chosen for item in items)
        most = len(items) > taken >= len(items) * 2 / 3
        wanted = most or (introduces and (not taken or sentence.quote == best))
        if wanted and sum(map(_length, items)) <= MOST_LISTED:
            at = extended.index(sentence) + introduces
            before, after = (
                [s for s in part if s not in items] for part in (extended[:at], extended[at:])
            )
            extended = [*before, *items, *after]
    return extended


def _list_of(chosen: _ChosenSentence) -> list[_ChosenSentence]:
    """Return the items of the list that a sentence introduces or belongs to."""
    lead = chosen.sentence.lead or chosen.sentence.span
    listed = (s for s in chosen.passage.sentences if s.lead == lead)
    return [_ChosenSentence(chosen.passage, s) for s in listed]


def _with_before(
    sentences: Sequence[_ChosenSentence], silenced: Collection[Quote], page_of: PageOf
) -> list[_ChosenSentence]:
    """Return the sentences with those they refer back to, within the word limit.

    Sentences shown anyway are not repeated; silenced ones are never added.
    """
    shown = {s.folded for s in sentences}
    already_added: set[Quote] = set()
    room = MOST_WORDS - sum(map(_length, sentences))
    extended: list[_ChosenSentence] = []
    for sentence in sentences:
        passage = sentence.passage
        page = page_of(passage.document, passage.page)
        before = [
            _ChosenSentence(passage, s) for s in named_before(passage, sentence.sentence, page)
        ]
        added = [s for s in before if s.folded not in shown and s.quote not in already_added]
        length = sum(map(_length, added))
        if length > room or any(s.quote in silenced for s in added):
            added, length = [], 0
        room -= length
        already_added |= {s.quote for s in added}
        extended.append(replace(sentence, before=tuple(s.sentence for s in added)))
    return extended


def _length(sentence: _ChosenSentence) -> int:
    return len(sentence.quote.text.split())


def _introduction(sentences: Sequence[_ChosenSentence], page_of: PageOf) -> Quote | None:
    """Return the introduction of the list that all chosen sentences belong to, or None."""
    leads = [
        Quote.of_page(s.quote.document, page_of(*s.quote.place), s.sentence.lead)
        for s in sentences
        if s.sentence.lead is not None
    ]
    others = {s.quote for s in sentences if s.sentence.lead is None}
    is_one_list = len(leads) > 1 and len({*leads, *others}) == 1
    return leads[0] if is_one_list else None


def _items_of(introduction: Quote, hits: Sequence[ReadHit]) -> set[Quote]:
    """Return all items read that this introduction introduces."""
    items = (
        h.hit.passage.quote(s.span)
        for h in hits
        for s in readable(h.hit.passage)
        if s.lead == introduction.span
    )
    return {item for item in items if item.place == introduction.place}


def _heading(question: Question, group: Sequence[_ChosenSentence], page_of: PageOf) -> Quote | None:
    """Return a statement's heading if that alone has some word of the question, else None.

    A line such as "Chair of the trust" says nothing of whom it speaks, so it has its heading too.
    """
    first = group[0]
    passage, text = first.passage, first.passage.heading
    asked = content_stems(text).intersection(question.subject)
    named = asked - content_stems(" ".join(first.folded))
    if not named and not _is_fragment(first):
        return None
    page = page_of(passage.document, passage.page)
    above = (b for b in page.blocks if b.span.end <= first.sentence.span.start)
    spans = [b.span for b in above if b.kind is BlockKind.HEADING and b.span.of(page.text) == text]
    return Quote.of_page(passage.document, page, spans[-1]) if spans else None


def _is_fragment(chosen: _ChosenSentence) -> bool:
    """Return whether a paragraph's sentence is a short line that does not end like a sentence."""
    text = chosen.quote.text
    short = chosen.sentence.kind is BlockKind.PARAGRAPH and len(text.split()) <= MOST_LABEL_WORDS
    return short and not ends_clause(text) and not text.startswith(tuple('“"‘'))


def _point(group: Sequence[_ChosenSentence], heading: Quote | None, page_of: PageOf) -> Point:
    """Return a sentence, and its repetitions on other pages, as a statement of the draft."""
    first = group[0]
    return Point(
        (
            *(sentence.quote for sentence in group),
            *column_quotes(first.passage, first.sentence, page_of),
            *filter(None, [heading]),
        ),
        heading.text if heading else "",
        tuple(
            tuple(sentence.passage.quote(sentence.before[place].span) for sentence in group)
            for place in range(len(first.before))
        ),
    )


def _likeliest(hit: ReadHit) -> Quote:
    sentences = hit.quotable.sentences
    best = max(range(len(sentences)), key=sentences.__getitem__)
    return hit.hit.passage.quote(readable(hit.hit.passage)[best].span)


def refers_back(sentence: str) -> bool:
    """Return whether a sentence opens with a word that refers back ("it", "its", "the same")."""
    first = words(sentence)[:2]
    return first[:1] != [] and (first[0] in SUBJECTS | OWNERS or first == ["the", "same"])


def named_before(passage: Passage, sentence: Sentence, page: Page) -> tuple[Sentence, ...]:
    """Return the earlier sentences a sentence refers back to, from the nearest that does not.

    They belong to the same paragraph and passage. Empty if the sentence does not refer back or the
    antecedent is more than `MOST_BEFORE` sentences away.
    """
    if sentence.kind is not BlockKind.PARAGRAPH or not refers_back(passage.words(sentence.span)):
        return ()
    earlier = _earlier(passage, sentence, page)[-MOST_BEFORE:]
    independent = [n for n, s in enumerate(earlier) if not refers_back(passage.words(s.span))]
    return tuple(earlier[independent[-1] :]) if independent else ()


def sentence_quotes(passage: Passage, sentence: Sentence, page_of: PageOf) -> tuple[Quote, ...]:
    """Return a sentence as a quote; a table row's is followed by those of its column headings."""
    return passage.quote(sentence.span), *column_quotes(passage, sentence, page_of)


def in_context(passage: Passage, sentence: Sentence, page_of: PageOf) -> TextInContext:
    """Return a sentence's text with what it needs to be understood, and what stands above it."""
    text = passage.words(sentence.span)
    above = "\n".join(dict.fromkeys((passage.title, *passage.headings)))
    if not sentence.columns and sentence.lead is None and not refers_back(text):
        return TextInContext(text, "", above)
    page = page_of(passage.document, passage.page)
    spans = [*quoted_columns(sentence, page.text), *filter(None, [sentence.lead])]
    spans += [s.span for s in named_before(passage, sentence, page)]
    heads = " ".join(span.of(page.text) for span in spans).split()
    return TextInContext(text, " ".join(heads[-MOST_HEAD_WORDS:]), above)


def _earlier(passage: Passage, sentence: Sentence, page: Page) -> Sequence[Sentence]:
    """Return the sentences before this one in its paragraph, within the passage."""
    start = sentence.span.start
    block = next((b.span for b in page.blocks if b.span.start <= start < b.span.end), sentence.span)
    return [s for s in passage.sentences if block.start <= s.span.start < start]


def lead(question: Question, draft: Draft, hits: Sequence[ReadHit], reader: Reader) -> str:
    """Return "Yes" or "No" if the quotes clearly answer a yes/no question, else "".

    A question with a choice ("by bus or by train?") gets neither.
    """
    if question.wanted is not Wanted.YES_NO or _CHOICE.search(question.text) or draft.disagree:
        return ""
    quotes = (q for point in draft.points for group in (point.quotes, *point.before) for q in group)
    quoted = {quote.text for quote in quotes}
    parts = [(h.text, [n for n, s in enumerate(h.text.sentences) if s in quoted]) for h in hits]
    evidence = gathered([(text, places) for text, places in parts if places])
    (weighed,) = by_passage(
        Case(question.text, [evidence]), reader.judge(question.text, [evidence])
    )
    judgement = weighed.judgement
    if judgement.carried >= SURE:
        return "Yes"
    return "No" if judgement.denied >= SURE else ""
