"""Packages the embedding model: `python -m training.encoder`.

Writes `mehealth_rag/encoder/minilm.onnx` with its tokenizer and card; the bytes are the same every
time. `--measure DIR` measures anew the largest absolute value of each input channel of the model's
matrices (`ranges.npz`), on passages and questions of the reader's outside training sets in DIR.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.encoder import minilm
from mehealth_rag.encoder.shipped import CARD, TOKENIZER, file_hashes
from training import bases
from training.graph import write_encoder

RANGES = Path(__file__).with_name("ranges.npz")
PIECES = 256
"""Most tokens that the model reads of a text."""
TEXTS = 400
"""Texts that are read: passages and questions, half each."""
SEED = 7
_WORDS = 120
"""Most words read of a passage, about as many as ours have."""

FORM = "int8.1"
"""Version of the packaged form. Raise it when the bytes change, since vectors of different forms
cannot be compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the model, its tokenizer and its card."""
    parser = argparse.ArgumentParser(prog="python -m training.encoder", description=__doc__)
    parser.add_argument("--output", type=Path, default=minilm.FOLDER, help="folder to write")
    parser.add_argument("--measure", type=Path, metavar="DIR", help="folder with question sets")
    options = parser.parse_args(arguments)
    if options.measure is not None:
        measured = measure(texts(options.measure))
        arrays = {name: np.asarray(widths, np.float16) for name, widths in measured.items()}
        np.savez_compressed(RANGES, **arrays)  # type: ignore[arg-type]
    folder: Path = options.output
    source = bases.folder("small")
    with np.load(RANGES) as ranges:
        write_encoder(source, folder / minilm.MODEL, ranges)
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    text = json.dumps(card(folder / minilm.MODEL), indent=1) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")
    return 0


def card(model: Path) -> dict[str, Any]:
    """The card of a written model file."""
    return {
        "name": bases.MODELS["small"],
        "id": f"{bases.MODELS['small']}-{bases.SHA256['small'][:12]}-{FORM}",
        "purpose": "vectors of passages, of their sentences and of questions",
        "licence": "Apache 2.0",
        "starts_from": {
            **bases.starts_from("small"),
            "model": f"sentence-transformers/{bases.MODELS['small']}",
        },
        "method": {
            "command": "python -m training.encoder",
            "matrices": "8-bit integers, a scale for each column, inputs smoothed by their widths",
            "words": "16-bit floats",
            "rest": "32-bit floats",
        },
        "max_tokens": PIECES,
        **file_hashes(model),
        "bytes": model.stat().st_size,
    }


def texts(folder: Path) -> list[str]:
    """The same sample of passages and questions on every call."""
    from training.outside import load

    items = random.Random(SEED).sample(load(folder), TEXTS // 2)  # noqa: S311 - a sample
    passages = [" ".join(" ".join(item.sentences).split()[:_WORDS]) for item in items]
    return passages + [item.question for item in items]


def measure(passages: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """The largest absolute value of each input channel, by the name of the matrix."""
    import onnx
    import onnxruntime

    tokenizer = bases.tokenizer("small")
    tokenizer.enable_truncation(PIECES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_encoder(bases.folder("small"), path, None)
        graph: Any = onnx.load(str(path))
    inputs = {
        node.input[0]: node.output[0] for node in graph.graph.node if node.op_type == "MatMul"
    }
    for name in inputs:
        shape = ["batch", "token", f"width of {name}"]
        graph.graph.output.append(onnx.helper.make_tensor_value_info(name, 1, shape))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    names = [product.removesuffix(".product") for product in inputs.values()]
    ranges: dict[str, NDArray[np.float32]] = {name: np.zeros(0, np.float32) for name in names}
    for text in passages:
        states = session.run(list(inputs), {"input_ids": [tokenizer.encode(text).ids]})
        for name, state in zip(list(ranges), states, strict=True):
            widths = np.abs(state[0]).max(axis=0)
            ranges[name] = np.maximum(ranges[name], widths) if ranges[name].size else widths
    return ranges


if __name__ == "__main__":
    sys.exit(main())
