"""The reader's input: a question or statement with one passage, as a row of word pieces.

`[CLS] turns and question [SEP] context [SEP] sentence [SEP] sentence [SEP] …`. Training builds its
rows with the same functions, so a model is run on the same format that it was trained on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.types import BlockKind, PageOf, Passage, Sentence, Turn

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_QUESTION, MAX_TURN, MAX_CONTEXT, MAX_SENTENCE = 64, 24, 48, 128
"""Word pieces of each part. A turn is a question and its answer, each with `MAX_TURN`."""

MAX_STATEMENT = 160
"""Word pieces of a statement. More than a question: a cut statement could be supported unread."""

_EMPTY_CELL = re.compile(r"\t(?=\t)")

MAX_TURNS = 2
"""How many earlier turns are read."""

MAX_ROW = 448
"""Word pieces of a row. Sentences beyond it are not read."""


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage as the reader sees it: the context above it, and its sentences in order."""

    context: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One input row.

    `ids` holds the word pieces; the first `asked` of them are the question or statement, from [CLS]
    to its separator. `bounds` holds the half-open ranges of the sentences that fit, each with its
    separator.
    """

    ids: list[int]
    asked: int
    bounds: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """The special tokens of a vocabulary.

    `turn` precedes a follow-up's own words, `claim` a statement.
    """

    first: int
    separator: int
    turn: int
    claim: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Marks:
        """Return the marks of a BERT or MPNet vocabulary; 0 for one that it lacks."""
        mpnet = tokenizer.token_to_id("<s>") is not None
        names = ("<s>", "</s>") if mpnet else ("[CLS]", "[SEP]")
        ids = [tokenizer.token_to_id(name) for name in (*names, "[unused1]", "[unused2]")]
        return cls(*(0 if id_ is None else id_ for id_ in ids))


def readable(passage: Passage) -> tuple[Sentence, ...]:
    """Return the sentences of a passage that can answer: all but its headings."""
    start = passage.span.start
    headings = set(passage.headings)
    return tuple(
        s
        for s in passage.sentences
        if s.kind is not BlockKind.HEADING
        or passage.text[s.span.start - start : s.span.end - start] not in headings
    )


def passage_text(passage: Passage, page_text: str = "") -> PassageText:
    """Return a passage's sentences under its title, headings, table heads and list introductions.

    `page_text` is the text of its page; without it, an introduction further up the page is left
    out.
    """
    sentences = readable(passage)
    heads = [*passage.headings, *passage.table]
    if passage.title not in passage.headings:
        heads.insert(0, passage.title)
    leads = {s.lead for s in sentences if s.lead and s.lead.end <= passage.span.start}
    heads += [lead.of(page_text) for lead in sorted(leads, key=attrgetter("start")) if page_text]
    texts = tuple(
        dashed(passage.text[s.span.start - passage.span.start : s.span.end - passage.span.start])
        for s in sentences
    )
    return PassageText(" > ".join(dict.fromkeys(filter(None, heads))), texts)


def dashed(text: str) -> str:
    """Put a dash into each empty cell of a row: word pieces would not show the gap."""
    return _EMPTY_CELL.sub("\t–", text)


def text_of(passage: Passage, page_of: PageOf) -> PassageText:
    """Return a passage as the reader sees it; `page_of` returns the page it stands on."""
    return passage_text(passage, page_of(passage.document, passage.page).text)


def gathered(parts: Sequence[tuple[PassageText, Sequence[int]]]) -> PassageText:
    """Join the given sentences of several passages into one text, under all their contexts."""
    contexts = dict.fromkeys(text.context for text, _ in parts)
    sentences = tuple(text.sentences[place] for text, places in parts for place in places)
    return PassageText(" > ".join(contexts), sentences)


def question_row(
    tokenizer: Tokenizer, question: str, history: Sequence[Turn], text: PassageText
) -> Row:
    """Build the row of a question, its last turns and a passage."""
    marks = Marks.of(tokenizer)
    asked: list[int] = []
    for earlier, answer in history[-MAX_TURNS:]:
        asked += pieces(tokenizer, earlier)[:MAX_TURN] + pieces(tokenizer, answer)[:MAX_TURN]
        asked.append(marks.turn)
    return _row(tokenizer, asked + pieces(tokenizer, question)[:MAX_QUESTION], text)


def statement_row(tokenizer: Tokenizer, statement: str, question: str, text: PassageText) -> Row:
    """Build the row of a statement, the question that it answers, if any, and a passage."""
    asked = pieces(tokenizer, question)[:MAX_TURN] if question else []
    claim = [Marks.of(tokenizer).claim, *pieces(tokenizer, statement)[:MAX_STATEMENT]]
    return _row(tokenizer, asked + claim, text)


def pieces(tokenizer: Tokenizer, text: str) -> list[int]:
    """Tokenize a text without special tokens."""
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def inputs(rows: Sequence[Row]) -> dict[str, NDArray[np.generic]]:
    """Return rows as padded arrays, named as the model's inputs.

    `input_ids`, `types` (1 from the context on) and `real` (the attention mask) are [n, length].
    `asked` [n, length] and `pool` [n, sentences, length] are weights for the mean of the token
    states of the question and of each sentence.
    """
    length = max(len(row.ids) for row in rows)
    max_sentences = max(len(row.bounds) for row in rows)
    ids, types = (np.zeros((len(rows), length), np.int64) for _ in range(2))
    real, asked = (np.zeros((len(rows), length), np.float32) for _ in range(2))
    pool = np.zeros((len(rows), max(max_sentences, 1), length), np.float32)
    for n, row in enumerate(rows):
        size = len(row.ids)
        ids[n, :size], types[n, row.asked : size], real[n, :size] = row.ids, 1, 1
        asked[n, : row.asked] = 1 / row.asked
        for place, (start, end) in enumerate(row.bounds):
            pool[n, place, start:end] = 1 / (end - start)
    return {"input_ids": ids, "types": types, "real": real, "asked": asked, "pool": pool}


def _row(tokenizer: Tokenizer, asked: list[int], text: PassageText) -> Row:
    marks = Marks.of(tokenizer)
    ids = [marks.first, *asked, marks.separator]
    asked_end = len(ids)
    ids += [*pieces(tokenizer, text.context)[-MAX_CONTEXT:], marks.separator]
    bounds = []
    for sentence in text.sentences:
        tokens = pieces(tokenizer, sentence)[:MAX_SENTENCE]
        if len(ids) + len(tokens) >= MAX_ROW:
            break
        bounds.append((len(ids), len(ids) + len(tokens) + 1))
        ids += [*tokens, marks.separator]
    return Row(ids, asked_end, bounds)
