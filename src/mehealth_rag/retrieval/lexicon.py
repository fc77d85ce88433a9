"""The names that documents go by, and how telling each of their words is.

A document's names are its title, id, file name, metadata and first heading. What makes a word
telling is learnt from the corpus: the fewer titles it stands in and the fewer passages of other
documents use it, the more it tells. So "report" names nothing where every title has it, and a
company is named although no page speaks of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.index.content import IndexedDocument
from mehealth_rag.language.titles import TokenKind, tokens
from mehealth_rag.language.words import FUNCTION_WORDS, stem
from mehealth_rag.types import BlockKind, Passage

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex

COMMON = 0.02
"""A word that this share of the other documents' passages use tells half as much."""

FEW = 2
"""Passages of other documents that may use a word and say nothing of it: a name is mentioned."""

LONGEST = 4
"""Words that a question may write as one ("BestBuy") or by their initials, at the most."""

_METADATA = ("title", "subject", "keywords")
_BATCH = 500
_SHORTEST_INITIALS = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One name of a document (its place in the corpus), without words of grammar."""

    document: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The words `start` up to `end` of a phrase, by its number."""

    phrase: int
    start: int
    end: int


class NameLexicon:
    """The names of an index's documents; learnt when first asked for."""

    def __init__(self, index: OpenIndex) -> None:
        self.documents = index.documents()
        self._index = index
        self._weights: dict[str, float] = {}

    @property
    def has_names(self) -> bool:
        """Whether there is more than one document, so that a name tells anything."""
        return len(self.documents) > 1

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """Every name of every document, in the order of the corpus."""
        first = self._first_headings()
        kinds = frozenset(k for d in self.documents for t in _titles(d) for k in _marks_behind(t))
        found = []
        for place, document in enumerate(self.documents):
            texts = (*_titles(document), first[place])
            names = dict.fromkeys(_name_words(text, kinds) for text in texts)
            found += [Phrase(place, words) for words in names if words]
        return tuple(found)

    @cached_property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """Parts of phrases by how a question may write them: in words, as one, by initials."""
        found: defaultdict[str, dict[Part, None]] = defaultdict(dict)
        for number, phrase in enumerate(self.phrases):
            for start in range(len(phrase.words)):
                for end in range(start + 1, min(start + LONGEST, len(phrase.words)) + 1):
                    for key in _keys(phrase.words[start:end]):
                        found[key][Part(number, start, end)] = None
        return {key: tuple(parts) for key, parts in found.items()}

    @cached_property
    def titled(self) -> Mapping[str, frozenset[int]]:
        """Each word of a name with the documents that go by it."""
        return _inverted((word, p.document) for p in self.phrases for word in p.words)

    @cached_property
    def qualifiers(self) -> Mapping[str, frozenset[int]]:
        """Periods and marks ("2024", "q2", "10q") with the documents whose titles give them."""
        return _inverted(
            (token.text, place)
            for place, document in enumerate(self.documents)
            for title in _titles(document)
            for token in tokens(title)
            if token.kind is not TokenKind.WORD
        )

    def weight(self, word: str) -> float:
        """How telling a word of a name is, from 0 to 1."""
        if word not in self._weights:
            count = len(self.documents)
            titled = self.titled[word]
            rarity = log((count + 1) / len(titled)) / log(count + 1)
            self._weights[word] = rarity / (1 + self._use_elsewhere(word, titled) / COMMON)
        return self._weights[word]

    def _use_elsewhere(self, word: str, titled: frozenset[int]) -> float:
        """The share of passages, of documents that do not go by a word, that use it."""
        own = [self.documents[place] for place in titled]
        others = self._index.passage_count - sum(d.passages for d in own)
        holding = self._index.holding(stem(word))
        inside = sum(_count_within(holding, d) for d in own)
        return max(len(holding) - inside - FEW, 0) / others if others else 0.0

    def _first_headings(self) -> list[str]:
        """The heading that each document begins with, empty where it begins with none."""
        begun = [d.first for d in self.documents if d.passages]
        batches = (begun[i : i + _BATCH] for i in range(0, len(begun), _BATCH))
        passages = [p for batch in batches for p in self._index.passages(batch)]
        headings = {p.document: _opening(p) for p in passages}
        return [headings.get(d.source.id, "") for d in self.documents]


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    """Each text with the documents, by their places, that it came with."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for text, place in pairs:
        found[text].add(place)
    return {text: frozenset(places) for text, places in found.items()}


def _count_within(ordinals: NDArray[np.int64], document: IndexedDocument) -> int:
    """How many of rising ordinals belong to a document."""
    first, end = np.searchsorted(ordinals, (document.first, document.first + document.passages))
    return int(end - first)


def _titles(document: IndexedDocument) -> Iterator[str]:
    source = document.source
    yield source.title
    yield source.id
    if source.path is not None:
        yield source.path.stem
    yield from (document.metadata[key] for key in _METADATA if document.metadata.get(key))


def _marks_behind(title: str) -> Iterator[str]:
    """The marks of a title that do not begin it: they tell a kind of document ("10-K")."""
    return (t.text for t in tokens(title)[1:] if t.kind is TokenKind.MARK)


def _name_words(title: str, kinds: frozenset[str]) -> tuple[str, ...]:
    """The words of a title that can name; of marks only those that are no kinds ("3M")."""
    words = (token.text for token in tokens(title) if not token.kind.is_period)
    return tuple(w for w in words if not w.isdigit() and w not in FUNCTION_WORDS | kinds)


def _keys(words: Sequence[str]) -> Iterator[str]:
    """How a run of words may be written: as one word, and by its initials ("jnj", "j&j")."""
    joined = "".join(words)
    if len(joined) > 1:
        yield joined
    initials = [w[0] for w in words]
    if len(words) >= _SHORTEST_INITIALS:
        yield "".join(initials)
    if len(words) > 1:
        yield from ("&".join(initials), "n".join(initials))


def _opening(passage: Passage) -> str:
    """The heading that a document's first passage stands under or begins with."""
    if passage.headings:
        return passage.headings[0]
    first = passage.sentences[0]
    return first.span.of(passage.text) if first.kind is BlockKind.HEADING else ""
