"""The guard's judgement of a statement: the reader's second head, held to exact values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mehealth_rag.guard.exact import Sources, Step, steps
from mehealth_rag.guard.opposite import leaning, opposites
from mehealth_rag.guard.values import values, without
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.orders import gives_orders
from mehealth_rag.language.words import fold
from mehealth_rag.passages.tables import quoted_columns
from mehealth_rag.reader.model import Judgement
from mehealth_rag.reader.rows import gathered, passage_text, readable
from mehealth_rag.types import Quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mehealth_rag.guard.values import Amount
    from mehealth_rag.reader.model import Limits, Reader
    from mehealth_rag.reader.rows import PassageText
    from mehealth_rag.retrieval.retriever import Evidence
    from mehealth_rag.types import Page, PageOf, Passage, Sentence


GATHERED, LEAST_EVIDENCE = 8, 0.2
"""Sentences of several passages that a statement is read against together, at the most, and the
probability of deciding it that one of them needs."""

MOST_QUOTES, NEAR_BEST = 5, 0.5
"""Sentences that are quoted for a statement, at the most, and the share of the best one's
probability that the others need."""

ADDED = 0.03
"""The probability that a sentence needs to be quoted for a value that stands in it alone."""

AS_SURELY = 0.9
"""The share of a verdict's probability that fewer quotes must keep to stand for all of them."""

DOUBT = 0.35
"""What a name that stands nowhere leaves of the probability that a statement is carried: a name has
other forms. A figure leaves nothing."""

TAKEN_FOR_IT = 0.5
"""From this probability on a sentence with another figure is held to speak of the same thing."""

OPPOSED, LEAST_CARRIED = 0.1, 0.2
"""Log odds by which a denied statement has to be carried beyond its opposites, and how likely, to
be held for true after all."""

WORD_FOR_WORD, FEWEST_WORDS = 0.999, 4
"""How surely a sentence carries a statement that is the same, or denies one that is it but for a
figure; and the words that a statement needs for that."""

_ADDING = re.compile(r"[;:] |, (?:and|as well as|including|which|who|whose|where|\w+ing)\b")
"""How a sentence goes on where what it said so far holds by itself: no condition, no exception."""

