"""The weights of a packaged reader as floats again, so that a run can go on from what ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from mehealth_rag.reader.model import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

PREFIX = "model."
"""What `training.export` puts before the names of a model's parameters."""

_MULTIPLIED = ("/Gemm_MatMul_quant", "/MatMul_quant", "/MatMul")
"""How the nodes end that multiply by a matrix: their names say which parameter it is."""


def weights(folder: Path) -> dict[str, Tensor]:
    """The parameters of the model in a folder that `export` wrote with integers, by name.

    Integers are multiplied by their scales: a weight differs from the trained one by half a step
    at the most.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(folder / MODEL)).graph
    kept = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    found = {n: a for n, a in kept.items() if n.startswith(PREFIX) and n.endswith(_OWN)}
    for name, array in kept.items():
        if name.endswith(".small"):
            whole = name.removesuffix(".small")
            found[whole] = array.astype(np.float32) * kept[f"{whole}.scales"]
    for node in graph.node:
        ending = next((e for e in _MULTIPLIED if node.name.endswith(e)), None)
        if ending and node.input[1] in kept:
            matrix = _matrix(kept, node.input[1])
            path = node.name.removesuffix(ending).strip("/").replace("/", ".")
            found[f"{path}.weight"] = matrix.T
    return {n.removeprefix(PREFIX): torch.tensor(a, dtype=torch.float32) for n, a in found.items()}


_OWN = (".weight", ".bias", ".near", ".level")
"""How parameters' names end."""


def _matrix(kept: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A matrix [inputs, outputs] as floats; integers have a scale and a zero for each column."""
    if not name.endswith("_quantized"):
        return kept[name]
    own = name.removesuffix("_quantized")
    zero = kept[f"{own}_zero_point"].astype(np.float32)
    scaled: np.ndarray = (kept[name].astype(np.float32) - zero) * kept[f"{own}_scale"]
    return scaled
