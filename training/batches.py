"""What one step of training reads: groups of rows with what is right of them, drawn each epoch."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mehealth_rag.language.words import content_words
from mehealth_rag.reader.rows import gathered, question_row, statement_row
from training.augment import answered, as_claimed, as_typed, copied, lie_of
from training.examples import GOLD, HARMLESS, OTHER, Example, Examples
from training.facts import changed, crossed, facts_of, missing, question_of, statement_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

    from mehealth_rag.reader.rows import PassageText, Row
    from training.examples import Reading
    from training.facts import Fact

MOST_GOLD = 2
"""Passages with gold sentences that are read of one question."""

LOOKED_AT = 40
"""Passages of other documents of which the nearest two are read with a question."""

BUNDLED = 8
"""Sentences of the evidence that is gathered from several passages, at the most."""

ELSEWHERE_SHARE = 0.8
"""Share of the statements that are also read with a passage that does not tell of them."""

CHANGED_SHARE = 0.5
"""Share of the true claims and answers that are read beside themselves with one thing changed."""

UNTOLD = 0.4
"""Questions for a fact that is not there, for each one that is."""

RARE = 4
"""How much oftener a fact that is no count is drawn: nine in ten are counts."""

TALKING = 0.25
"""Share of the questions for a fact that stand after a turn about another."""

Verdict = Literal["supported", "contradicted", "not_found", "not_supported"]


@dataclass(frozen=True, slots=True)
class Taught:
    """A teacher's logits for one row: its sentences', its three verdicts', its passage's."""

    answers: tuple[float, ...]
    verdict: tuple[float, ...]
    evidence: tuple[float, ...]
    passage: float


@dataclass(frozen=True, slots=True)
class Target:
    """What is right of one row. `labels` has a label for each of its sentences that was read.

    `taught` is what a teacher says of it, if there is one.
    """

    labels: tuple[int, ...]
    verdict: Verdict | None = None
    taught: Taught | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are learnt together: a question's passages, or a statement and its lie.

    `twins`: the second row is the first one's lie. Where it is not `labelled`, nobody wrote what is
    right: only a teacher says.
    """

    rows: tuple[Row, ...]
    targets: tuple[Target, ...]
    twins: bool = False
    labelled: bool = True

    @property
    def of_statement(self) -> bool:
        """Whether its rows judge a statement; else they answer a question."""
        return self.targets[0].verdict is not None


@dataclass(frozen=True, slots=True)
class Mix:
    """What an epoch is made of: shares of the questions, claims, twins and answers.

    An answer is true, and mostly easily seen to be: few of them are enough. Without `turns`
    follow-ups are read by themselves.
    """

    questions: float = 1.0
    statements: float = 1.0
    twins: float = 1.0
    answers: float = 1.0
    turns: bool = True
    others: int = 1
    """Passages without gold that are read with each question."""
    copied: float = 0.0
    """Share of the questions whose gold sentence is read as a statement, beside a lie of it."""
    asked: float = 0.0
    """Share of the questions for yes or no that are read as statements."""
    gathered: float = 0.4
    """Share of the statements whose evidence stands in one passage and is gathered all the same:
    such rows are a third as long, and the guard reads the like."""
    unlabelled: float = 0.0
    """Share of the questions that are put to another document as well, for a teacher to judge."""
    facts: float = 0.0
    """Share of the facts told beside what a sentence is about that are asked, and half as many
    that are stated."""

    def share_of(self, example: Example) -> float:
        """The share that is drawn of examples of this kind."""
        if not example.verdict:
            return self.questions
        if example.kind == "answer":
            return self.answers
        return self.twins if example.lie else self.statements


@dataclass(frozen=True, slots=True)
class _Told:
    """A fact, with the passage and the place of the sentence that tells it."""

    fact: Fact
    passage: int
    place: int


