"""Draws each epoch's groups: rows with their labels, which a training step learns together."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tokenizers import Tokenizer

from mehealth_rag.language.words import content_words
from mehealth_rag.reader.rows import PassageText, Row, gathered, question_row, statement_row
from training.augment import Lie, answered, as_claimed, as_typed, copied, lie_of
from training.examples import GOLD, HARMLESS, OTHER, Example, Examples, Reading
from training.facts import Fact, changed, crossed, facts_of, missing, question_of, statement_of

MOST_GOLD = 2
"""Most gold passages that are read with a question."""

LOOKED_AT = 40
"""Passages of other documents that are sampled; the two most similar are read with a question."""

BUNDLED = 8
"""Most sentences taken from one passage when evidence is gathered."""

GATHERED_SHARE = 0.4
"""Share of the statements with evidence in one passage for which evidence is gathered anyway: such
rows are a third as long, and the guard reads similar ones."""

ELSEWHERE_SHARE = 0.8
"""Share of the statements that are also read with a passage that says nothing about them."""

CHANGED_SHARE = 0.5
"""Share of the true claims and answers that are paired with a changed version."""

UNTOLD = 0.4
"""Questions about facts that the text does not give, per question about one that it does."""

RARE = 4
"""How much more often facts other than counts are drawn: nine in ten facts are counts."""

TALKING = 0.25
"""Share of the questions about a fact that follow a turn about another one."""

Verdict = Literal["supported", "contradicted", "not_found", "not_supported"]


@dataclass(frozen=True, slots=True)
class Taught:
    """A teacher's logits for one row: for its sentences, the three verdicts and the passage."""

    answers: tuple[float, ...]
    verdict: tuple[float, ...]
    evidence: tuple[float, ...]
    passage: float


