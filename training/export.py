"""From a trained model to the packaged form: ONNX, int8 weights, tokenizer and card."""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mehealth_rag.answering.reader_model import CARD, MODEL, TOKENIZER, Reader, padded
from mehealth_rag.model_files import file_hash
from training.model import CrossEncoder, score
from training.smoothing import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

    from mehealth_rag.answering.reader_model import Row
    from training.lists import CandidateList

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(
    model: CrossEncoder, tokenizer: Tokenizer, probes: Sequence[Sequence[Row]], folder: Path
) -> None:
    """Write the int8 model and the tokenizer to `folder`.

    `probes` are lists of rows to trace with, and to see how wide the model's channels run.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        whole, ready, even = (Path(name) / f"{x}.onnx" for x in ("whole", "ready", "even"))
        _trace(model.eval(), probes[0], whole)
        quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
        smooth(ready, [padded(rows) for rows in probes], even)
        # Weights of seven bits: processors without VNNI would overflow on eight.
        quantize_dynamic(
            str(even), str(folder / MODEL), weight_type=QuantType.QInt8,
            per_channel=True, reduce_range=True,
        )  # fmt: skip
    tokenizer.save(str(folder / TOKENIZER), pretty=False)


def agreement(
    model: CrossEncoder,
    reader: Reader,
    rows: Sequence[Sequence[Row]],
    lists: Sequence[CandidateList],
) -> dict[str, float]:
    """How far the packaged scores agree with the trained model's, list by list."""
    same, orders, apart = [], [], []
    for item, own in zip(lists, rows, strict=True):
        with torch.no_grad():
            wanted = score(model.eval(), own).numpy()
        found = reader.scores(item.question, item.pairs)
        same.append(float(wanted[:, 0].argmax() == found[:, 0].argmax()))
        orders.append(_rank_correlation(wanted[:, 0], found[:, 0]))
        apart.append(float(np.abs(wanted - found).max()))
    return {
        "same_best": round(float(np.mean(same)), 4),
        "rank_correlation": round(float(np.mean(orders)), 4),
        "largest_difference": round(float(np.mean(apart)), 4),
    }


def write_card(folder: Path, facts: dict[str, Any]) -> None:
    """Write the card: the facts given and what can be read off the files."""
    path = folder / MODEL
    card = {**facts, "sha256": file_hash(path), "bytes": path.stat().st_size}
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")


def _trace(model: CrossEncoder, probe: Sequence[Row], path: Path) -> None:
    model.low_precision = False  # the graph is written in fp32
    arrays = {name: torch.from_numpy(a) for name, a in padded(probe).items()}
    both = {0: "rows", 1: "length"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns of its age
        torch.onnx.export(
            model,
            tuple(arrays[name] for name in INPUTS),
            str(path),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes={**dict.fromkeys(INPUTS, both), "logits": {0: "rows"}},
            opset_version=17,
            dynamo=False,
        )


def _rank_correlation(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    ranks = np.stack([np.argsort(np.argsort(x)) for x in (one, other)]).astype(np.float64)
    return float(np.asarray(np.corrcoef(ranks))[0, 1])