class Epochs:
    """Draws the groups of an epoch: another form of a document, other wrong passages, each time."""

    def __init__(self, examples: Examples, tokenizer: Tokenizer, seed: int) -> None:
        self._passages, self._tokenizer, self._seed = examples.passages, tokenizer, seed
        by_example: dict[tuple[str, ...], list[Example]] = {}
        for example in filter(_is_whole, examples.examples):
            key = (example.document, example.kind, example.text, example.question, example.lie)
            by_example.setdefault((*key, str(example.history)), []).append(example)
        self._forms = list(by_example.values())
        self._document_of = {
            reading.passage: example.document
            for example in examples.examples
            for reading in example.readings
        }

    def draw(self, number: int, mix: Mix) -> list[Group]:
        """The groups of an epoch, shuffled."""
        random_ = random.Random(f"{self._seed}-{number}")  # noqa: S311 - not a secret
        groups = []
        for forms in self._forms:
            example = random_.choice(forms)
            if random_.random() < mix.copied and not example.verdict and example.gold:
                groups.append(self._copy(example, random_, mix))
            if random_.random() < mix.asked and (claim := _asked(example)):
                groups.append(self._statement(claim, random_, mix))
            if random_.random() < mix.unlabelled and not example.verdict:
                groups.append(self._unlabelled(example, random_))
            if random_.random() >= mix.share_of(example):
                continue
            made = self._statement(example, random_, mix) if example.verdict else None
            groups.append(made or self._question(example, random_, mix))
        if mix.facts:
            groups += self._facts(random_, mix.facts)
        groups = [g for g in groups if g.rows]
        random_.shuffle(groups)
        return groups

    def all_of(self, kind: str = "q:") -> Iterator[tuple[Example, Group]]:
        """Every example of a kind with all of its readings, for watching."""
        for forms in self._forms:
            example = forms[0]
            if example.kind.startswith(kind):
                rows = [self._row(example, r, example.text, turns=True) for r in example.readings]
                targets = [
                    _target(r.labels, row) for r, row in zip(example.readings, rows, strict=True)
                ]
                yield example, Group(tuple(rows), tuple(targets))

    def _row(self, example: Example, reading: Reading, text: str, *, turns: bool) -> Row:
        history = [(q, a) for q, a in example.history] if turns else []
        return question_row(self._tokenizer, text, history, self._passages[reading.passage])

    def _question(self, example: Example, random_: random.Random, mix: Mix) -> Group:
        gold, others = example.gold, example.others
        chosen = random_.sample(gold, min(MOST_GOLD, len(gold)))
        wanted = mix.others + (0 if gold else 1)
        tempting = [r for r in others if not r.rank]
        if tempting and not gold:
            chosen.append(random_.choice(tempting))
        while others and len(chosen) < len(gold[:MOST_GOLD]) + wanted:
            # The nearer to the top the search brings it, the likelier it will be read.
            drawn = random_.choices(others, [1 / (1 + (r.rank or 1)) for r in others])[0]
            chosen.append(drawn)
            others = [r for r in others if r is not drawn]
        text = as_typed(example.text, random_)
        rows = [self._row(example, r, text, turns=mix.turns) for r in chosen]
        return Group(
            tuple(rows),
            tuple(_target(r.labels, row) for r, row in zip(chosen, rows, strict=True)),
        )

    def _unlabelled(self, example: Example, random_: random.Random) -> Group:
        """A question with passages of other documents: those that share most words with it."""
        drawn = random_.sample(list(self._document_of), min(LOOKED_AT, len(self._document_of)))
        foreign = [p for p in drawn if self._document_of[p] != example.document]
        asked = set(content_words(example.text))

        def shared(place: int) -> int:
            return len(asked.intersection(content_words(" ".join(self._passages[place].sentences))))

        rows = tuple(
            question_row(self._tokenizer, example.text, [], self._passages[place])
            for place in heapq.nlargest(2, foreign, key=shared)
        )
        return Group(rows, tuple(Target(()) for _ in rows), labelled=False)

    def _facts(self, random_: random.Random, share: float) -> Iterator[Group]:
        """Questions for facts that phrases tell, for facts that are not there, and statements."""
        told: dict[str, list[_Told]] = {}
        for passage, document in sorted(self._document_of.items()):
            for place, sentence in enumerate(self._passages[passage].sentences):
                told.setdefault(document, []).extend(
                    _Told(fact, passage, place) for fact in facts_of(sentence)
                )
        for document, here in told.items():
            passages = sorted(p for p, d in self._document_of.items() if d == document)
            for one in here:
                other = random_.choice(here)
                drawn = share if one.fact.kind == "count" else share * RARE
                if random_.random() < drawn:
                    yield self._asked_fact(one, other, passages, random_)
                if random_.random() < drawn * UNTOLD and (absent := self._untold(one, other)):
                    yield self._asked_fact(absent, other, passages, random_)
                if random_.random() < drawn / 2:
                    yield self._stated_fact(one, [t.fact for t in here], random_)

    def _untold(self, one: _Told, other: _Told) -> _Told | None:
        """A fact like one that is told, of a thing of the same sentence that has none."""
        sentence = self._passages[one.passage].sentences[one.place]
        found = missing(sentence, one.fact) or crossed(one.fact, other.fact)
        if not found or (found.kind == "count" and found.thing.lower() in sentence.lower()):
            return None
        return _Told(found, one.passage, one.place)

    def _asked_fact(
        self, one: _Told, other: _Told, passages: Sequence[int], random_: random.Random
    ) -> Group:
        """A fact asked, its passage and one that does not speak of it; at times after a turn."""
        text = question_of(one.fact, random_)
        turns = random_.random() < TALKING and other.fact.value
        history = [(question_of(other.fact, random_), f"{other.fact.value}.")] if turns else []
        labels = self._told_labels(one, GOLD if one.fact.value else OTHER)
        silent = [p for p in passages if not self._speaks_of(p, one.fact.head)]
        read = [(one.passage, labels)]
        if silent:
            far = random_.choice(silent)
            read.append((far, [OTHER] * len(self._passages[far].sentences)))
        rows = [
            question_row(self._tokenizer, as_typed(text, random_), history, self._passages[p])
            for p, _ in read
        ]
        targets = (_target(labels, row) for (_, labels), row in zip(read, rows, strict=True))
        return Group(tuple(rows), tuple(targets))

    def _stated_fact(self, one: _Told, facts: Sequence[Fact], random_: random.Random) -> Group:
        """A fact as a statement beside a lie of it."""
        wrong = changed(one.fact, facts, random_)
        if wrong is None:
            return Group((), ())
        question = question_of(one.fact, random_) if random_.random() < 0.3 else ""
        passage, labels = self._passages[one.passage], self._told_labels(one, GOLD)
        rows = tuple(
            statement_row(self._tokenizer, statement_of(fact, random_), question, passage)
            for fact in (one.fact, wrong)
        )
        lied: Verdict = (
            "contradicted" if wrong.kind in ("count", "price", "year") else "not_supported"
        )
        verdicts: tuple[Verdict, Verdict] = ("supported", lied)
        targets = (_target(labels, row, v) for row, v in zip(rows, verdicts, strict=True))
        return Group(rows, tuple(targets), twins=True)

    def _told_labels(self, one: _Told, label: int) -> list[int]:
        """A label for the sentence of a fact; others that speak of the same may stand by."""
        return [
            label if place == one.place
            else HARMLESS if label == GOLD and one.fact.head in sentence.lower()
            else OTHER
            for place, sentence in enumerate(self._passages[one.passage].sentences)
        ]  # fmt: skip

    def _speaks_of(self, passage: int, head: str) -> bool:
        return any(head in s.lower() for s in self._passages[passage].sentences)

    def _statement(self, example: Example, random_: random.Random, mix: Mix) -> Group:
        text, labels = self._evidence(example, random_, mix)
        question = example.question if random_.random() < 0.8 else ""
        row = statement_row(self._tokenizer, example.text, question, text)
        verdict: Verdict = example.verdict  # type: ignore[assignment]
        rows, targets = [row], [_target(labels, row, verdict)]
        if example.lie:
            lie = statement_row(self._tokenizer, example.lie, question, text)
            return Group((row, lie), (*targets, _target(labels, lie, "not_supported")), twins=True)
        changeable = verdict == "supported" and not as_claimed(example.text)
        if (
            changeable
            and random_.random() < CHANGED_SHARE
            and (made := lie_of(example.text, text.sentences, random_))
        ):
            lie = statement_row(self._tokenizer, made.text, question, text)
            return Group((row, lie), (*targets, _target(labels, lie, made.verdict)), twins=True)
        others = example.others
        if others and random_.random() < ELSEWHERE_SHARE:
            far = self._elsewhere(others[:6], random_, mix)
            elsewhere = statement_row(self._tokenizer, example.text, question, far)
            rows.append(elsewhere)
            targets.append(_target([OTHER] * len(far.sentences), elsewhere, "not_found"))
        return Group(tuple(rows), tuple(targets))

    def _copy(self, example: Example, random_: random.Random, mix: Mix) -> Group:
        """A gold sentence of a question as a statement, beside a lie of it."""
        reading = random_.choice(example.gold)
        sentences = self._passages[reading.passage].sentences
        place = random_.choice([i for i, label in enumerate(reading.labels) if label == GOLD])
        text = copied(sentences[place], random_)
        if not text:
            return Group((), ())
        labels = [HARMLESS if label == GOLD else label for label in reading.labels]
        labels[place] = GOLD
        readings = [replace(reading, labels=labels), *example.others]
        question = example.text if random_.random() < 0.5 else ""
        statement = replace(
            example, kind="copy", text=text, question=question,
            verdict="supported", readings=readings, lie="",
        )  # fmt: skip
        return self._statement(statement, random_, mix)

    def _evidence(
        self, example: Example, random_: random.Random, mix: Mix
    ) -> tuple[PassageText, list[int]]:
        """The passage that decides; or sentences of several, as the reader gathers them."""
        gold = example.gold
        if len(gold) > 1 or random_.random() < mix.gathered:
            others = example.others
            drawn = random_.sample(others, min(len(others), random_.randint(0 if gold else 2, 2)))
            bundle = sorted((*gold, *drawn), key=lambda r: r.rank)
            if bundle:
                return self._bundle(bundle, random_)
        near = gold or [r for r in example.readings if not r.rank] or example.readings[:2]
        chosen = random_.choice(near)
        return self._passages[chosen.passage], chosen.labels

    def _elsewhere(
        self, others: Sequence[Reading], random_: random.Random, mix: Mix
    ) -> PassageText:
        """A passage that does not tell of a statement; or some sentences of two."""
        if random_.random() < mix.gathered:
            return self._bundle(random_.sample(others, min(2, len(others))), random_)[0]
        return self._passages[random_.choice(others).passage]

    def _bundle(
        self, readings: Sequence[Reading], random_: random.Random
    ) -> tuple[PassageText, list[int]]:
        """The gold sentences of passages, and up to two others of each."""
        parts, labels = [], []
        for reading in readings:
            places = [i for i, label in enumerate(reading.labels) if label == GOLD]
            rest = [i for i in range(len(reading.labels)) if i not in places]
            least = 0 if places else 1
            places += random_.sample(rest, min(len(rest), random_.randint(least, 2)))
            kept = sorted(places)[:BUNDLED]
            parts.append((self._passages[reading.passage], kept))
            labels += [reading.labels[place] for place in kept]
        return gathered(parts), labels


def _asked(example: Example) -> Example | None:
    """A question for yes or no as a statement; its written answer says what is right of it."""
    if example.kind == "answer" and as_claimed(example.question):
        verdict = answered(example.text)
        return verdict and replace(example, text=example.question, question="", verdict=verdict)
    if not example.verdict and not example.answerable and as_claimed(example.text):
        return replace(example, verdict="not_found")
    return None


def _is_whole(example: Example) -> bool:
    """Whether what decides an example was found again in its document as it was read."""
    decided = bool(example.gold)
    needs = example.verdict in {"supported", "contradicted"} or (
        not example.verdict and example.answerable
    )
    return bool(example.readings) and (decided or not needs)


def _target(labels: Sequence[int], row: Row, verdict: Verdict | None = None) -> Target:
    return Target(tuple(labels[: len(row.bounds)]), verdict)


def decides(target: Target) -> bool:
    """Whether a row holds a gold sentence."""
    return GOLD in target.labels


def counted(target: Target) -> list[bool]:
    """Which sentences have a loss: what may stand by has none."""
    return [label != HARMLESS for label in target.labels]