Place = tuple[int, int]
"""A sentence: the place of its passage, and its own in it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A statement, the question that it answers if there is one, and what it is held against.

    `bound` has for a sentence what it is not understood without: the words that introduce a list's
    item, the heads of a row's columns.
    """

    statement: str
    texts: Sequence[PassageText]
    question: str = ""
    bound: Mapping[Place, Sequence[str]] = field(default_factory=dict)

    def only(self, places: Sequence[Place]) -> PassageText:
        """Some sentences as one text, in reading order."""
        grouped: dict[int, list[int]] = {}
        for n, i in sorted(places):
            grouped.setdefault(n, []).append(i)
        return gathered([(self.texts[n], own) for n, own in grouped.items()])

    def steps(self, places: Sequence[Place]) -> tuple[Step, ...]:
        """How the exact values of the statement are had from some sentences."""
        quotes = tuple(self.texts[n].sentences[i] for n, i in places)
        contexts = dict.fromkeys(self.texts[n].context for n, _ in places)
        bound = (text for place in places for text in self.bound.get(place, ()))
        return steps(self.statement, Sources(quotes, "\n".join((*contexts, *bound)), self.question))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What some sentences say of a statement.

    `judgement` is what the reader `read`, held to exact values. `steps` tell how those are had from
    `quotes`, the sentences that decide, best first.
    """

    judgement: Judgement
    read: Judgement
    quotes: tuple[Place, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def missing(self) -> tuple[Step, ...]:
        """The values that neither stand nor follow."""
        return missing(self.steps)

    @property
    def differing(self) -> Step | None:
        """The first of those in whose place something else stands."""
        return next((s for s in self.missing if s.of), None)

    @property
    def surely(self) -> float:
        """How likely the sentences say either that it is so or that it is not."""
        return max(self.judgement.carried, self.judgement.denied)


_NOTHING = Judgement(0.0, 0.0, 1.0, ())
NOTHING_SAID = Weighed(_NOTHING, _NOTHING)


def weigh(reader: Reader, case: Case) -> Weighed:
    """What passages say of a statement together: what decides it most clearly."""
    return settled(reader, case, decisive(weighings(reader, case)))


def settled(reader: Reader, case: Case, weighed: Weighed) -> Weighed:
    """The same, with a denial turned round whose opposite is denied even more.

    All are read against the quotes alone. A figure or date may be a reason of its own: the reader
    tells one from another, and rightly denies what has a wrong one.
    """
    judgement = weighed.judgement
    by_values = any(step.kind != "name" or step.how == "missing" for step in weighed.steps)
    if by_values or not LEAST_CARRIED <= judgement.carried < judgement.denied:
        return weighed
    text = [case.only(weighed.quotes)]
    own, *opposed = (
        reader.judge(statement, text, case.question)[0]
        for statement in (case.statement, *opposites(case.statement))
    )
    if leaning(own, opposed) < OPPOSED:
        return weighed
    turned = replace(judgement, carried=judgement.denied, denied=judgement.carried)
    return replace(weighed, judgement=turned)


def decisive(found: Sequence[Weighed]) -> Weighed:
    """What carries or denies a statement most clearly; of equals the first."""
    return max(found, key=lambda w: w.surely, default=NOTHING_SAID)


def weighings(reader: Reader, case: Case) -> list[Weighed]:
    """What each passage says, and what the sentences that decide most say together.

    A sentence that is the statement, or is it but for a figure, needs no judgement.
    """
    each = reader.judge(case.statement, case.texts, case.question)
    own = [[(n, i) for i in range(len(text.sentences))] for n, text in enumerate(case.texts)]
    found = [_weighed(case, judgement, places) for judgement, places in zip(each, own, strict=True)]
    if len({n for n, _ in deciding(each)}) > 1:
        found.append(together(reader, case, each))
    # What answers a question may lean on it: then the same words may be said of another thing.
    return [*found, *(() if case.question else word_for_word(case))]


def together(reader: Reader, case: Case, each: Sequence[Judgement]) -> Weighed:
    """What the sentences that decide most say, read without the others around them.

    `each` is what the first of the passages say, each by itself.
    """
    places = deciding(each)
    if not places:
        return NOTHING_SAID
    (judgement,) = reader.judge(case.statement, [case.only(places)], case.question)
    return _weighed(case, judgement, places)


def word_for_word(case: Case) -> Iterator[Weighed]:
    """What the sentences say that begin with the statement, or are it but for a figure."""
    if len(case.statement.split()) < FEWEST_WORDS:
        return
    sure, left = WORD_FOR_WORD, 1 - WORD_FOR_WORD
    for n, text in enumerate(case.texts):
        for i, sentence in enumerate(text.sentences):
            says = _says(sentence, case.statement)
            if says or _differ_in_a_figure(case.statement, sentence):
                judgement = Judgement(sure * says, sure * (not says), left, ())
                yield Weighed(judgement, judgement, ((n, i),), case.steps([(n, i)]))


def deciding(each: Sequence[Judgement]) -> list[Place]:
    """The sentences that decide likely enough, in reading order; the likeliest at least."""
    chances = {(n, i): p for n, j in enumerate(each) for i, p in enumerate(j.evidence)}
    ranked = sorted(chances, key=lambda place: (-chances[place], place))[:GATHERED]
    least = min(LEAST_EVIDENCE, max(chances.values(), default=0.0))
    return sorted(place for place in ranked if chances[place] >= least)


def least(reader: Reader, case: Case, weighed: Weighed, limits: Limits) -> Weighed:
    """The same with the fewest of its quotes that give its verdict about as surely.

    One alone is tried of each, then more and more of the best.
    """
    quotes = weighed.quotes
    alone = [(place,) for place in quotes] if len(quotes) > 1 else []
    tried = [*alone, *(quotes[:n] for n in range(2, len(quotes)))]
    judged = reader.judge(case.statement, [case.only(p) for p in tried], case.question)
    for places, judgement in zip(tried, judged, strict=True):
        had = case.steps(places)
        fewer = Weighed(held_to(judgement, missing(had)), judgement, places, had)
        same = limits.verdict(fewer.judgement) == limits.verdict(weighed.judgement)
        reasons = len(fewer.missing) <= len(weighed.missing)
        told = (fewer.differing is None) == (weighed.differing is None)
        if same and reasons and told and fewer.surely >= AS_SURELY * weighed.surely:
            return replace(fewer, judgement=weighed.judgement, read=weighed.read)
    return weighed


def held_to(judgement: Judgement, lacking: Sequence[Step]) -> Judgement:
    """A judgement, given the values that are missing.

    What is taken from carried goes to denied where another figure stands in the place of one, and
    the reader took that for it.
    """
    carried, denied = judgement.carried, judgement.denied
    taken = carried >= TAKEN_FOR_IT
    for step in lacking:
        left = carried * DOUBT if step.kind == "name" else 0.0
        if taken and step.of and step.kind != "word":  # too many look like a number word
            denied += carried - left
        carried = left
    untold = max(1 - carried - denied, 0.0)
    return replace(judgement, carried=carried, denied=denied, untold=untold)


def _weighed(case: Case, judgement: Judgement, places: Sequence[Place]) -> Weighed:
    """A judgement of the sentences at some places, held to exact values.

    Quoted are the likeliest, and those of the others that have a value which these lack.
    """
    chance = dict(zip(places, judgement.evidence, strict=True))
    ranked = sorted(places, key=lambda place: -chance[place])
    quotes = [p for p in ranked[:MOST_QUOTES] if chance[p] >= NEAR_BEST * chance[ranked[0]]]
    had = case.steps(quotes)
    for place in [p for p in ranked if p not in quotes and chance[p] >= ADDED]:
        if len(quotes) >= MOST_QUOTES or not missing(had):
            break
        now = case.steps([*quotes, place])
        if len(missing(now)) < len(missing(had)):
            quotes, had = [*quotes, place], now
    return Weighed(held_to(judgement, missing(had)), judgement, tuple(quotes), had)


def missing(had: Sequence[Step]) -> tuple[Step, ...]:
    """The values that neither stand nor follow."""
    return tuple(s for s in had if s.how == "missing")


def _says(sentence: str, statement: str) -> bool:
    """Whether a statement is a sentence, or its beginning up to where the rest only adds to it."""
    whole, said = _plain(sentence), _plain(statement)
    return whole == said or (whole.startswith(said) and _ADDING.match(whole, len(said)) is not None)


def _differ_in_a_figure(one: str, other: str) -> bool:
    """Whether two sentences are the same but for a figure that has a unit, a currency or a percent.

    A plain number may be a name ("Room 12"), and what holds in one year need not in the next.
    """
    own, its = _measured(one), _measured(other)
    if len(own) != len(its) or _plain(without(one, own, "#")) != _plain(without(other, its, "#")):
        return False
    return any(not a.agrees(b) for a, b in zip(own, its, strict=True))


def _measured(text: str) -> list[Amount]:
    amounts = (a for a in values(text).amounts if a.dimension and a.kind is not FigureKind.YEAR)
    return sorted(amounts, key=lambda a: a.span.start)


def _plain(text: str) -> str:
    return " ".join(fold(text).split()).rstrip(".!")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A passage with those of its sentences that may be evidence; `text` has no others."""

    passage: Passage
    page: Page
    sentences: tuple[Sentence, ...]
    text: PassageText

    @classmethod
    def of(cls, evidence: Evidence, page: Page) -> Exhibit:
        """What a search brought; `page` is the page that it stands on."""
        passage = evidence.hit.passage
        text = passage_text(passage, page.text)
        kept = [(s, t) for s, t in zip(readable(passage), text.sentences, strict=True)
                if s.span not in evidence.silenced]  # fmt: skip
        said = replace(text, sentences=tuple(t for _, t in kept))
        return cls(passage, page, tuple(s for s, _ in kept), said)

    def quotes(self, place: int) -> tuple[Quote, ...]:
        """A sentence after what it is not understood without."""
        sentence = self.sentences[place]
        own = self.passage.quote(sentence.span)
        return (*self.bound(place), own)

    def bound(self, place: int) -> tuple[Quote, ...]:
        """The words that introduce a list's item or a row's group, and the heads of its columns."""
        sentence = self.sentences[place]
        spans = [*quoted_columns(sentence, self.page.text), *filter(None, [sentence.lead])]
        quotes = [Quote.of_page(self.passage.document, self.page, span) for span in spans]
        return tuple(q for q in quotes if not gives_orders(q.text))


def exhibits_of(found: Iterable[Evidence], page_of: PageOf) -> tuple[Exhibit, ...]:
    """The passages that a search brought, in its order, of which anything may be told."""
    exhibits = (Exhibit.of(e, page_of(e.hit.passage.document, e.hit.passage.page)) for e in found)
    return tuple(exhibit for exhibit in exhibits if exhibit.sentences)


def case_of(statement: str, question: str, exhibits: Sequence[Exhibit]) -> Case:
    """A statement with what it is held against; `question` is what it answers or speaks of."""
    bound = {
        (n, i): [quote.text for quote in exhibit.bound(i)]
        for n, exhibit in enumerate(exhibits)
        for i in range(len(exhibit.sentences))
    }
    return Case(statement, [e.text for e in exhibits], question, bound)


def quotes_of(exhibits: Sequence[Exhibit], places: Sequence[Place]) -> tuple[Quote, ...]:
    """The quotes of some sentences, the best passage first, each passage in reading order."""
    order = list(dict.fromkeys(n for n, _ in places))
    quotes: dict[Quote, None] = {}
    for n, i in sorted(places, key=lambda place: (order.index(place[0]), place[1])):
        quotes |= dict.fromkeys(exhibits[n].quotes(i))
    return tuple(quotes)
