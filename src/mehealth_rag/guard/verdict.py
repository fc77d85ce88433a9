"""The guard's judgement of a statement: the reader's verdict, corrected by exact values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.guard.exact import Sources, Step, steps
from mehealth_rag.guard.opposite import leaning, opposites
from mehealth_rag.guard.values import Amount, values, without
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.injection import gives_orders
from mehealth_rag.language.words import fold
from mehealth_rag.passages.tables import quoted_columns
from mehealth_rag.reader.model import Judgement, Limits, Reader
from mehealth_rag.reader.rows import PassageText, gathered, passage_text, readable
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Page, PageOf, Passage, Quote, Sentence

GATHERED, LEAST_EVIDENCE = 8, 0.2
"""The most sentences of several passages that are judged together, and the least probability of
deciding that each needs."""

MOST_QUOTES, NEAR_BEST = 5, 0.5
"""The most sentences quoted for a statement, and the share of the best one's probability that each
needs."""

ADDED = 0.03
"""The least probability of a sentence that is quoted only because it has a value that the others
lack."""

AS_SURELY = 0.9
"""The share of a verdict's probability that fewer quotes must keep to replace all of them."""

DOUBT = 0.35
"""The factor on the probability of support for a missing name, since a name has other forms. For a
missing figure it is 0."""

TAKEN_FOR_IT = 0.5
"""From this probability of support, a sentence with another figure is taken to be about the same
thing."""

OPPOSED, LEAST_CARRIED = 0.1, 0.2
"""The log odds by which a denied statement must lean towards support more than its opposites do,
and its least probability of support, to count as supported after all."""

WORD_FOR_WORD, FEWEST_WORDS = 0.999, 4
"""The probability of the verdict if a sentence is the statement, or differs only in a figure; and
the fewest words that the statement needs for that."""

_ADDING = re.compile(r"[;:] |, (?:and|as well as|including|which|who|whose|where|\w+ing)\b")
"""How a sentence continues where its beginning is true alone: with no condition or exception."""

Place = tuple[int, int]
"""A sentence: the index of its passage, and its own in the passage."""


@dataclass(frozen=True, slots=True)
class Case:
    """A statement, the question that it answers, if any, and the passages to judge it by.

    `bound` maps a sentence to the texts it needs to be understood: a list item's introduction, a
    table row's column headings.
    """

    statement: str
    texts: Sequence[PassageText]
    question: str = ""
    bound: Mapping[Place, Sequence[str]] = field(default_factory=dict)

    def only(self, places: Sequence[Place]) -> PassageText:
        """Join some sentences into one text, in reading order."""
        grouped: dict[int, list[int]] = {}
        for n, i in sorted(places):
            grouped.setdefault(n, []).append(i)
        return gathered([(self.texts[n], indices) for n, indices in grouped.items()])

    def steps(self, places: Sequence[Place]) -> tuple[Step, ...]:
        """Return how the statement's exact values follow from some sentences."""
        quotes = tuple(self.texts[n].sentences[i] for n, i in places)
        contexts = dict.fromkeys(self.texts[n].context for n, _ in places)
        bound = (text for place in places for text in self.bound.get(place, ()))
        return steps(self.statement, Sources(quotes, "\n".join((*contexts, *bound)), self.question))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The guard's judgement of a statement by some sentences.

    `judgement` is `read`, the reader's, corrected by exact values. `quotes` are the deciding
    sentences, best first, and `steps` say how the exact values follow from them.
    """

    judgement: Judgement
    read: Judgement
    quotes: tuple[Place, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def missing(self) -> tuple[Step, ...]:
        """The values that the quotes neither contain nor give."""
        return missing(self.steps)

    @property
    def differing(self) -> Step | None:
        """The first missing value in whose place the quotes have another one."""
        return next((s for s in self.missing if s.of), None)

    @property
    def surely(self) -> float:
        """The probability of the likelier of entailment and contradiction."""
        return max(self.judgement.carried, self.judgement.denied)


_NOTHING = Judgement(0.0, 0.0, 1.0, ())
NOTHING_SAID = Weighed(_NOTHING, _NOTHING)


def weigh(reader: Reader, case: Case) -> Weighed:
    """Judge a statement by its passages and return the clearest judgement, settled."""
    return settled(reader, case, decisive(weighings(reader, case)))


def settled(reader: Reader, case: Case, weighed: Weighed) -> Weighed:
    """Turn a denial into support if the reader denies the statement's opposite even more.

    The statement and its opposites are read against the quotes alone. A statement with a figure or
    a date stays denied: the reader tells figures apart, and rightly denies a wrong one.
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


