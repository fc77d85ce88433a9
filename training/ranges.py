"""Measures the embedding model's channel ranges: `python -m training.ranges --data DIR`.

Reads passages and questions of the reader's training sets (`DIR/reader`) with the model in fp32 and
writes the largest absolute value of each input channel of its matrices to `ranges.npz`, from which
`training.encoder` makes the packaged form.
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
"""Most tokens that the model reads of a text."""
TEXTS = 400
"""Texts that are read: passages and questions, half each."""
SEED = 7
_WORDS = 120
"""Most words read of a passage, about as many as ours have."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the ranges and write them."""
    parser = argparse.ArgumentParser(prog="python -m training.ranges", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    options = parser.parse_args(arguments)
    ranges = measure(texts(options.data / "reader"))
    arrays = {name: np.asarray(widths, np.float16) for name, widths in ranges.items()}
    np.savez_compressed(RANGES, **arrays)  # type: ignore[arg-type]
    print(f"{RANGES}: {RANGES.stat().st_size:,} bytes")
    return 0


def texts(folder: Path) -> list[str]:
    """The same sample of passages and questions on every call."""
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
    layers = len(ranges) // 4
    return {name: ranges[name] for name in matrix_names(layers)}


if __name__ == "__main__":
    sys.exit(main())
