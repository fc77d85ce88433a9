"""The weights of a packaged reader as floats again, so that a run can go on from what ships."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import torch

from mehealth_rag.reader.model import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

_PREFIX = "model."
"""What `training.export` puts before the names of a model's parameters."""

_OWN = (".weight", ".bias", ".near", ".level")
"""How parameters' names end."""

_MULTIPLIED = re.compile(r"/?(?P<path>.+)/(?:Gemm_)?MatMul(?:_quant)?")
"""Nodes that multiply by a matrix: their names say which parameter it is."""


def weights(folder: Path) -> dict[str, Tensor]:
    """The parameters of the model in a folder that `export` wrote, by name.

    Integers are multiplied by their scales: a weight differs from the trained one by half a step
    at the most.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(folder / MODEL)).graph
    matrices = _as_floats({c.name: numpy_helper.to_array(c) for c in graph.initializer})
    found = {n: a for n, a in matrices.items() if n.startswith(_PREFIX) and n.endswith(_OWN)}
    for node in graph.node:
        name = node.input[1].removesuffix("_quantized") if len(node.input) > 1 else ""
        if name in matrices and (match := _MULTIPLIED.fullmatch(node.name)):
            found[match["path"].replace("/", ".") + ".weight"] = matrices[name].T
    return {n.removeprefix(_PREFIX): torch.tensor(a, dtype=torch.float32) for n, a in found.items()}


def _as_floats(kept: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The graph's arrays by name; those kept as integers are multiplied by their scales."""
    found = dict(kept)
    for name, array in kept.items():
        if name.endswith(".small"):
            own = name.removesuffix(".small")
            found[own] = array.astype(np.float32) * kept[f"{own}.scales"]
        elif name.endswith("_quantized"):
            own = name.removesuffix("_quantized")
            zero = kept[f"{own}_zero_point"].astype(np.float32)
            found[own] = (array.astype(np.float32) - zero) * kept[f"{own}_scale"]
    return found
