"""The reader: a small cross-encoder that scores how well a sentence answers a question.

It runs on onnxruntime and tokenizers alone. Its input is one row of word pieces,
`[CLS] question [SEP] before [SEP] sentence [SEP]`, the sentence alone with token type 1; training
makes its rows with the same functions (`encode`, `context`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.errors import ModelError
from mehealth_rag.model_files import file_hash, first_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Tokenizer

Scores: TypeAlias = NDArray[np.float32]
"""Logits [n, 2]: how well each sentence answers, and whether it shows that its text answers."""

CARD = "card.json"
MODEL = "reader.int8.onnx"
TOKENIZER = "tokenizer.json"

MAX_QUESTION, MAX_BEFORE, MAX_SENTENCE = 40, 36, 80
"""Word pieces of each part; with the four marks a row has at most 160."""

AT_ONCE = 4
"""Rows of about one length that are scored together: padding costs as much as words do."""

_HEADING_WORDS, _BEFORE_WORDS = 10, 24


@dataclass(frozen=True, slots=True)
class Row:
    """One input row: word-piece ids and their token types."""

    ids: list[int]
    types: list[int]


def context(heading: str, before: str) -> str:
    """What a sentence stands under and after, in the form that the reader has learnt.

    `heading` is the nearest heading or title, `before` the sentence before it or the words that
    introduce its list; both may be empty.
    """
    head = " ".join(heading.split()[:_HEADING_WORDS])
    lead = " ".join(before.split()[-_BEFORE_WORDS:])
    return f"{head}: {lead}" if head and lead else head or lead


def encode(tokenizer: Tokenizer, question: str, pairs: Sequence[tuple[str, str]]) -> list[Row]:
    """The input rows of one question with each (before, sentence)."""
    first, last = _marks(tokenizer)
    asked = [first, *_pieces(tokenizer, question)[:MAX_QUESTION], last]
    rows = []
    for before, sentence in pairs:
        lead = [*_pieces(tokenizer, before)[-MAX_BEFORE:], last]
        own = [*_pieces(tokenizer, sentence)[:MAX_SENTENCE], last]
        types = [0] * (len(asked) + len(lead)) + [1] * len(own)
        rows.append(Row([*asked, *lead, *own], types))
    return rows


def padded(rows: Sequence[Row]) -> dict[str, NDArray[np.int64]]:
    """Rows of one length as arrays [n, longest], named as the model's inputs are."""
    longest = max(len(row.ids) for row in rows)
    names = ("input_ids", "attention_mask", "token_type_ids")
    arrays = {name: np.zeros((len(rows), longest), dtype=np.int64) for name in names}
    for number, row in enumerate(rows):
        arrays["input_ids"][number, : len(row.ids)] = row.ids
        arrays["attention_mask"][number, : len(row.ids)] = 1
        arrays["token_type_ids"][number, : len(row.ids)] = row.types
    return arrays


class Reader:
    """Scores sentences; safe to call from many threads."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path | None = None, threads: int = 2) -> Reader:
        """Open the packaged reader, or the one of `folder`, after checking its hash.

        Raises:
            ModelError: a file is missing, or the model is not the one that its card describes.
        """
        if folder is not None:
            return cls._open(folder, threads)
        with as_file(files("mehealth_rag.answering") / "reader") as packaged:
            return cls._open(packaged, threads)

    @classmethod
    def _open(cls, folder: Path, threads: int) -> Reader:
        import onnxruntime
        from tokenizers import Tokenizer

        path = folder / MODEL
        expected = str(read_card(folder).get("sha256", ""))
        try:
            found = file_hash(path)
        except OSError as error:
            raise ModelError(_damaged(folder, first_line(error))) from error
        if found != expected:
            raise ModelError(_damaged(folder, f"SHA-256 {found[:12]}…, expected {expected[:12]}…"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A thread that waits by spinning keeps the other core from whoever else needs it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(_damaged(folder, first_line(error))) from error
        return cls(session, plain_tokenizer(tokenizer))

    def scores(self, question: str, pairs: Sequence[tuple[str, str]]) -> Scores:
        """The logits [n, 2] of each (before, sentence); make `before` with `context`."""
        if not pairs:
            return np.zeros((0, 2), dtype=np.float32)
        rows = encode(self._tokenizer, question, pairs)
        scores = np.zeros((len(rows), 2), dtype=np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
        for start in range(0, len(order), AT_ONCE):
            batch = order[start : start + AT_ONCE]
            (logits,) = self._session.run(None, padded([rows[i] for i in batch]))
            scores[batch] = logits
        return scores


def plain_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer without padding and truncation: rows are put together here."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def read_card(folder: Path) -> dict[str, Any]:
    """The model card of a reader's folder. Raises ModelError when there is none."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(_damaged(folder, first_line(error))) from error
    if not isinstance(card, dict):
        raise ModelError(_damaged(folder, f"{CARD} holds no object"))
    return card


def _pieces(tokenizer: Tokenizer, text: str) -> list[int]:
    pieces: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return pieces


def _marks(tokenizer: Tokenizer) -> tuple[int, int]:
    return int(tokenizer.token_to_id("[CLS]") or 0), int(tokenizer.token_to_id("[SEP]") or 0)


def _damaged(folder: Path, reason: str) -> str:
    return f"the reader in {folder} cannot be used ({reason}): reinstall mehealth-rag"
