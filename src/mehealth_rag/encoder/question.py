"""Vectors of questions, of the packaged model by onnxruntime: no torch, for they must be quick."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.encoder.model_files import PACKAGED, file_hash, is_packaged, load_model, model_id
from mehealth_rag.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding, Tokenizer

Vectors: TypeAlias = NDArray[np.float32]
"""Unit vectors, one a row: float32 [n, dimension]."""

CARD = "encoder.json"
"""The file that says how an exported encoder is to be used; written last."""
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"


class Encoder(Protocol):
    """Turns a question into its vector."""

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of `text`, float32 [d]."""


class QuestionEncoder:
    """Vectors of questions from the exported model: onnxruntime and tokenizers, no torch."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> QuestionEncoder:
        """Load the encoder that ingesting wrote to `folder`.

        Raises ModelError when files are missing or are not what was written.
        """
        card = _read_card(folder)
        try:
            path = folder / MODEL
            stat = path.stat()
            touched = (stat.st_size, stat.st_mtime_ns) != (card["size"], card["mtime_ns"])
            intact = not touched or file_hash(path) == card["sha256"]
            found = cls.from_card(folder, card, threads) if intact else None
        except Exception as error:  # tokenizers and onnxruntime raise types of their own
            raise ModelError(_damaged(folder)) from error
        if found is None:
            raise ModelError(_damaged(folder))
        return found

    @classmethod
    def from_card(cls, folder: Path, card: dict[str, Any], threads: int = 2) -> QuestionEncoder:
        """Open the encoder of `folder` as its card describes it, unchecked."""
        import onnxruntime  # only for who asks
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_truncation(card["max_tokens"])
        tokenizer.no_padding()  # questions go one by one: batches change the last bits
        session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )
        return cls(session, tokenizer)

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of `text`, float32 [d]. Safe to call from many threads."""
        _, states = self.read(text)
        vector: Vectors = unit(states.mean(axis=0, keepdims=True))[0]
        return vector

    def read(self, text: str) -> tuple[Encoding, Vectors]:
        """Return the tokens of `text` and their last hidden states, float32 [t, d]."""
        tokens = self._tokenizer.encode(text)
        feed = {"input_ids": np.asarray([tokens.ids], np.int64)}
        states: Vectors = self._session.run(None, feed)[0][0]
        return tokens, states


class TorchQuestionEncoder:
    """Vectors of questions from sentence-transformers: any model but the packaged one."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of `text`, float32 [d]."""
        vector: Vectors = unit(
            np.asarray(self._model.encode_query([text], show_progress_bar=False))
        )[0]
        return vector


def open_question_encoder(models: Path, setting: str = PACKAGED) -> Encoder:
    """Open the question encoder of a model setting, out of the index's `models` folder.

    Raises ModelError when ingesting has not written it, or when it is damaged.
    """
    if is_packaged(setting):
        return QuestionEncoder.load(models / model_id())
    return TorchQuestionEncoder(load_model(setting))


def has_question_encoder(models: Path, model: str) -> bool:
    """Whether a question encoder that loads was exported for the model id."""
    try:
        card = _read_card(models / model)
        if card.get("kind") != "onnx":
            return True
        stat = (models / model / MODEL).stat()
    except (ModelError, OSError):
        return False
    return stat.st_size == card.get("size") and (models / model / TOKENIZER).is_file()


def publish(models: Path, model: str, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Have `write` fill a folder below `models` and return its card; whole or not at all.

    What is there and whole stays. Raises what `write` raises, and OSError.
    """
    target = models / model
    if has_question_encoder(models, model):
        return target
    models.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{model}.", dir=models))
    try:
        card = write(work)
        (work / CARD).write_text(json.dumps({"model": model, **card}, indent=1))
        shutil.rmtree(target, ignore_errors=True)
        work.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def drop_damaged(models: Path, model: str) -> None:
    """Remove the encoder of a model id where its file is not what was written."""
    folder = models / model
    try:
        card = _read_card(folder)
        whole = card.get("kind") != "onnx" or file_hash(folder / MODEL) == card.get("sha256")
    except (ModelError, OSError):
        whole = False
    if not whole:
        shutil.rmtree(folder, ignore_errors=True)


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / CARD).read_text())
    except (OSError, ValueError) as error:
        raise ModelError(_damaged(folder)) from error
    if not isinstance(card, dict):
        raise ModelError(_damaged(folder))
    return card


def _damaged(folder: Path) -> str:
    return f"the question encoder in {folder} is missing or damaged: run: mehealth ingest --rebuild"


def unit(vectors: NDArray[Any]) -> Vectors:
    """Return `vectors` [n, d] with every row scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