@dataclass(frozen=True, slots=True)
class Target:
    """The labels of one row: one for each sentence that fits into it, and the verdict.

    `taught` holds a teacher's logits, if there is a teacher.
    """

    labels: tuple[int, ...]
    verdict: Verdict | None = None
    taught: Taught | None = None

    @property
    def gold(self) -> list[bool]:
        """Which sentences are gold."""
        return [label == GOLD for label in self.labels]

    @property
    def counted(self) -> list[bool]:
        """Which sentences have a loss: harmless ones have none."""
        return [label != HARMLESS for label in self.labels]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that share a loss: a question's passages, or a statement and its lie.

    With `twins`, the second row is the lie of the first. Groups that are not `labelled` are
    labelled by a teacher alone.
    """

    rows: tuple[Row, ...]
    targets: tuple[Target, ...]
    twins: bool = False
    labelled: bool = True

    @property
    def of_statement(self) -> bool:
        """True if the rows judge a statement rather than answer a question."""
        return self.targets[0].verdict is not None


@dataclass(frozen=True, slots=True)
class Mix:
    """What an epoch is made of: the shares of questions, claims, twins and answers that are drawn.

    Answers are true, and mostly easy to recognise as true: few of them are enough. Without `turns`,
    follow-ups are read without their history.
    """

    questions: float = 1.0
    statements: float = 1.0
    twins: float = 1.0
    answers: float = 1.0
    turns: bool = True
    copied: float = 0.0
    """Share of the questions whose gold sentence is read as a statement, paired with a lie."""
    asked: float = 0.0
    """Share of the yes/no questions that are read as statements."""
    unlabelled: float = 0.0
    """Share of the questions that are also put to another document, for a teacher to label."""
    facts: float = 0.0
    """Share of the facts mentioned in passing that are asked about; half as many are stated."""

    def share_of(self, example: Example) -> float:
        """The share of the examples of this kind that is drawn."""
        if not example.verdict:
            return self.questions
        if example.kind == "answer":
            return self.answers
        return self.twins if example.lie else self.statements


@dataclass(frozen=True, slots=True)
class _Mention:
    """A fact, with its passage and the index of the sentence that states it."""

    fact: Fact
    passage: int
    place: int


class Epochs:
    """Draws the groups of an epoch: other formats of documents and other negatives each time."""

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
                groups.append(self._copy(example, random_))
            if random_.random() < mix.asked and (claim := _asked(example)):
                groups.append(self._statement(claim, random_))
            if random_.random() < mix.unlabelled and not example.verdict:
                groups.append(self._unlabelled(example, random_))
            if random_.random() >= mix.share_of(example):
                continue
            if example.verdict:
                groups.append(self._statement(example, random_))
            else:
                groups.append(self._question(example, random_, turns=mix.turns))
        if mix.facts:
            groups += self._facts(random_, mix.facts)
        groups = [g for g in groups if g.rows]
        random_.shuffle(groups)
        return groups

    def questions(self) -> Iterator[tuple[Example, Group]]:
        """Yield every question with a group of all its readings."""
        for example, *_ in self._forms:
            if not example.verdict:
                yield example, self._read(example, example.readings, example.text)

    def _question(self, example: Example, random_: random.Random, *, turns: bool) -> Group:
        """A question with its gold passages and a negative; with two if nothing answers it."""
        gold, others = example.gold, example.others
        chosen = random_.sample(gold, min(MOST_GOLD, len(gold)))
        size = len(chosen) + 1 if gold else 2
        tempting = [r for r in others if not r.rank]
        if tempting and not gold:
            chosen.append(random_.choice(tempting))
        while others and len(chosen) < size:
            # The higher a passage ranks in the search, the likelier it is read at run time.
            drawn = random_.choices(others, [1 / (1 + (r.rank or 1)) for r in others])[0]
            chosen.append(drawn)
            others = [r for r in others if r is not drawn]
        return self._read(example, chosen, as_typed(example.text, random_), turns=turns)

    def _read(
        self, example: Example, readings: Sequence[Reading], text: str, *, turns: bool = True
    ) -> Group:
        """A question, worded as `text`, with some of its readings."""
        history = [(q, a) for q, a in example.history] if turns else []
        rows = [
            question_row(self._tokenizer, text, history, self._passages[r.passage])
            for r in readings
        ]
        targets = (_target(r.labels, row) for r, row in zip(readings, rows, strict=True))
        return Group(tuple(rows), tuple(targets))

    def _unlabelled(self, example: Example, random_: random.Random) -> Group:
        """A question with the passages of other documents that share most words with it."""
        sampled = random_.sample(list(self._document_of), min(LOOKED_AT, len(self._document_of)))
        foreign = [p for p in sampled if self._document_of[p] != example.document]
        words = set(content_words(example.text))

        def shared(place: int) -> int:
            return len(words.intersection(content_words(" ".join(self._passages[place].sentences))))

        rows = tuple(
            question_row(self._tokenizer, example.text, [], self._passages[place])
            for place in heapq.nlargest(2, foreign, key=shared)
        )
        return Group(rows, tuple(Target(()) for _ in rows), labelled=False)

    def _facts(self, random_: random.Random, share: float) -> Iterator[Group]:
        """Yield questions about facts, given in the text or not, and statements of facts."""
        mentions_of: dict[str, list[_Mention]] = {}
        for passage, document in sorted(self._document_of.items()):
            for place, sentence in enumerate(self._passages[passage].sentences):
                mentions_of.setdefault(document, []).extend(
                    _Mention(fact, passage, place) for fact in facts_of(sentence)
                )
        for document, mentions in mentions_of.items():
            passages = sorted(p for p, d in self._document_of.items() if d == document)
            for mention in mentions:
                other = random_.choice(mentions)
                rate = share if mention.fact.kind == "count" else share * RARE
                if random_.random() < rate:
                    yield self._asked_fact(mention, other, passages, random_)
                if random_.random() < rate * UNTOLD and (
                    absent := self._absent_fact(mention, other)
                ):
                    yield self._asked_fact(absent, other, passages, random_)
                if random_.random() < rate / 2:
                    yield self._stated_fact(mention, [m.fact for m in mentions], random_)

    def _absent_fact(self, mention: _Mention, other: _Mention) -> _Mention | None:
        """A similar fact for which the sentence gives no value; None if none can be made."""
        sentence = self._passages[mention.passage].sentences[mention.place]
        fact = missing(sentence, mention.fact) or crossed(mention.fact, other.fact)
        if not fact or (fact.kind == "count" and fact.thing.lower() in sentence.lower()):
            return None
        return _Mention(fact, mention.passage, mention.place)

    def _asked_fact(
        self, mention: _Mention, other: _Mention, passages: Sequence[int], random_: random.Random
    ) -> Group:
        """A question about a fact, sometimes a follow-up, with its passage and an unrelated one."""
        text = question_of(mention.fact, random_)
        follows_up = random_.random() < TALKING and other.fact.value
        history = [(question_of(other.fact, random_), f"{other.fact.value}.")] if follows_up else []
        labels = self._fact_labels(mention, GOLD if mention.fact.value else OTHER)
        silent = [p for p in passages if not self._mentions(p, mention.fact.head)]
        labelled = [(mention.passage, labels)]
        if silent:
            unrelated = random_.choice(silent)
            labelled.append((unrelated, [OTHER] * len(self._passages[unrelated].sentences)))
        rows = [
            question_row(self._tokenizer, as_typed(text, random_), history, self._passages[p])
            for p, _ in labelled
        ]
        targets = (_target(labels, row) for (_, labels), row in zip(labelled, rows, strict=True))
        return Group(tuple(rows), tuple(targets))

    def _stated_fact(
        self, mention: _Mention, facts: Sequence[Fact], random_: random.Random
    ) -> Group:
        """A fact as a statement, paired with a lie."""
        wrong = changed(mention.fact, facts, random_)
        if wrong is None:
            return Group((), ())
        lie_verdict: Verdict = (
            "contradicted" if wrong.kind in ("count", "price", "year") else "not_supported"
        )
        question = question_of(mention.fact, random_) if random_.random() < 0.3 else ""
        passage, labels = self._passages[mention.passage], self._fact_labels(mention, GOLD)
        rows = tuple(
            statement_row(self._tokenizer, statement_of(fact, random_), question, passage)
            for fact in (mention.fact, wrong)
        )
        targets = (
            _target(labels, rows[0], "supported"),
            _target(labels, rows[1], lie_verdict),
        )
        return Group(rows, targets, twins=True)

    def _fact_labels(self, mention: _Mention, label: int) -> list[int]:
        """`label` for the fact's sentence; if that is gold, others on the thing are harmless."""
        return [
            label if place == mention.place
            else HARMLESS if label == GOLD and mention.fact.head in sentence.lower()
            else OTHER
            for place, sentence in enumerate(self._passages[mention.passage].sentences)
        ]  # fmt: skip

    def _mentions(self, passage: int, head: str) -> bool:
        return any(head in s.lower() for s in self._passages[passage].sentences)

    def _statement(self, example: Example, random_: random.Random) -> Group:
        """A statement with its evidence, and with a lie or a passage that says nothing of it."""
        text, labels = self._evidence(example, random_)
        question = example.question if random_.random() < 0.8 else ""
        verdict: Verdict = example.verdict  # type: ignore[assignment]

        def judged(
            statement: str, passage: PassageText, labels: Sequence[int], verdict: Verdict
        ) -> tuple[Row, Target]:
            row = statement_row(self._tokenizer, statement, question, passage)
            return row, _target(labels, row, verdict)

        pairs = [judged(example.text, text, labels, verdict)]
        lie = Lie(example.lie, "not_supported") if example.lie else None
        changeable = not lie and verdict == "supported" and not as_claimed(example.text)
        if changeable and random_.random() < CHANGED_SHARE:
            lie = lie_of(example.text, text.sentences, random_)
        if lie:
            pairs.append(judged(lie.text, text, labels, lie.verdict))
        elif example.others and random_.random() < ELSEWHERE_SHARE:
            unrelated = self._elsewhere(example.others[:6], random_)
            nothing = [OTHER] * len(unrelated.sentences)
            pairs.append(judged(example.text, unrelated, nothing, "not_found"))
        rows, targets = zip(*pairs, strict=True)
        return Group(rows, targets, twins=lie is not None)

    def _copy(self, example: Example, random_: random.Random) -> Group:
        """A gold sentence of a question as a statement, paired with a lie."""
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
        return self._statement(statement, random_)

    def _evidence(self, example: Example, random_: random.Random) -> tuple[PassageText, list[int]]:
        """The passage that decides a statement, or sentences gathered from several."""
        gold = example.gold
        if len(gold) > 1 or random_.random() < GATHERED_SHARE:
            others = example.others
            drawn = random_.sample(others, min(len(others), random_.randint(0 if gold else 2, 2)))
            bundle = sorted((*gold, *drawn), key=lambda r: r.rank)
            if bundle:
                return self._bundle(bundle, random_)
        near = gold or [r for r in example.readings if not r.rank] or example.readings[:2]
        chosen = random_.choice(near)
        return self._passages[chosen.passage], chosen.labels

    def _elsewhere(self, others: Sequence[Reading], random_: random.Random) -> PassageText:
        """A passage that says nothing about a statement, or sentences gathered from two."""
        if random_.random() < GATHERED_SHARE:
            return self._bundle(random_.sample(others, min(2, len(others))), random_)[0]
        return self._passages[random_.choice(others).passage]

    def _bundle(
        self, readings: Sequence[Reading], random_: random.Random
    ) -> tuple[PassageText, list[int]]:
        """Gather the gold sentences of passages and up to two others of each, with labels."""
        parts, labels = [], []
        for reading in readings:
            places = [i for i, label in enumerate(reading.labels) if label == GOLD]
            others = [i for i in range(len(reading.labels)) if i not in places]
            least = 0 if places else 1
            places += random_.sample(others, min(len(others), random_.randint(least, 2)))
            bundled = sorted(places)[:BUNDLED]
            parts.append((self._passages[reading.passage], bundled))
            labels += [reading.labels[place] for place in bundled]
        return gathered(parts), labels


def _asked(example: Example) -> Example | None:
    """A yes/no question as a statement, with the verdict that its written answer gives, or None."""
    if example.kind == "answer" and as_claimed(example.question):
        verdict = answered(example.text)
        return verdict and replace(example, text=example.question, question="", verdict=verdict)
    if not example.verdict and not example.answerable and as_claimed(example.text):
        return replace(example, verdict="not_found")
    return None


def _is_whole(example: Example) -> bool:
    """Return whether the parsed document has the gold sentences that the example needs."""
    has_gold = bool(example.gold)
    needs_gold = example.verdict in {"supported", "contradicted"} or (
        not example.verdict and example.answerable
    )
    return bool(example.readings) and (has_gold or not needs_gold)


def _target(labels: Sequence[int], row: Row, verdict: Verdict | None = None) -> Target:
    return Target(tuple(labels[: len(row.bounds)]), verdict)
