"""The reader at run time: an ONNX model that scores passages one by one, and its calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.encoder.shipped import REINSTALL, ShippedModel
from mehealth_rag.reader.regression import VerdictRegression
from mehealth_rag.reader.rows import PassageText, Row, inputs, question_row, statement_row
from mehealth_rag.types import Turn

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Tokenizer

MODEL, LOG = "reader.onnx", "log.json"
"""Files in a reader's folder, next to its card and tokenizer."""

FORMS = ("small", "large")
DEFAULT_FORM = "large"
"""The form that the setting `packaged` stands for."""

THREADS = 2
"""Passages read in parallel, each on one thread: they do not depend on each other."""

UNREAD = -20.0
"""The logit of a sentence that did not fit into the row: its probability is about 0."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for answering a question and for judging a statement.

    A question is answered if the likeliest passage answers with at least probability `answer`. A
    sentence is chosen if its score is at least `sentence` and at least `near` times the best score;
    at most `most` are chosen. A sentence's odds are divided by its passage's retrieval rank to the
    power `by_rank`. `carried` and `denied` are the least probabilities for "supported" and
    "contradicted".
    """

    answer: float = 0.5
    sentence: float = 0.4
    near: float = 0.5
    most: int = 12
    by_rank: float = 0.7
    carried: float = 0.5
    denied: float = 0.5

    def verdict(self, judgement: Judgement) -> str:
        """Return the verdict for a judgement, "not_found" if neither threshold is met."""
        if judgement.carried >= max(self.carried, judgement.denied):
            return "supported"
        is_denied = judgement.denied >= max(self.denied, judgement.carried)
        return "contradicted" if is_denied else "not_found"


@dataclass(frozen=True, slots=True)
class PassageReading:
    """The probabilities that a passage answers a question, and that each of its sentences does.

    A passage answers if it holds at least part of the answer.
    """

    answers: float
    sentences: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a passage relates to a statement: three probabilities that add up to 1.

    The passage entails the statement (`carried`), contradicts it (`denied`) or says neither
    (`untold`). `evidence` is each sentence's probability of deciding that.
    """

    carried: float
    denied: float
    untold: float
    evidence: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling (Platt, 1999): slope and offset applied to a logit before the sigmoid."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, logit: float) -> float:
        """Return the calibrated probability of a logit, clamped to ±60 against overflow."""
        return 1 / (1 + math.exp(-max(min(self.slope * logit + self.offset, 60.0), -60.0)))

    def of(self, probability: float) -> float:
        """Calibrate a probability instead of a logit."""
        clamped = min(max(probability, 1e-9), 1 - 1e-9)
        return self.probability(math.log(clamped / (1 - clamped)))


class Reader:
    """Scores passages for questions and statements. Safe to use from many threads."""

    def __init__(
        self, session: InferenceSession, tokenizer: Tokenizer, card: dict[str, Any]
    ) -> None:
        self._session, self.tokenizer = session, tokenizer
        self._inputs = {node.name for node in session.get_inputs()}  # MPNet has no token types
        self.name = str(card["name"])
        calibration = card.get("calibration", {})
        self._sentence = Calibration(**calibration.get("sentence", {}))
        self._passage = Calibration(**calibration.get("passage", {}))
        self.limits = Limits(**calibration.get("limits", {}))
        self.right = Calibration(**calibration.get("right", {}))
        """Maps the best sentence's probability of answering to the answer's of being right."""
        self.verdicts = VerdictRegression(**calibration.get("verdicts", {}))
        self._pool = ThreadPoolExecutor(THREADS, "reader")

    @classmethod
    def load(cls, name: str | Path) -> Reader:
        """Load a packaged form by its name, or the reader in a folder, and check its hash.

        Raises ModelError if a file is missing or the model does not match its card.
        """
        if name in FORMS:
            with as_file(files("mehealth_rag.reader") / str(name)) as folder:
                return cls._open(folder)
        from pathlib import Path

        return cls._open(Path(name).expanduser())

    @classmethod
    def _open(cls, folder: Path) -> Reader:
        forms = ", ".join(FORMS)
        mend = f"set MEHEALTH_READER to {forms} or the folder of a reader, or {REINSTALL}"
        return cls(*ShippedModel(folder, MODEL, "the reader", mend).open(threads=1))

    def read(
        self, question: str, history: Sequence[Turn], texts: Sequence[PassageText]
    ) -> list[PassageReading]:
        """Return one reading per passage for a question asked after the turns in `history`."""
        rows = [question_row(self.tokenizer, question, history, text) for text in texts]
        return [
            PassageReading(
                self._passage.probability(float(passage[0])),
                tuple(self._sentence.probability(x) for x in _padded(answers[0], row, text)),
            )
            for (answers, passage, _, _), row, text in zip(
                self.logits(rows), rows, texts, strict=True
            )
        ]

    def judge(
        self, statement: str, texts: Sequence[PassageText], question: str = ""
    ) -> list[Judgement]:
        """Judge a statement by each passage in turn; `question` is what it answers, if anything."""
        rows = [statement_row(self.tokenizer, statement, question, text) for text in texts]
        uncalibrated = Calibration()
        judgements = []
        for (_, _, verdict, evidence), row, text in zip(
            self.logits(rows), rows, texts, strict=True
        ):
            carried, denied, untold = _softmax(verdict[0]).tolist()
            deciding = tuple(uncalibrated.probability(x) for x in _padded(evidence[0], row, text))
            judgements.append(Judgement(carried, denied, untold, deciding))
        return judgements

    def logits(self, rows: Sequence[Row]) -> list[list[NDArray[np.float32]]]:
        """Return the model's raw outputs for each row, before calibration.

        For a row of k sentences these are four arrays: whether each sentence answers [1, k],
        whether the passage does [1], the three verdicts [1, 3], and whether each sentence decides
        the verdict [1, k].
        """

        def run(row: Row) -> list[NDArray[np.float32]]:
            feed = {name: array for name, array in inputs([row]).items() if name in self._inputs}
            outputs: list[NDArray[np.float32]] = self._session.run(None, feed)
            return outputs

        return list(self._pool.map(run, rows))


def _padded(logits: NDArray[np.float32], row: Row, text: PassageText) -> list[float]:
    """Return one logit per sentence of the passage, `UNREAD` for those that did not fit."""
    read = [float(x) for x in logits[: len(row.bounds)]]
    return read + [UNREAD] * (len(text.sentences) - len(read))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    exponentials = np.exp(logits.astype(np.float64) - logits.max())
    shares: NDArray[np.float64] = exponentials / exponentials.sum()
    return shares
