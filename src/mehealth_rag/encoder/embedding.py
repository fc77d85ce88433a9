"""Vectors of passages and their sentences (torch, while ingesting) and of questions (ONNX).

A question never imports torch: ingesting exports the same weights to ONNX beside the index.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.model_files import PACKAGED, file_hash, first_line, load_model, model_id
from mehealth_rag.encoder.question import QuestionEncoder, publish, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from mehealth_rag.encoder.question import Vectors
    from mehealth_rag.types import Span

BATCH = 32
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is embedded of a passage: its text, and its sentences as spans of that text."""

    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """Vectors of one passage: itself float32 [d], its sentences float32 [k, d], all of length 1.

    `truncated` says that the model's window ended before the passage did.
    """

    passage: Vectors
    sentences: Vectors
    truncated: bool


class PassageEncoder:
    """Vectors of passages in bulk, and of their sentences by late pooling.

    A passage goes through the model once; a sentence's vector is the mean of the last hidden
    states of its tokens, so it knows the passage around it.
    """

    def __init__(self, model: SentenceTransformer, setting: str) -> None:
        self._model = model
        self._setting = setting
        self._late = _is_mean_pooled(model)
        self._prompt = _prompt(model, _PASSAGE_PROMPTS)
        self.model_id = model_id(setting)
        self.dimension = int(model.get_embedding_dimension() or 0)

    @classmethod
    def load(cls, setting: str = PACKAGED) -> PassageEncoder:
        """Load the encoder of a model setting. Raises ModelError when it cannot be loaded."""
        return cls(load_model(setting), setting)

    def encode(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order; `progress` gets the number done."""
        order = sorted(range(len(batch)), key=lambda i: -len(batch[i].text))
        found: dict[int, PassageVectors] = {}
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]  # of like length: little padding
            encode = self._pool_late if self._late else self._encode_apart
            found.update(zip(chosen, encode([batch[i] for i in chosen]), strict=True))
            if progress:
                progress(len(chosen))
        return [found[i] for i in range(len(batch))]

    def export(self, models: Path) -> Path:
        """Write the question encoder of this model below `models` and return its folder.

        What is there already stays. Raises OSError where the folder cannot be written.
        """
        return publish(models, self.model_id, self._write)

    def _write(self, folder: Path) -> dict[str, Any]:
        card = self._export_onnx(folder) if self._late else None
        return card or {"kind": "sentence-transformers"}

    def _pool_late(self, batch: list[PassageText]) -> list[PassageVectors]:
        import torch  # 8 s that questions do not pay

        prompt = self._prompt
        tokens = self._model.tokenizer(
            [prompt + item.text for item in batch],
            padding=True,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        offsets = tokens.pop("offset_mapping").numpy() - len(prompt)
        inside = tokens.pop("special_tokens_mask").numpy() == 0
        with torch.inference_mode(), _fast_arithmetic():
            output = self._model(dict(tokens))
        states = output["token_embeddings"].float().numpy()
        passages = unit(output["sentence_embedding"].float().numpy())
        return [
            PassageVectors(
                passage=passages[i],
                sentences=sentence_vectors(
                    item.sentences, states[i], token_spans(offsets[i], inside[i]), passages[i]
                ),
                truncated=bool(tokens.encodings[i].overflowing),
            )
            for i, item in enumerate(batch)
        ]

    def _encode_apart(self, batch: list[PassageText]) -> list[PassageVectors]:
        """For models that do not pool by the mean: each sentence goes through the model alone."""
        texts = [item.text for item in batch]
        parts = [span.of(item.text) for item in batch for span in item.sentences]
        vectors = unit(
            np.asarray(
                self._model.encode(texts + parts, prompt=self._prompt, show_progress_bar=False)
            )
        )
        result, row = [], len(texts)
        for i, item in enumerate(batch):
            count = len(item.sentences)
            result.append(
                PassageVectors(vectors[i], vectors[row : row + count], self._overflows(item.text))
            )
            row += count
        return result

    def _overflows(self, text: str) -> bool:
        window = self._model.max_seq_length
        if not window or not callable(self._model.tokenizer):
            return False
        return len(self._model.tokenizer(self._prompt + text)["input_ids"]) > window

    def _export_onnx(self, folder: Path) -> dict[str, Any] | None:
        """Write model.onnx and tokenizer.json; None where their vectors are not the model's own."""
        model = load_model(self._setting, attention="eager")
        probe = "How many people live in the harbour district, and since when?"
        tokenizer = model.tokenizer
        inputs = tokenizer([probe], return_tensors="pt")
        try:
            _trace(model, dict(inputs), folder / "model.onnx")
        except Exception as error:  # torch raises whatever the tracer met
            warnings.warn(f"questions will use torch: {first_line(error)}", stacklevel=2)
            return None
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
        stat = (folder / "model.onnx").stat()
        card = {
            "kind": "onnx",
            "sha256": file_hash(folder / "model.onnx"),
            "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "max_tokens": model.max_seq_length,
            "prompt": _prompt(model, ("query",)),
            "pooling": "mean",
            "normalise": True,
            "dimension": self.dimension,
        }
        own = unit(np.asarray(model.encode_query([probe], show_progress_bar=False)))
        exported = QuestionEncoder.from_card(folder, card).encode(probe)
        return card if float(own[0] @ exported) > 0.9999 else None


def _prompt(model: SentenceTransformer, names: tuple[str, ...]) -> str:
    """Return the first prompt that is not empty: the library adds empty ones of its own."""
    return next((model.prompts[name] for name in names if model.prompts.get(name)), "") or ""


def _is_mean_pooled(model: SentenceTransformer) -> bool:
    """Whether the model is Transformer, mean Pooling and at most Normalize, with offsets."""
    modules = list(model)
    names = [type(module).__name__ for module in modules]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = modules[1]
    whole = pooling.pooling_mode in ("mean", ("mean",)) and pooling.include_prompt
    return bool(whole and getattr(model.tokenizer, "is_fast", False))


@contextlib.contextmanager
def _fast_arithmetic() -> Iterator[None]:
    """bf16 where the processor computes in it (cosine to fp32 above 0.9999), else fp32."""
    import torch  # 8 s that questions do not pay

    # Asked for by a private name: the public one also says yes where bf16 is only emulated.
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    with torch.autocast("cpu", torch.bfloat16, enabled=bool(has_bf16())):
        yield


def token_spans(offsets: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Start and end of each token in the text [t, 2]; (-1, -1) for special and padding tokens."""
    return np.where(inside[:, None] & (offsets[:, 1:] > offsets[:, :1]), offsets, -1)


def sentence_vectors(
    spans: Sequence[Span], states: Vectors, ends: NDArray[np.int64], passage: Vectors
) -> Vectors:
    """Average the token states of each span [k, d]; the passage's vector where it has none."""
    found = np.tile(passage, (len(spans), 1))
    for row, span in zip(found, spans, strict=True):
        own = (ends[:, 0] < span.end) & (ends[:, 1] > span.start)
        if own.any():
            row[:] = states[own].mean(axis=0)
    return unit(found)


def _trace(model: SentenceTransformer, inputs: dict[str, torch.Tensor], path: Path) -> None:
    """Write the transformer alone (tokens to last hidden states) as ONNX."""
    import torch  # 8 s that questions do not pay

    transformer: Any = model[0].auto_model
    names = list(inputs)

    class LastHiddenState(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            output = self.transformer(**dict(zip(names, tensors, strict=True)))
            states: torch.Tensor = output.last_hidden_state
            return states

    with warnings.catch_warnings(), open(os.devnull, "w") as nowhere:  # noqa: PTH123
        warnings.simplefilter("ignore")  # the tracer's: constant branches, its own deprecation
        with contextlib.redirect_stdout(nowhere):
            torch.onnx.export(
                LastHiddenState(),
                tuple(inputs.values()),
                str(path),
                dynamo=False,
                opset_version=17,
                input_names=names,
                output_names=["last_hidden_state"],
                dynamic_axes={n: {0: "batch", 1: "token"} for n in [*names, "last_hidden_state"]},
            )
