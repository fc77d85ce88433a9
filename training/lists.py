"""Lists to learn from: one question, a handful of candidate sentences, and which of them answer."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.answering.reader_model import context
from mehealth_rag.language.words import content_words, stem_all
from training.augment import about_another, as_typed, names_in
from training.near_misses import borrowed, narrowed, redacted, thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.data import Item

CANDIDATES = 6
"""Sentences of a list, the right ones included."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The shares of lists that are made otherwise than their set has them.

    `removed`: the answering sentences are taken out. `redacted`: they lose what answers, where that
    can be told, and go where it cannot. `changed`: the question asks of another year or name.
    `borrowed`: somebody else's question is put to the passage, about its own subject. Of the others
    `narrowed` are narrowed to a year, right or wrong; `thinned` is the share of right sentences
    that lose something that is not asked for.
    """

    removed: float = 0.28
    redacted: float = 0.0
    changed: float = 0.08
    borrowed: float = 0.0
    narrowed: float = 0.0
    thinned: float = 0.0


MIXES = {
    "plain": Mix(),
    "near-misses": Mix(0.16, redacted=0.14, changed=0.06, borrowed=0.09, narrowed=0.2, thinned=0.2),
}

HEADING_SHARE = 0.5
"""The share of passages that are given a heading or title, made of their own words."""

LISTED_SHARE = 0.12
"""The share of passages whose sentences are written as the items of a list."""

_BULLETS = ("•", "-", "–", "*", "▪")

_TITLED = 0.5
"""The share of headings that are the name which the passage says most, as a title is."""

_FOUND = 24
_OTHERS = 40


@dataclass(frozen=True, slots=True)
class CandidateList:
    """A question and its candidates as (before, sentence); `right` are the places that answer."""

    question: str
    pairs: tuple[tuple[str, str], ...]
    right: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class _Look:
    """How a passage is set: the heading that it stands under, the mark before each sentence."""

    heading: str
    bullet: str

    def written(self, sentence: str) -> str:
        """A sentence of the passage as it is set."""
        return f"{self.bullet} {sentence.rstrip('.')}" if self.bullet else sentence


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence of the whole set: its passage and its place there."""

    sentences: tuple[str, ...]
    place: int

    @property
    def text(self) -> str:
        return self.sentences[self.place]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, the sentences of its passage, and the places of those that answer."""

    question: str
    sentences: tuple[str, ...]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Known:
    """The names and the questions of the whole set, in order, and what is to be made of them."""

    names: list[str]
    questions: list[str]
    mix: Mix


def build(
    items: Sequence[Item],
    pool: Sequence[Item],
    seed: int,
    size: int = CANDIDATES,
    mix: Mix = MIXES["plain"],
) -> list[CandidateList]:
    """One list of `size` for each item; wrong sentences from elsewhere come of `pool` by BM25."""
    places = _places(pool)
    found = _nearest([item.question for item in items], [p.text for p in places])
    known = _Known(
        sorted({n for item in pool for n in names_in(item.question)}),
        sorted({item.question for item in pool}),
        mix,
    )
    lists = []
    for number, item in enumerate(items):
        chance = random.Random(f"{seed}-{number}-{item.question}")  # noqa: S311 - not a secret
        elsewhere = [places[i] for i in found[number]]
        lists.append(_list(item, elsewhere, known, chance, size))
    return lists


def _list(
    item: Item, elsewhere: list[_Place], known: _Known, chance: random.Random, size: int
) -> CandidateList:
    asked = _asked(item, known, chance)
    sentences = asked.sentences
    own = [_Place(sentences, i) for i in range(len(sentences))]
    chosen = _choose((item, own, set(asked.right)), elsewhere, chance, size)
    chance.shuffle(chosen)
    looks = {p.sentences: _look(p.sentences, chance) for p in chosen}
    pairs = tuple(_pair(p, looks[p.sentences], chance) for p in chosen)
    places = tuple(
        i for i, p in enumerate(chosen) if p.sentences is sentences and p.place in asked.right
    )
    return CandidateList(as_typed(asked.question, chance), pairs, places, item.source)


def _asked(item: Item, known: _Known, chance: random.Random) -> _Asked:
    """The question as it stands, or made one that its passage does not answer."""
    mix = known.mix
    drawn = chance.random()
    whole = _Asked(item.question, item.sentences, frozenset(item.answers))
    for share, change in (
        (mix.removed, _removed),
        (mix.redacted, _redacted),
        (mix.changed, _changed),
        (mix.borrowed, _borrowed),
    ):
        if drawn < share:
            return change(whole, known, chance)
        drawn -= share
    if mix.narrowed and chance.random() < mix.narrowed:
        whole = _narrowed(whole, chance)
    return _thinned(whole, mix.thinned, chance) if mix.thinned else whole


def _removed(asked: _Asked, _: _Known, __: random.Random) -> _Asked:
    kept = tuple(s for i, s in enumerate(asked.sentences) if i not in asked.right)
    return _Asked(asked.question, kept, frozenset())


def _redacted(asked: _Asked, known: _Known, chance: random.Random) -> _Asked:
    """Where what answers can be told it is taken out of its sentences; the others go whole."""
    texts = {i: redacted(asked.question, asked.sentences[i], chance) for i in sorted(asked.right)}
    if not any(texts.values()):
        return _removed(asked, known, chance)
    put = (texts.get(i, s) for i, s in enumerate(asked.sentences))
    return _Asked(asked.question, tuple(s for s in put if s), frozenset())


def _changed(asked: _Asked, known: _Known, chance: random.Random) -> _Asked:
    changed = about_another(asked.question, known.names, chance)
    return replace(asked, question=changed, right=frozenset()) if changed else asked


def _borrowed(asked: _Asked, known: _Known, chance: random.Random) -> _Asked:
    others = chance.sample(known.questions, min(len(known.questions), _OTHERS))
    found = borrowed(asked.sentences, others)
    return replace(asked, question=found, right=frozenset()) if found else asked


def _narrowed(asked: _Asked, chance: random.Random) -> _Asked:
    if len(asked.right) != 1:
        return asked
    found = narrowed(asked.question, asked.sentences[min(asked.right)], chance)
    if found is None:
        return asked
    question, same = found
    return replace(asked, question=question, right=asked.right if same else frozenset())


def _thinned(asked: _Asked, share: float, chance: random.Random) -> _Asked:
    texts = tuple(
        thinned(asked.question, s, chance) if i in asked.right and chance.random() < share else s
        for i, s in enumerate(asked.sentences)
    )
    return replace(asked, sentences=texts)


def _choose(
    asked: tuple[Item, list[_Place], set[int]],
    elsewhere: list[_Place],
    chance: random.Random,
    size: int,
) -> list[_Place]:
    """The right sentences, the most tempting wrong ones of the passage, and some from elsewhere."""
    item, own, right = asked
    chosen = [p for p in own if p.place in right][:3]
    wanted = set(stem_all(content_words(item.question)))
    wrong = [p for p in own if p.place not in right]
    wrong.sort(key=lambda p: -len(wanted & set(stem_all(content_words(p.text)))) - chance.random())
    tempting = size // 2
    inside = wrong[:tempting] + chance.sample(wrong[tempting:], min(1, len(wrong[tempting:])))
    known = set(item.sentences)
    outside = [p for p in elsewhere if p.text not in known][: 2 * size - 2]
    outside = chance.sample(outside, min(len(outside), size))
    room = size - len(chosen)
    share = min(len(inside), chance.choice([room // 2, room // 2 + 1, room - 1]))
    chosen += inside[:share]
    chosen += outside[: size - len(chosen)]
    return chosen


def _pair(place: _Place, look: _Look, chance: random.Random) -> tuple[str, str]:
    """What a sentence stands under and after, and the sentence, as its passage is set."""
    before = look.written(place.sentences[place.place - 1]) if place.place else ""
    if chance.random() < 0.1:
        before = ""
    return context(look.heading, before), look.written(place.text)


def _look(sentences: tuple[str, ...], chance: random.Random) -> _Look:
    bullet = chance.choice(_BULLETS) if chance.random() < LISTED_SHARE else ""
    return _Look(_heading(sentences, chance), bullet)


def _heading(sentences: tuple[str, ...], chance: random.Random) -> str:
    """The name that a passage says most, or some of its words as a heading; often none."""
    if chance.random() > HEADING_SHARE:
        return ""
    if chance.random() < _TITLED:
        names = Counter(name for sentence in sentences for name in names_in(sentence))
        if names:
            return names.most_common(1)[0][0]
    words = content_words(chance.choice(sentences))
    size = chance.randint(2, 4)
    start = chance.randrange(max(1, len(words) - size))
    return " ".join(words[start : start + size]).capitalize()


def _places(pool: Sequence[Item]) -> list[_Place]:
    seen: dict[str, _Place] = {}
    for item in pool:
        for i, text in enumerate(item.sentences):
            seen.setdefault(text, _Place(item.sentences, i))
    return list(seen.values())


def _nearest(questions: Sequence[str], texts: Sequence[str]) -> np.ndarray[Any, Any]:
    """The places of the sentences that share most words with each question [questions, found]."""
    import bm25s

    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index([_stems(t) for t in texts], show_progress=False)
    asked = [_stems(q) for q in questions]
    found, _ = index.retrieve(asked, k=min(_FOUND, len(texts)), show_progress=False)
    return np.asarray(found)


def _stems(text: str) -> list[str]:
    return stem_all(content_words(text)) or [""]