def decisive(candidates: Sequence[Weighed]) -> Weighed:
    """Return the clearest judgement, the first of equals."""
    return max(candidates, key=lambda w: w.surely, default=NOTHING_SAID)


def weighings(reader: Reader, case: Case) -> list[Weighed]:
    """Judge a statement by each passage, and by the most decisive sentences together.

    A sentence that is the statement, or differs only in a figure, needs no judgement by the reader.
    """
    judgements = reader.judge(case.statement, case.texts, case.question)
    all_places = [[(n, i) for i in range(len(text.sentences))] for n, text in enumerate(case.texts)]
    candidates = [
        _weighed(case, judgement, places)
        for judgement, places in zip(judgements, all_places, strict=True)
    ]
    if len({n for n, _ in deciding(judgements)}) > 1:
        candidates.append(together(reader, case, judgements))
    # An answer may depend on its question, so the same words may be about something else.
    return [*candidates, *(() if case.question else word_for_word(case))]


def together(reader: Reader, case: Case, judgements: Sequence[Judgement]) -> Weighed:
    """Judge a statement by the most decisive sentences alone, without their neighbours.

    `judgements` are those by each of the first passages.
    """
    places = deciding(judgements)
    if not places:
        return NOTHING_SAID
    (judgement,) = reader.judge(case.statement, [case.only(places)], case.question)
    return _weighed(case, judgement, places)


def word_for_word(case: Case) -> Iterator[Weighed]:
    """Yield a judgement for each sentence that begins with the statement or differs in a figure."""
    if len(case.statement.split()) < FEWEST_WORDS:
        return
    sure, rest = WORD_FOR_WORD, 1 - WORD_FOR_WORD
    for n, text in enumerate(case.texts):
        for i, sentence in enumerate(text.sentences):
            says = _says(sentence, case.statement)
            if says or _differ_in_a_figure(case.statement, sentence):
                judgement = Judgement(sure * says, sure * (not says), rest, ())
                yield Weighed(judgement, judgement, ((n, i),), case.steps([(n, i)]))


def deciding(judgements: Sequence[Judgement]) -> list[Place]:
    """Return the sentences likely to decide, in reading order; at least the likeliest."""
    probabilities = {(n, i): p for n, j in enumerate(judgements) for i, p in enumerate(j.evidence)}
    ranked = sorted(probabilities, key=lambda place: (-probabilities[place], place))[:GATHERED]
    threshold = min(LEAST_EVIDENCE, max(probabilities.values(), default=0.0))
    return sorted(place for place in ranked if probabilities[place] >= threshold)


def least(reader: Reader, case: Case, weighed: Weighed, limits: Limits) -> Weighed:
    """Replace the quotes with the fewest that give the same verdict about as surely.

    Tries each quote alone, then more and more of the best ones.
    """
    quotes = weighed.quotes
    alone = [(place,) for place in quotes] if len(quotes) > 1 else []
    tried = [*alone, *(quotes[:n] for n in range(2, len(quotes)))]
    judged = reader.judge(case.statement, [case.only(p) for p in tried], case.question)
    for places, judgement in zip(tried, judged, strict=True):
        value_steps = case.steps(places)
        fewer = Weighed(held_to(judgement, missing(value_steps)), judgement, places, value_steps)
        same_verdict = limits.verdict(fewer.judgement) == limits.verdict(weighed.judgement)
        no_more_missing = len(fewer.missing) <= len(weighed.missing)
        same_difference = (fewer.differing is None) == (weighed.differing is None)
        if (
            same_verdict
            and no_more_missing
            and same_difference
            and fewer.surely >= AS_SURELY * weighed.surely
        ):
            return replace(fewer, judgement=weighed.judgement, read=weighed.read)
    return weighed


def held_to(judgement: Judgement, lacking: Sequence[Step]) -> Judgement:
    """Correct a judgement by the values that are missing.

    A missing value lowers `carried`. What is lost goes to `denied` if another value stands in its
    place and the reader took that for the claimed one, else to `untold`.
    """
    carried, denied = judgement.carried, judgement.denied
    reader_agrees = carried >= TAKEN_FOR_IT
    for step in lacking:
        remaining = carried * DOUBT if step.kind == "name" else 0.0
        if (
            reader_agrees and step.of and step.kind != "word"
        ):  # number words have too many lookalikes
            denied += carried - remaining
        carried = remaining
    untold = max(1 - carried - denied, 0.0)
    return replace(judgement, carried=carried, denied=denied, untold=untold)


