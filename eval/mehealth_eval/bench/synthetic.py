"""Builds a large corpus of real sentences, recombined into Markdown files, the same every time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mehealth_rag.corpus import load_sources, present
from mehealth_rag.passages.splitting import MAX_PIECES, estimated_pieces, split
from mehealth_rag.reading import read_document
from mehealth_rag.types import BlockKind

SEED = 20_000
SECTIONS_A_PAGE = 5
PAGES_A_DOCUMENT = 40
REPLACED = 0.25
"""Share of a passage's sentences that come from elsewhere."""

_SENTENCE = re.compile(r"[A-Z0-9£$“\"'(][^\n\t*_\[\]|#<>`\\]{38,398}[.!?]")
_HEADING = re.compile(r"[A-Z][^\n\t*_\[\]|#<>`\\]{3,78}")
_BULLET = re.compile(r"^[•–▪*-]\s+")


@dataclass(frozen=True, slots=True)
class Pool:
    """Real sentences and headings, in document order."""

    sentences: tuple[str, ...]
    headings: tuple[str, ...]


def gather(corpora: Iterable[Path]) -> Pool:
    """Collect the complete sentences and the headings of some corpora.

    Raises:
        ValueError: there are no complete sentences.
    """
    sentences: dict[str, None] = {}
    headings: dict[str, None] = {}
    for kind, text in (pair for corpus in corpora for pair in _each_sentence(corpus)):
        if kind is BlockKind.HEADING and _HEADING.fullmatch(text):
            headings[text] = None
        elif kind is BlockKind.PARAGRAPH and _SENTENCE.fullmatch(text):
            sentences[text] = None
        elif kind is BlockKind.ITEM and _SENTENCE.fullmatch(f"{text}."):
            sentences[f"{text}."] = None
    if not sentences:
        raise ValueError("the documents hold no whole sentence")
    return Pool(tuple(sentences), tuple(headings) or ("More about this",))


def _each_sentence(corpus: Path) -> Iterator[tuple[BlockKind, str]]:
    for source in present(load_sources(corpus)):
        for passage in split(read_document(source)):
            shift = passage.span.start
            for sentence in passage.sentences:
                text = passage.text[sentence.span.start - shift : sentence.span.end - shift]
                yield sentence.kind, _BULLET.sub("", text)


def write_corpus(pool: Pool, folder: Path, passages: int) -> None:
    """Write Markdown files of `passages` passages in all, one section each."""
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
    """A heading and a paragraph of consecutive sentences, some of them replaced: one passage."""
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
