"""The reader at run time: one ONNX file, read passage by passage, with calibrated probabilities."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.shipped import REINSTALL, ShippedModel
from mehealth_rag.reader.rows import PassageText, inputs, question_row, statement_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Tokenizer

    from mehealth_rag.reader.rows import Row
    from mehealth_rag.types import Turn

MODEL, LOG = "reader.onnx", "log.json"
"""Files of a reader's folder, beside its card and tokenizer."""

FORMS = ("small", "large")
DEFAULT_FORM = "large"
"""What the name `packaged` means."""

THREADS = 2
"""Passages that are read at a time, each by itself on one thread: none depends on another."""

UNREAD = -20.0
"""The logit of a sentence that did not fit into the row: it answers nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a question is answered, with which sentences, and when a statement is judged.

    `answer` is the least probability that any sentence answers. A sentence is chosen whose score
    is at least `sentence` and at least the share `near` of the best one's; at most `most` are.
    Odds fall with the power `by_rank` of the place in the search. `carried` and `denied` are the
    least probabilities of a verdict.
    """

    answer: float = 0.5
    sentence: float = 0.4
    near: float = 0.5
    most: int = 12
    by_rank: float = 0.7
    carried: float = 0.5
    denied: float = 0.5

    def verdict(self, judgement: Judgement) -> str:
        """The verdict of a judgement: carried or denied only where that is likely enough."""
        if judgement.carried >= max(self.carried, judgement.denied):
            return "supported"
        return "contradicted" if judgement.denied >= self.denied else "not_found"


@dataclass(frozen=True, slots=True)
class PassageReading:
    """What a question has in a passage: probabilities that it answers, and that each sentence does.

    A passage answers where it holds at least a part of the answer.
    """

    answers: float
    sentences: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a passage says of a statement: three probabilities that add up to 1.

    `evidence` is each sentence's probability of deciding it.
    """

    carried: float
    denied: float
    untold: float
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Slope and offset that turn a logit into one whose sigmoid is a probability (Platt, 1999)."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, logit: float) -> float:
        """The probability of a logit."""
        return 1 / (1 + math.exp(-max(min(self.slope * logit + self.offset, 60.0), -60.0)))

    def of(self, probability: float) -> float:
        """The probability that belongs to another one, which was not calibrated for this."""
        bounded = min(max(probability, 1e-9), 1 - 1e-9)
        return self.probability(math.log(bounded / (1 - bounded)))


class Reader:
    """Reads questions and statements with passages; safe to use from many threads."""

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, card: dict[str, Any]
    ) -> None:
        self._session, self.tokenizer = session, tokenizer
        self._inputs = {given.name for given in session.get_inputs()}  # MPNet knows no types
        self.name = str(card["name"])
        known = card.get("calibration", {})
        self._sentence = Calibration(**known.get("sentence", {}))
        self._passage = Calibration(**known.get("passage", {}))
        self.limits = Limits(**known.get("limits", {}))
        self.right = Calibration(**known.get("right", {}))
        """From how likely the best sentence answers to how likely the answer is right."""
        self._pool = ThreadPoolExecutor(THREADS, "reader")

    @classmethod
    def load(cls, name: str | Path) -> Reader:
        """Open a packaged form by its name, or the reader of a folder, after checking its hash.

        Raises ModelError when a file is missing, or the model is not what its card describes.
        """
        if name in FORMS:
            with as_file(files("mehealth_rag.reader") / str(name)) as folder:
                return cls._open(folder)
        from pathlib import Path

        return cls._open(Path(name).expanduser())

    @classmethod
    def _open(cls, folder: Path) -> Reader:
        known = ", ".join(FORMS)
        mend = f"set MEHEALTH_READER to {known} or the folder of a reader, or {REINSTALL}"
        return cls(*ShippedModel(folder, MODEL, "the reader", mend).open(threads=1))

    def read(
        self, question: str, history: Sequence[Turn], texts: Sequence[PassageText]
    ) -> list[PassageReading]:
        """What a question, after the turns before it, has in each passage."""
        rows = [question_row(self.tokenizer, question, history, text) for text in texts]
        return [
            PassageReading(
                self._passage.probability(float(passage[0])),
                tuple(self._sentence.probability(x) for x in _all(answers[0], row, text)),
            )
            for (answers, passage, _, _), row, text in zip(
                self.logits(rows), rows, texts, strict=True
            )
        ]

    def judge(
        self, statement: str, texts: Sequence[PassageText], question: str = ""
    ) -> list[Judgement]:
        """What each passage says of a statement; `question` is what it answers, if it does."""
        rows = [statement_row(self.tokenizer, statement, question, text) for text in texts]
        known = Calibration()
        judgements = []
        for (_, _, verdict, evidence), row, text in zip(
            self.logits(rows), rows, texts, strict=True
        ):
            carried, denied, untold = _softmax(verdict[0]).tolist()
            decisive = tuple(known.probability(x) for x in _all(evidence[0], row, text))
            judgements.append(Judgement(carried, denied, untold, decisive))
        return judgements

    def logits(self, rows: Sequence[Row]) -> list[list[NDArray[np.float32]]]:
        """The model's own numbers for each row, before calibration.

        Its k sentences' of answering [1, k], the passage's [1], the three verdicts' [1, 3], its
        sentences' of deciding [1, k].
        """

        def one(row: Row) -> list[NDArray[np.float32]]:
            given = {name: array for name, array in inputs([row]).items() if name in self._inputs}
            found: list[NDArray[np.float32]] = self._session.run(None, given)
            return found

        return list(self._pool.map(one, rows))


def _all(logits: NDArray[np.float32], row: Row, text: PassageText) -> list[float]:
    """A logit for each sentence of the passage, also for those that did not fit."""
    read = [float(x) for x in logits[: len(row.bounds)]]
    return read + [UNREAD] * (len(text.sentences) - len(read))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
