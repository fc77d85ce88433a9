"""What the reader is given: a question or a statement with a passage, as one row of word pieces.

`[CLS] turns and question [SEP] context [SEP] sentence [SEP] sentence [SEP] …`. Training makes its
rows with the same functions, so that a model never meets another form than it was taught.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from mehealth_rag.types import PageOf, Passage, Sentence, Span, Turn

MAX_QUESTION, MAX_TURN, MAX_CONTEXT, MAX_SENTENCE = 64, 24, 48, 128
"""Word pieces of each part; a turn has an earlier question and its answer, so much for each."""

MAX_STATEMENT = 160
"""Word pieces of a statement: the end of a longer one would be taken for carried unread."""

_EMPTY_CELL = re.compile(r"\t(?=\t)")

MAX_TURNS = 2
"""How many earlier turns are read."""

MAX_ROW = 448
"""Word pieces of a row at the most: sentences that would go over it are not read."""


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage as it is read: what stands above it, and its sentences in order."""

    context: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One input row.

    `ids` are word pieces. The first `asked` of them are the question's. `bounds` are the half-open
    ranges of the sentences that fit, each with the separator after it.
    """

    ids: list[int]
    asked: int
    bounds: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """Word pieces of a vocabulary that mean something to the reader.

    `turn` stands before a follow-up's own words, `claim` before a statement.
    """

    first: int
    separator: int
    turn: int
    claim: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Marks:
        """The marks of a BERT or an MPNet vocabulary."""
        mpnet = tokenizer.token_to_id("<s>") is not None
        names = ("<s>", "</s>") if mpnet else ("[CLS]", "[SEP]")
        ids = [tokenizer.token_to_id(name) for name in (*names, "[unused1]", "[unused2]")]
        return cls(*(0 if id_ is None else id_ for id_ in ids))


def readable(passage: Passage) -> tuple[Sentence, ...]:
    """The sentences of a passage that can answer: all but its headings."""
    start = passage.span.start
    own = set(passage.headings)
    return tuple(
        s
        for s in passage.sentences
        if s.kind is not BlockKind.HEADING
        or passage.text[s.span.start - start : s.span.end - start] not in own
    )


def passage_text(passage: Passage, page_text: str = "") -> PassageText:
    """A passage with its title, headings, and what heads its table or introduces its list.

    `page_text` is the text of its page; without it a list's introduction further up is left out.
    """
    sentences = readable(passage)
    heads = [*passage.headings, *passage.table]
    if passage.title not in passage.headings:
        heads.insert(0, passage.title)
    leads = {s.lead for s in sentences if s.lead and s.lead.end <= passage.span.start}
    heads += [lead.of(page_text) for lead in sorted(leads, key=_start) if page_text]
    own = tuple(
        dashed(passage.text[s.span.start - passage.span.start : s.span.end - passage.span.start])
        for s in sentences
    )
    return PassageText(" > ".join(dict.fromkeys(filter(None, heads))), own)


def dashed(text: str) -> str:
    """A row's text with a dash in each cell that is empty: words alone would not show the gap."""
    return _EMPTY_CELL.sub("\t–", text)


def text_of(passage: Passage, page_of: PageOf) -> PassageText:
    """A passage as the reader is given it; `page_of` brings the page that it stands on."""
    return passage_text(passage, page_of(passage.document, passage.page).text)


def gathered(parts: Sequence[tuple[PassageText, Sequence[int]]]) -> PassageText:
    """Some sentences of several passages, by their places, as one text under all contexts."""
    contexts = dict.fromkeys(text.context for text, _ in parts)
    sentences = tuple(text.sentences[place] for text, places in parts for place in places)
    return PassageText(" > ".join(contexts), sentences)


def question_row(
    tokenizer: Tokenizer, question: str, history: Sequence[Turn], text: PassageText
) -> Row:
    """A question, with the turns before it, and a passage."""
    marks = Marks.of(tokenizer)
    asked: list[int] = []
    for earlier, answer in history[-MAX_TURNS:]:
        asked += pieces(tokenizer, earlier)[:MAX_TURN] + pieces(tokenizer, answer)[:MAX_TURN]
        asked.append(marks.turn)
    return _row(tokenizer, asked + pieces(tokenizer, question)[:MAX_QUESTION], text)


def statement_row(tokenizer: Tokenizer, statement: str, question: str, text: PassageText) -> Row:
    """A statement, after the question that it answers if there is one, and a passage."""
    asked = pieces(tokenizer, question)[:MAX_TURN] if question else []
    own = [Marks.of(tokenizer).claim, *pieces(tokenizer, statement)[:MAX_STATEMENT]]
    return _row(tokenizer, asked + own, text)


def pieces(tokenizer: Tokenizer, text: str) -> list[int]:
    """The word pieces of a text, without marks."""
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def inputs(rows: Sequence[Row]) -> dict[str, NDArray[np.generic]]:
    """Rows as padded arrays, named as the model's inputs are.

    `input_ids`, `types` (1 from the context on) and `real` are [n, length]; `asked` [n, length]
    and `pool` [n, sentences, length] are weights that take the mean of the question's and of each
    sentence's states.
    """
    length = max(len(row.ids) for row in rows)
    most = max(len(row.bounds) for row in rows)
    ids, types = (np.zeros((len(rows), length), np.int64) for _ in range(2))
    real, asked = (np.zeros((len(rows), length), np.float32) for _ in range(2))
    pool = np.zeros((len(rows), max(most, 1), length), np.float32)
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
    count = len(ids)
    ids += [*pieces(tokenizer, text.context)[-MAX_CONTEXT:], marks.separator]
    bounds = []
    for sentence in text.sentences:
        own = pieces(tokenizer, sentence)[:MAX_SENTENCE]
        if len(ids) + len(own) >= MAX_ROW:
            break
        bounds.append((len(ids), len(ids) + len(own) + 1))
        ids += [*own, marks.separator]
    return Row(ids, count, bounds)


def _start(span: Span) -> int:
    return span.start
