"""How wide the embedding model's channels run: `python -m training.ranges --data DIR`.

Reads passages and questions of the reader's training sets (`DIR/reader`) through the model in fp32
and writes, for each of its matrices, the largest value that each input channel took
(`mehealth_rag/encoder/ranges.npz`), with the vector of a probe to check an 8-bit form against.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.graph import OUTPUT, matrix_names, write_encoder
from mehealth_rag.encoder.model_files import model_folder
from mehealth_rag.encoder.onnx_embedding import PROBE, RANGES
from mehealth_rag.encoder.question import unit
from training.outside import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TEXTS = 400
"""Passages and questions, half of each."""
SEED = 7
_PIECES = 256
_WORDS = 120
"""Of a passage at the most: about what ours have."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the file."""
    parser = argparse.ArgumentParser(prog="python -m training.ranges", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    options = parser.parse_args(arguments)
    found, probe = measure(texts(options.data / "reader"))
    kept = {name: np.asarray(widths, np.float16) for name, widths in found.items()}
    np.savez_compressed(RANGES, probe=probe, **kept)  # type: ignore[arg-type]
    print(f"{RANGES}: {RANGES.stat().st_size:,} bytes")
    return 0


def texts(folder: Path) -> list[str]:
    """Passages and questions, drawn always the same."""
    items = random.Random(SEED).sample(load(folder), TEXTS // 2)  # noqa: S311 - a sample
    passages = [" ".join(" ".join(item.sentences).split()[:_WORDS]) for item in items]
    return passages + [item.question for item in items]


def measure(passages: Sequence[str]) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    """The width of each matrix's input channels, and the probe's vector."""
    import onnx
    import onnxruntime
    from tokenizers import Tokenizer

    model = model_folder()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(_PIECES)
    tokenizer.no_padding()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_encoder(model, path, None)
        graph: Any = onnx.load(str(path))
    inputs = {
        node.input[0]: node.output[0] for node in graph.graph.node if node.op_type == "MatMul"
    }
    for name in inputs:
        shape = ["batch", "token", f"width of {name}"]
        graph.graph.output.append(onnx.helper.make_tensor_value_info(name, 1, shape))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    names = [product.removesuffix(".product") for product in inputs.values()]
    found: dict[str, NDArray[np.float32]] = {name: np.zeros(0, np.float32) for name in names}
    for text in passages:
        states = session.run(list(inputs), {"input_ids": [tokenizer.encode(text).ids]})
        for name, state in zip(list(found), states, strict=True):
            widths = np.abs(state[0]).max(axis=0)
            found[name] = np.maximum(found[name], widths) if found[name].size else widths
    layers = len(found) // 4
    states = session.run([OUTPUT], {"input_ids": [tokenizer.encode(PROBE).ids]})
    return {name: found[name] for name in matrix_names(layers)}, unit(states[0].mean(axis=1))[0]


if __name__ == "__main__":
    sys.exit(main())
