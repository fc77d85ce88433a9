"""How wide the embedding model's channels run: `python -m training.ranges --data DIR`.

Reads passages and questions of the reader's training sets (`DIR/reader`) through the model in fp32
and writes, for each of its matrices, the largest value that each input channel took
(`ranges.npz`, of which `training.encoder` makes the packaged form).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training import bases
from training.graph import matrix_names, write_encoder
from training.outside import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RANGES = Path(__file__).with_name("ranges.npz")
PIECES = 256
"""Word pieces that the model reads at the most."""
TEXTS = 400
"""Passages and questions, half of each."""
SEED = 7
_WORDS = 120
"""Of a passage at the most: about what ours have."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the file."""
    parser = argparse.ArgumentParser(prog="python -m training.ranges", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    options = parser.parse_args(arguments)
    found = measure(texts(options.data / "reader"))
    kept = {name: np.asarray(widths, np.float16) for name, widths in found.items()}
    np.savez_compressed(RANGES, **kept)  # type: ignore[arg-type]
    print(f"{RANGES}: {RANGES.stat().st_size:,} bytes")
    return 0


def texts(folder: Path) -> list[str]:
    """Passages and questions, drawn always the same."""
    items = random.Random(SEED).sample(load(folder), TEXTS // 2)  # noqa: S311 - a sample
    passages = [" ".join(" ".join(item.sentences).split()[:_WORDS]) for item in items]
    return passages + [item.question for item in items]


def measure(passages: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """The width of each matrix's input channels."""
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
    found: dict[str, NDArray[np.float32]] = {name: np.zeros(0, np.float32) for name in names}
    for text in passages:
        states = session.run(list(inputs), {"input_ids": [tokenizer.encode(text).ids]})
        for name, state in zip(list(found), states, strict=True):
            widths = np.abs(state[0]).max(axis=0)
            found[name] = np.maximum(found[name], widths) if found[name].size else widths
    layers = len(found) // 4
    return {name: found[name] for name in matrix_names(layers)}


if __name__ == "__main__":
    sys.exit(main())
