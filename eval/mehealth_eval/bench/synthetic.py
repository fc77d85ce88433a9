"""A large corpus made of real sentences, and an encoder that derives its vectors from real ones.

The sentences of indexed documents are recombined, always in the same way, into Markdown files.
Those go through the real reader, splitter and index writer; only the model is replaced: a
sentence's vector is the one that the model gave it in its own document, moved a little by the
passage that it stands in now, and a passage's vector is the mean of its sentences'.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.encoder.embedding import Encoder, PassageText, PassageVectors
from mehealth_rag.passages.splitting import MAX_PIECES, estimated_pieces
from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mehealth_rag.index.opened import OpenIndex

    Vectors = NDArray[np.float32]

SEED = 20_000
SECTIONS_A_PAGE = 5
PAGES_A_DOCUMENT = 40
REPLACED = 0.25
"""The share of a passage's sentences that come from elsewhere."""
MOVED = 0.4
"""The length of the step from a sentence's own vector: a cosine of some 0.93 to it."""

_TEXTS, _ROWS = "pool.json", "pool.npy"
_SENTENCE = re.compile(r"[A-Z0-9£$“\"'(][^\n\t*_\[\]|#<>`\\]{38,398}[.!?]")
_HEADING = re.compile(r"[A-Z][^\n\t*_\[\]|#<>`\\]{3,78}")
_BULLET = re.compile(r"^[•–▪*-]\s+")


@dataclass(frozen=True)
class Pool:
    """Real sentences and headings in the order of their documents, and their vectors by text."""

    sentences: tuple[str, ...]
    headings: tuple[str, ...]
    vectors: Mapping[str, Vectors]


def gather(indexes: Iterable[OpenIndex]) -> Pool:
    """The whole sentences and the headings of some indexes."""
    sentences: dict[str, None] = {}
    headings: dict[str, None] = {}
    vectors: dict[str, Vectors] = {}
    for text, kind, vector in (found for index in indexes for found in _each_sentence(index)):
        vectors.setdefault(text, vector)
        if kind is BlockKind.HEADING and _HEADING.fullmatch(text):
            headings[text] = None
        elif kind is BlockKind.PARAGRAPH and _SENTENCE.fullmatch(text):
            sentences[text] = None
        elif kind is BlockKind.ITEM and _SENTENCE.fullmatch(f"{text}."):
            sentences[f"{text}."] = None
            vectors.setdefault(f"{text}.", vector)
    if not sentences:
        raise ValueError("the indexed documents hold no whole sentence")
    return Pool(tuple(sentences), tuple(headings) or ("More about this",), vectors)


def _each_sentence(index: OpenIndex) -> Iterator[tuple[str, BlockKind, Vectors]]:
    for ordinal in range(index.passage_count):
        passage = index.passage(ordinal)
        shift = passage.span.start
        for sentence, vector in zip(
            passage.sentences, index.sentence_vectors(ordinal), strict=True
        ):
            text = passage.text[sentence.span.start - shift : sentence.span.end - shift]
            yield _BULLET.sub("", text), sentence.kind, vector


def write_corpus(pool: Pool, folder: Path, passages: int) -> None:
    """Write Markdown files of about `passages` passages, a section each."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)  # noqa: S311 - the same on every run is the point
    per_document = SECTIONS_A_PAGE * PAGES_A_DOCUMENT
    for number, start in enumerate(range(0, passages, per_document), 1):
        count = min(per_document, passages - start)
        sections = [section(pool, chance) for _ in range(count)]
        pages = [sections[i : i + SECTIONS_A_PAGE] for i in range(0, count, SECTIONS_A_PAGE)]
        text = "\n\f\n".join("\n\n".join(page) for page in pages)
        (folder / f"volume-{number:03}.md").write_text(f"{text}\n", encoding="utf-8")


def section(pool: Pool, chance: random.Random) -> str:
    """A heading and a paragraph of sentences in a row, some of them replaced: one passage."""
    heading = chance.choice(pool.headings)
    room = chance.randint(MAX_PIECES // 2, MAX_PIECES - 10) - estimated_pieces(heading)
    place = chance.randrange(len(pool.sentences))
    chosen: list[str] = []
    while True:
        text = pool.sentences[place % len(pool.sentences)]
        if chance.random() < REPLACED:
            text = chance.choice(pool.sentences)
        room -= estimated_pieces(text)
        if room < 0 and chosen:
            return f"## {heading}\n\n{' '.join(chosen)}"
        chosen.append(text)
        place += 1


def save(pool: Pool, folder: Path) -> None:
    """Write a pool into a folder, for another process."""
    texts = list(pool.vectors)
    whole = {"sentences": pool.sentences, "headings": pool.headings, "texts": texts}
    (folder / _TEXTS).write_text(json.dumps(whole), encoding="utf-8")
    np.save(folder / _ROWS, np.stack([pool.vectors[text] for text in texts]))


def load(folder: Path) -> Pool:
    """Read a pool that was saved; its vectors are mapped from disk."""
    whole = json.loads((folder / _TEXTS).read_text(encoding="utf-8"))
    rows = np.load(folder / _ROWS, mmap_mode="r")
    vectors = {text: rows[i] for i, text in enumerate(whole["texts"])}
    return Pool(tuple(whole["sentences"]), tuple(whole["headings"]), vectors)


class SyntheticEncoder:
    """Stands in for the model while an index of recombined sentences is built.

    With `real`, the first passages go through the model as well, whose memory then counts.
    """

    def __init__(self, pool: Pool, real: Encoder | None = None) -> None:
        self._real = real
        self._vectors = pool.vectors
        self._sentences = pool.sentences
        self.unknown = 0

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """The vectors of each passage, in order."""
        if self._real is not None:
            self._real.encode_passages(batch)
            self._real = None
        found = [self._one(item) for item in batch]
        if progress:
            progress(len(batch))
        return found

    def knows(self, item: PassageText) -> bool:
        """Whether the pool holds every sentence of a passage."""
        return all(_BULLET.sub("", s.of(item.text)) in self._vectors for s in item.sentences)

    def _one(self, item: PassageText) -> PassageVectors:
        own = np.stack([self._known(_BULLET.sub("", s.of(item.text))) for s in item.sentences])
        digest = hashlib.sha256(item.text.encode()).digest()
        step = np.random.default_rng(int.from_bytes(digest[:8])).standard_normal(own.shape[1])
        sentences = _unit(own + (MOVED * step / np.linalg.norm(step)).astype(np.float32))
        return PassageVectors(_unit(sentences.mean(axis=0, keepdims=True))[0], sentences, False)

    def _known(self, text: str) -> Vectors:
        """A sentence's own vector; where it was cut otherwise, that of another one, always it."""
        found = self._vectors.get(text)
        if found is not None:
            return found
        self.unknown += 1
        digest = hashlib.sha256(text.encode()).digest()
        return self._vectors[self._sentences[int.from_bytes(digest[:8]) % len(self._sentences)]]


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
