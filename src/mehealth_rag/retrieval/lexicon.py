"""The names of documents, and how distinctive each word of a name is.

A document's names are its title, id, file name, metadata and first heading. Weights are computed
from the corpus: a word is distinctive if few titles contain it and few passages of other documents
use it. So "report" names nothing if every title has it, and a company is recognised even if no page
mentions it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.index.content import IndexedDocument
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.titles import TokenKind, tokens
from mehealth_rag.language.words import FUNCTION_WORDS, stem
from mehealth_rag.types import BlockKind, Passage

COMMON = 0.02
"""A word used by this share of the other documents' passages has half its weight."""

FEW = 2
"""Passages of other documents that may use a word without lowering its weight: they may mention the
name."""

LONGEST = 4
"""The most words that a question may write as one ("BestBuy") or as initials."""

_METADATA = ("title", "subject", "keywords")
_BATCH = 500
_SHORTEST_INITIALS = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One name of a document, given by its index in the corpus, without function words."""

    document: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The words `start` to `end` (exclusive) of a phrase, given by its index."""

    phrase: int
    start: int
    end: int


class NameLexicon:
    """The names of an index's documents, computed on first use."""

    def __init__(self, index: OpenIndex) -> None:
        self.documents = index.documents()
        self._index = index
        self._weights: dict[str, float] = {}

    @property
    def has_names(self) -> bool:
        """Whether names can tell documents apart: there is more than one."""
        return len(self.documents) > 1

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """All names of all documents, in corpus order."""
        headings = self._first_headings()
        kinds = frozenset(k for d in self.documents for t in _titles(d) for k in _marks_behind(t))
        phrases = []
        for place, document in enumerate(self.documents):
            texts = (*_titles(document), headings[place])
            names = dict.fromkeys(_name_words(text, kinds) for text in texts)
            phrases += [Phrase(place, words) for words in names if words]
        return tuple(phrases)

    @cached_property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """The parts of phrases by how a question may write them: words, joined or initials."""
        by_key: defaultdict[str, dict[Part, None]] = defaultdict(dict)
        for number, phrase in enumerate(self.phrases):
            for start in range(len(phrase.words)):
                for end in range(start + 1, min(start + LONGEST, len(phrase.words)) + 1):
                    for key in _keys(phrase.words[start:end]):
                        by_key[key][Part(number, start, end)] = None
        return {key: tuple(parts) for key, parts in by_key.items()}

    @cached_property
    def titled(self) -> Mapping[str, frozenset[int]]:
        """The documents whose names contain each word."""
        return _inverted((word, p.document) for p in self.phrases for word in p.words)

    @cached_property
    def qualifiers(self) -> Mapping[str, frozenset[int]]:
        """The documents whose titles contain each period or mark ("2024", "q2", "10q")."""
        return _inverted(
            (token.text, place)
            for place, document in enumerate(self.documents)
            for title in _titles(document)
            for token in tokens(title)
            if token.kind is not TokenKind.WORD
        )

    def weight(self, word: str) -> float:
        """Return how distinctive a word of a name is, from 0 to 1."""
        if word not in self._weights:
            count = len(self.documents)
            titled = self.titled[word]
            rarity = log((count + 1) / len(titled)) / log(count + 1)
            self._weights[word] = rarity / (1 + self._use_elsewhere(word, titled) / COMMON)
        return self._weights[word]

    def _use_elsewhere(self, word: str, titled: frozenset[int]) -> float:
        """Among documents whose names lack a word, return the share of passages that use it."""
        named = [self.documents[place] for place in titled]
        other_passages = self._index.passage_count - sum(d.passages for d in named)
        ordinals = self._index.holding(stem(word))
        in_named = sum(_count_within(ordinals, d) for d in named)
        return max(len(ordinals) - in_named - FEW, 0) / other_passages if other_passages else 0.0

    def _first_headings(self) -> list[str]:
        """Return each document's opening heading, empty if it has none."""
        firsts = [d.first for d in self.documents if d.passages]
        batches = (firsts[i : i + _BATCH] for i in range(0, len(firsts), _BATCH))
        passages = [p for batch in batches for p in self._index.passages(batch)]
        headings = {p.document: _opening(p) for p in passages}
        return [headings.get(d.source.id, "") for d in self.documents]


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    """Group document indices by text."""
    index: defaultdict[str, set[int]] = defaultdict(set)
    for text, place in pairs:
        index[text].add(place)
    return {text: frozenset(places) for text, places in index.items()}


def _count_within(ordinals: NDArray[np.int64], document: IndexedDocument) -> int:
    """Count the ordinals, given in rising order, that belong to a document."""
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
    """Yield a title's marks other than its first word: they state the kind of document ("10-K")."""
    return (t.text for t in tokens(title)[1:] if t.kind is TokenKind.MARK)


def _name_words(title: str, kinds: frozenset[str]) -> tuple[str, ...]:
    """Return the words of a title that can name it, and those marks that are not kinds ("3M")."""
    words = (token.text for token in tokens(title) if not token.kind.is_period)
    return tuple(w for w in words if not w.isdigit() and w not in FUNCTION_WORDS | kinds)


def _keys(words: Sequence[str]) -> Iterator[str]:
    """Yield how a question may write a run of words: joined, or as initials ("jnj", "j&j")."""
    joined = "".join(words)
    if len(joined) > 1:
        yield joined
    initials = [w[0] for w in words]
    if len(words) >= _SHORTEST_INITIALS:
        yield "".join(initials)
    if len(words) > 1:
        yield from ("&".join(initials), "n".join(initials))


def _opening(passage: Passage) -> str:
    """Return the heading that a document's first passage stands under or begins with."""
    if passage.headings:
        return passage.headings[0]
    first = passage.sentences[0]
    return first.span.of(passage.text) if first.kind is BlockKind.HEADING else ""