def _weighed(case: Case, judgement: Judgement, places: Sequence[Place]) -> Weighed:
    """Correct the judgement of some sentences by exact values.

    The quotes are the likeliest sentences, and others that have a value which these lack.
    """
    probability = dict(zip(places, judgement.evidence, strict=True))
    ranked = sorted(places, key=lambda place: -probability[place])
    quotes = [
        p for p in ranked[:MOST_QUOTES] if probability[p] >= NEAR_BEST * probability[ranked[0]]
    ]
    value_steps = case.steps(quotes)
    for place in [p for p in ranked if p not in quotes and probability[p] >= ADDED]:
        if len(quotes) >= MOST_QUOTES or not missing(value_steps):
            break
        extended = case.steps([*quotes, place])
        if len(missing(extended)) < len(missing(value_steps)):
            quotes, value_steps = [*quotes, place], extended
    return Weighed(held_to(judgement, missing(value_steps)), judgement, tuple(quotes), value_steps)


def missing(value_steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the values that the sources neither contain nor give."""
    return tuple(s for s in value_steps if s.how == "missing")


def _says(sentence: str, statement: str) -> bool:
    """Return whether a statement is a sentence, or its beginning up to a mere addition."""
    text, claim = _plain(sentence), _plain(statement)
    return text == claim or (text.startswith(claim) and _ADDING.match(text, len(claim)) is not None)


def _differ_in_a_figure(one: str, other: str) -> bool:
    """Return whether two sentences differ only in a figure with a unit, currency or percent sign.

    A plain number may be a name ("Room 12"), and what holds in one year need not hold in the next.
    """
    figures, other_figures = _measured(one), _measured(other)
    if len(figures) != len(other_figures) or _plain(without(one, figures, "#")) != _plain(
        without(other, other_figures, "#")
    ):
        return False
    return any(not a.agrees(b) for a, b in zip(figures, other_figures, strict=True))


def _measured(text: str) -> list[Amount]:
    amounts = (a for a in values(text).amounts if a.dimension and a.kind is not FigureKind.YEAR)
    return sorted(amounts, key=lambda a: a.span.start)


def _plain(text: str) -> str:
    return " ".join(fold(text).split()).rstrip(".!")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A passage and those of its sentences that may be evidence; `text` has only these."""

    passage: Passage
    page: Page
    sentences: tuple[Sentence, ...]
    text: PassageText

    @classmethod
    def of(cls, evidence: Evidence, page: Page) -> Exhibit:
        """Return retrieved evidence as an exhibit; `page` is the passage's page."""
        passage = evidence.hit.passage
        text = passage_text(passage, page.text)
        kept = [(s, t) for s, t in zip(readable(passage), text.sentences, strict=True)
                if s.span not in evidence.silenced]  # fmt: skip
        allowed = replace(text, sentences=tuple(t for _, t in kept))
        return cls(passage, page, tuple(s for s, _ in kept), allowed)

    def quotes(self, place: int) -> tuple[Quote, ...]:
        """Return a sentence as a quote, after the quotes it needs to be understood."""
        sentence = self.sentences[place]
        quote = self.passage.quote(sentence.span)
        return (*self.bound(place), quote)

    def bound(self, place: int) -> tuple[Quote, ...]:
        """Return a row's column headings, and the introduction of a list item or group of rows."""
        sentence = self.sentences[place]
        spans = [*quoted_columns(sentence, self.page.text), *filter(None, [sentence.lead])]
        quotes = [Quote.of_page(self.passage.document, self.page, span) for span in spans]
        return tuple(q for q in quotes if not gives_orders(q.text))


def exhibits_of(evidence: Iterable[Evidence], page_of: PageOf) -> tuple[Exhibit, ...]:
    """Return retrieved passages as exhibits, in order, dropping those without usable sentences."""
    exhibits = (
        Exhibit.of(e, page_of(e.hit.passage.document, e.hit.passage.page)) for e in evidence
    )
    return tuple(exhibit for exhibit in exhibits if exhibit.sentences)


def case_of(statement: str, question: str, exhibits: Sequence[Exhibit]) -> Case:
    """Build the case of a statement; `question` is what it answers or what it is about."""
    bound = {
        (n, i): [quote.text for quote in exhibit.bound(i)]
        for n, exhibit in enumerate(exhibits)
        for i in range(len(exhibit.sentences))
    }
    return Case(statement, [e.text for e in exhibits], question, bound)


def quotes_of(exhibits: Sequence[Exhibit], places: Sequence[Place]) -> tuple[Quote, ...]:
    """Return the quotes of some sentences, best passage first, in reading order within each."""
    order = list(dict.fromkeys(n for n, _ in places))
    quotes: dict[Quote, None] = {}
    for n, i in sorted(places, key=lambda place: (order.index(place[0]), place[1])):
        quotes |= dict.fromkeys(exhibits[n].quotes(i))
    return tuple(quotes)
